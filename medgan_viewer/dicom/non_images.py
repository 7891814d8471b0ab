"""Why a well-formed DICOM object shows no image, in plain words, from its SOP class."""

from pydicom.uid import UID

# Part of the SOP class's name -> what to call it; the first that fits.
_KINDS = (
    (
        "Media Storage Directory",
        "is a directory of other files, which are read by themselves",
    ),
    ("Structured Report", "is a structured report, not an image"),
    (" SR ", "is a structured report, not an image"),
    ("Report", "is a report, not an image"),
    ("Key Object", "is a key object selection, not an image"),
    ("ECG", "is a waveform (ECG), not an image"),
    ("Waveform", "is a waveform, not an image"),
    ("Encapsulated PDF", "is an encapsulated PDF document, not an image"),
    ("Encapsulated", "is an encapsulated document, not an image"),
    ("Presentation State", "is a presentation state, not an image"),
    ("RT Structure Set", "is a radiotherapy structure set, not an image"),
    ("RT ", "is a radiotherapy object without an image"),
    ("Registration", "is a spatial registration, not an image"),
    ("Fiducials", "is a set of spatial marks, not an image"),
    ("Spectroscopy", "holds spectra, not an image"),
    ("Raw Data", "holds raw data, not an image"),
    ("Annotation", "is a set of annotations, not an image"),
    ("Palette", "is a color palette, not an image"),
)


def non_image_reason(sop_class_uid: str) -> str:
    """Complete "This file ..." for an object that holds no pixels."""
    name = UID(sop_class_uid).name
    for part, reason in _KINDS:
        if part in name:
            return reason
    if name != sop_class_uid:
        kind = name.removesuffix(" Storage")
        if "Image" in name:
            return f"calls itself {kind} but holds no pixels"
        return f"is a DICOM object without an image ({kind})"
    return "is a DICOM object without an image"
