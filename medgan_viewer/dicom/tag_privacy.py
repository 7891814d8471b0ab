"""Which elements may tell who a patient is, for the key that hides patient identifiers.

After PS3.15 annex E, but told the other way round: numbers and codes are shown, and of
the texts only those that are known to speak of the technique. What nobody thought of stays hidden.
"""

from pydicom.datadict import keyword_for_tag
from pydicom.tag import BaseTag

_PATIENT_GROUP = 0x0010
_DICOM_ROOT = "1.2.840.10008."  # the standard's own UIDs name kinds, not instances
_PLAIN_VRS = frozenset(
    ("AS", "AT", "CS", "DS", "FD", "FL", "IS", "SL", "SQ", "SS", "SV", "UL", "US", "UV")
)
_PLAIN_PATIENT = frozenset(
    ("PatientAge", "PatientSex", "PatientSize", "PatientSpeciesDescription", "PatientWeight")
)
_PLAIN_TEXTS = frozenset(
    (
        "CodeMeaning",
        "CodeValue",
        "CodingSchemeDesignator",
        "CodingSchemeVersion",
        "ContrastBolusAgent",
        "ConvolutionKernel",
        "FilterType",
        "Manufacturer",
        "ManufacturerModelName",
        "MRAcquisitionType",
        "ProtocolName",
        "PulseSequenceName",
        "ReceiveCoilName",
        "SequenceName",
        "SeriesDescription",
        "SoftwareVersions",
        "SpecificCharacterSet",
        "TransmitCoilName",
        "WindowCenterWidthExplanation",
    )
)


def may_identify(tag: BaseTag, vr: str, value: str) -> bool:
    """Tell whether a value could lead to the patient.

    Parameters
    ----------
    value : as text
    """
    keyword = keyword_for_tag(tag)
    if tag.is_private:
        return not tag.is_private_creator
    if tag.group == _PATIENT_GROUP:
        return keyword not in _PLAIN_PATIENT and vr != "SQ"
    if keyword in _PLAIN_TEXTS or vr in _PLAIN_VRS:
        return False
    return not (vr == "UI" and value.startswith(_DICOM_ROOT))
