"""read_header: what the list needs to know of a file, read without its pixels.

Runs in a decoder process. A file that shows no image comes back as a SkippedFile with the reason.
"""

import warnings
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from medgan_viewer.dicom import codecs
from medgan_viewer.dicom.attributes import integer, items, number, text, texts
from medgan_viewer.dicom.dicom_file import DicomFile, UnreadableError
from medgan_viewer.dicom.functional_groups import (
    FRAME_TYPE_GROUPS,
    FrameView,
    frame_view,
    frame_views,
)
from medgan_viewer.dicom.hierarchy import (
    FrameFacts,
    InstanceHeader,
    SeriesFacts,
    SkippedFile,
    StudyFacts,
)
from medgan_viewer.dicom.non_images import non_image_reason
from medgan_viewer.dicom.pixel_data import checked_layout
from medgan_viewer.dicom.planes import plane_of
from medgan_viewer.dicom.spacing import spacing_of
from medgan_viewer.dicom.synthetic_marks import PRIVATE_GROUP, provenance_of
from medgan_viewer.imaging.frame import Provenance

# fmt: off
_KEYWORDS = (
    "SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "StudyDate", "StudyTime",
    "Modality", "ConversionType", "Manufacturer", "ManufacturerModelName", "StudyDescription",
    "SeriesDescription", "SyntheticData",
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "ContrastBolusAgent",
    "ScanningSequence", "SequenceVariant", "ScanOptions", "RepetitionTime", "EchoTime",
    "EchoNumbers", "FlipAngle", "TriggerTime", "GantryDetectorTilt", "ConvolutionKernel",
    "SliceThickness", "DiffusionBValue", "ContributingEquipmentSequence", "ImagerPixelSpacing",
    "NominalScannedPixelSpacing", "PixelSpacingCalibrationType", "DistanceSourceToDetector",
    "DistanceSourceToPatient", "EstimatedRadiographicMagnificationFactor",
    "SequenceOfUltrasoundRegions", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber",
    "AcquisitionNumber", "InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient",
    "FrameOfReferenceUID", "TemporalPositionIdentifier", "SliceLocation", "StackID",
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows",
    "Columns", "PixelSpacing", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "BodyPartExamined", "ViewPosition", "Laterality", "ImageLaterality", "ViewCodeSequence",
    "LossyImageCompression", "FrameReferenceTime", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)
# fmt: on
# Where vendors wrote b-values before the standard had a place: Siemens, Philips, GE, UIH. With the
# elements that reserve those blocks, by which pydicom knows the type of the value.
_PRIVATE_B_VALUES = (0x0019100C, 0x20011003, 0x00431039, 0x00651009)
_GE_OFFSET = 1_000_000_000  # added to the b-value by GE
_PRIVATE_TAGS = (
    *_PRIVATE_B_VALUES,
    *(0x00190010, 0x20010010, 0x00430010, 0x00650010),
    *(PRIVATE_GROUP << 16 | element for element in range(0x10, 0x100)),
)
_HEADER_TAGS = (*map(Tag, _KEYWORDS), *map(Tag, _PRIVATE_TAGS))
_MARKS = frozenset(
    [Tag(k) for k in ("SyntheticData", "ConversionType", "ContributingEquipmentSequence")]
    + [Tag(PRIVATE_GROUP, element) for element in range(0x10, 0x100)]
)
# Of CID 4014, SNOMED CT and the SNOMED-RT codes of older files.
_VIEW_CODES = {
    "399162004": "CC",
    "R-10242": "CC",
    "399368009": "MLO",
    "R-10226": "MLO",
}


def read_header(path: Path) -> InstanceHeader | SkippedFile:
    """Read the header of any file; never raises for what a file contains."""
    try:
        with warnings.catch_warnings(), DicomFile(path, _HEADER_TAGS) as file:
            warnings.simplefilter("ignore")  # pydicom's, on values that break their VR
            return _header(path, file)
    except UnreadableError as error:
        return SkippedFile(path, error.reason)
    except OSError as error:
        return SkippedFile(path, f"cannot be opened ({error.strerror or type(error).__name__})")
    except MemoryError:
        return SkippedFile(path, "has a header that needs more memory than allowed")


def _header(path: Path, file: DicomFile) -> InstanceHeader:
    dataset = file.dataset
    sop_class_uid = text(dataset, "SOPClassUID") or file.media_sop_class_uid
    if file.pixels is None:
        if integer(dataset, "Rows") and integer(dataset, "Columns"):
            raise UnreadableError("is truncated: it ends before its pixels")
        raise UnreadableError(non_image_reason(sop_class_uid))
    layout = checked_layout(file, file.pixels)
    first = frame_view(dataset, 0)
    return InstanceHeader(
        path=path,
        size_bytes=file.size,
        study=_study(dataset),
        series=_series(dataset),
        sop_class_uid=sop_class_uid,
        sop_instance_uid=text(dataset, "SOPInstanceUID"),
        transfer_syntax_uid=file.transfer_syntax_uid,
        transfer_syntax=codecs.syntax_name(file.transfer_syntax_uid),
        rows=layout.rows,
        columns=layout.columns,
        frame_count=layout.frame_count,
        samples=layout.samples,
        bits_stored=layout.bits_stored,
        photometric=layout.photometric,
        image_type=texts(dataset, "ImageType"),
        instance_number=integer(dataset, "InstanceNumber"),
        acquisition_number=integer(dataset, "AcquisitionNumber"),
        spacing=spacing_of(first),
        echo_number=integer(dataset, "EchoNumbers"),
        contrast_agent=text(dataset, "ContrastBolusAgent"),
        convolution_kernel=text(dataset, "ConvolutionKernel"),
        gantry_tilt_deg=number(dataset, "GantryDetectorTilt"),
        mr_sequence=_mr_sequence(dataset),
        repetition_time_ms=number(
            first.holder("MRTimingAndRelatedParametersSequence", "RepetitionTime"),
            "RepetitionTime",
        ),
        flip_angle_deg=number(
            first.holder("MRTimingAndRelatedParametersSequence", "FlipAngle"), "FlipAngle"
        ),
        view=_view(dataset),
        frames=_all_frame_facts(dataset, layout.frame_count),
        is_synthetic=provenance_in(dataset) is not None,
        is_lossy=text(dataset, "LossyImageCompression") == "01"
        or codecs.is_always_lossy(file.transfer_syntax_uid),
    )


def provenance_in(dataset: Dataset) -> Provenance | None:
    """Return `provenance_of` the dataset, quickly for the many files without any mark."""
    return None if _MARKS.isdisjoint(dataset.keys()) else provenance_of(dataset)


def _study(dataset: Dataset) -> StudyFacts:
    return StudyFacts(
        patient_id=text(dataset, "PatientID"),
        patient_name=text(dataset, "PatientName"),
        patient_birth_date=text(dataset, "PatientBirthDate"),
        patient_sex=text(dataset, "PatientSex"),
        study_uid=text(dataset, "StudyInstanceUID"),
        study_date=text(dataset, "StudyDate"),
        study_time=text(dataset, "StudyTime"),
        study_description=text(dataset, "StudyDescription"),
    )


def _series(dataset: Dataset) -> SeriesFacts:
    return SeriesFacts(
        series_uid=text(dataset, "SeriesInstanceUID"),
        series_number=integer(dataset, "SeriesNumber"),
        series_description=text(dataset, "SeriesDescription"),
        modality=text(dataset, "Modality"),
        manufacturer=text(dataset, "Manufacturer"),
        manufacturer_model=text(dataset, "ManufacturerModelName"),
        body_part=text(dataset, "BodyPartExamined"),
    )


def _view(dataset: Dataset) -> str:
    """Return "R MLO"; Laterality of the series stands in for that of the image."""
    side = text(dataset, "ImageLaterality") or text(dataset, "Laterality")
    view = text(dataset, "ViewPosition")
    for code in items(dataset, "ViewCodeSequence"):
        view = view or _VIEW_CODES.get(text(code, "CodeValue"), "")
    return f"{side} {view}".strip().upper()


def _mr_sequence(dataset: Dataset) -> str:
    parts = (text(dataset, k) for k in ("ScanningSequence", "SequenceVariant", "ScanOptions"))
    return "/".join(parts).strip("/")


def _all_frame_facts(dataset: Dataset, frame_count: int) -> tuple[FrameFacts, ...]:
    is_enhanced = bool(items(dataset, "PerFrameFunctionalGroupsSequence"))
    described = frame_count if is_enhanced else 1
    return tuple(
        _frame_facts(view, has_plane=is_enhanced or frame_count == 1)
        for view in frame_views(dataset, range(described))
    )


def _frame_facts(view: FrameView, *, has_plane: bool) -> FrameFacts:
    """Return the facts of a frame; one position for many frames is the position of none."""
    content = view.holder("FrameContentSequence", "TemporalPositionIndex")
    index = integer(content, "TemporalPositionIndex")
    if index is None:
        index = integer(view.root, "TemporalPositionIdentifier")
    trigger = view.holder("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime")
    trigger_ms = number(trigger, "NominalCardiacTriggerDelayTime")
    if trigger_ms is None:
        trigger_ms = number(view.root, "TriggerTime")
    echo_ms = number(view.holder("MREchoSequence", "EffectiveEchoTime"), "EffectiveEchoTime")
    if echo_ms is None:
        echo_ms = number(view.root, "EchoTime")
    return FrameFacts(
        plane=plane_of(view, spacing_of(view)) if has_plane else None,
        slice_location_mm=number(view.root, "SliceLocation"),
        frame_type=_frame_type(view),
        stack=_stack(view),
        temporal_position=index,
        trigger_time_ms=trigger_ms,
        reference_time_ms=number(view.root, "FrameReferenceTime"),
        b_value=_b_value(view),
        echo_time_ms=echo_ms,
    )


def _frame_type(view: FrameView) -> tuple[str, ...]:
    for group in FRAME_TYPE_GROUPS:
        for item in view.group_items(group):
            if found := texts(item, "FrameType"):
                return found
    return ()


def _stack(view: FrameView) -> str:
    segment = view.holder("SegmentIdentificationSequence", "ReferencedSegmentNumber")
    if number := text(segment, "ReferencedSegmentNumber"):
        return f"segment {number}"
    name = text(view.holder("FrameContentSequence", "StackID"), "StackID")
    return f"stack {name}" if name else ""


def _b_value(view: FrameView) -> float | None:
    stated = number(view.holder("MRDiffusionSequence", "DiffusionBValue"), "DiffusionBValue")
    if stated is not None:
        return stated
    for tag in _PRIVATE_B_VALUES:
        value = number(view.root, tag)
        if value is not None and value >= 0:
            return value % _GE_OFFSET
    return None
