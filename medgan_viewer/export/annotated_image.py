"""AnnotatedImage: annotations of one image with its header, ready to be written; identity as there.

Coordinates in files have their origin at the upper left corner of the first pixel (PS3.3
C.10.5.1.2 and C.18.6.1.2), half a pixel from ours.
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError

from medgan_viewer import __version__
from medgan_viewer.dicom.attributes import UNREADABLE, integer, text
from medgan_viewer.dicom.synthetic_marks import SOFTWARE_NAME, mark_derived, provenance_of
from medgan_viewer.errors import InputError
from medgan_viewer.export.dicom_writer import IMPLEMENTATION_UID, carry_over
from medgan_viewer.files import write_atomically
from medgan_viewer.imaging.annotation import Annotation, AnnotationKind, box_of
from medgan_viewer.imaging.frame import ImageId, PixelFrame, Provenance
from medgan_viewer.imaging.measure import Measurement, measure
from medgan_viewer.imaging.modality import ModalityTransform
from medgan_viewer.imaging.voi import Voi

_IDENTITY = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientIdentityRemoved"),
    *("DeidentificationMethod", "AccessionNumber", "StudyID", "StudyDate", "StudyTime"),
    *("StudyDescription", "ReferringPhysicianName"),
)
_TYPE_2 = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber"),
    *("StudyID", "StudyDate", "StudyTime", "ReferringPhysicianName"),
)
_UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")


@dataclass(frozen=True, slots=True)
class Measured:
    """An annotation with its numbers.

    Attributes
    ----------
    text : lines beside the drawing, its name first
    """

    annotation: Annotation
    measurement: Measurement

    @property
    def text(self) -> tuple[str, ...]:
        name = (self.annotation.text,) if self.annotation.text else ()
        lines = (*name, *self.measurement.lines)
        if self.measurement.is_synthetic and not self.measurement.lines:
            lines = (*lines, "on a SYNTHETIC image")
        return lines


@dataclass(frozen=True, slots=True)
class AnnotatedImage:
    """One frame of a file with what is drawn on it.

    Attributes
    ----------
    header : UIDs, size and kind of the image, without anything of the patient
    identity : patient and study by keyword, as the source has them
    aspect : height of a pixel divided by its width
    vois : the views that the image offers
    provenance : None for an acquired image
    """

    header: Dataset
    identity: tuple[tuple[str, str], ...]
    image: ImageId
    measured: tuple[Measured, ...]
    modality: str
    unit: str
    aspect: float
    transform: ModalityTransform
    vois: tuple[Voi, ...]
    is_inverted: bool
    provenance: Provenance | None

    @property
    def frame_numbers(self) -> list[int] | None:
        """Frame number for a reference; None where the file has one frame only."""
        many = (integer(self.header, "NumberOfFrames") or 1) > 1
        return [self.image.frame_number] if many else None

    @property
    def study_key(self) -> tuple[object, ...]:
        """Equal for images that one object may refer to: patient, study and marks."""
        is_made = self.provenance is not None
        return dict(self.identity).get("PatientID"), self.header.StudyInstanceUID, is_made


def annotated_image(
    annotations: Iterable[Annotation], frame: PixelFrame, path: Path
) -> AnnotatedImage:
    """Measure annotations on their frame and read whose it is.

    Raises
    ------
    InputError
        The file is gone, is another one now, or lacks the UIDs by which others refer to it.
    """
    measured = tuple(Measured(each, measure(each, frame)) for each in annotations)
    image = measured[0].annotation.image
    source = _read_header(path, image)
    header = Dataset()
    for keyword in _UIDS:
        setattr(header, keyword, text(source, keyword))
    for keyword in _TYPE_2:
        setattr(header, keyword, "")
    header.SpecificCharacterSet = "ISO_IR 192"
    header.Modality = text(source, "Modality") or "OT"
    header.Rows, header.Columns = frame.rows, frame.columns
    # highdicom looks for windows here; the one that counts is taken from the frame.
    header.SharedFunctionalGroupsSequence = [Dataset()]
    header.PerFrameFunctionalGroupsSequence = []
    header.SamplesPerPixel = integer(source, "SamplesPerPixel") or 1
    header.PhotometricInterpretation = text(source, "PhotometricInterpretation") or "MONOCHROME2"
    frames = integer(source, "NumberOfFrames")
    if frames is not None:
        header.NumberOfFrames = frames
    profile = source.get("ICCProfile")
    header.ICCProfile = profile if isinstance(profile, bytes) else b""
    header.Laterality = text(source, "Laterality")
    made = provenance_of(source)
    if (made is None) != (frame.provenance is None):
        raise ValueError("a frame and its file must agree on whether it is synthetic")
    return AnnotatedImage(
        header=header,
        identity=_identity_of(source),
        image=image,
        measured=measured,
        modality=frame.modality,
        unit=frame.transform.unit if not frame.is_color else "",
        aspect=frame.aspect,
        transform=frame.transform,
        vois=frame.vois,
        is_inverted=frame.inverted,
        provenance=made,
    )


def _identity_of(source: Dataset) -> tuple[tuple[str, str], ...]:
    """Return patient and study as the source has them; empty only what may be empty."""
    found = {keyword: text(source, keyword) for keyword in _IDENTITY}
    if found["PatientIdentityRemoved"] == "YES" and not found["DeidentificationMethod"]:
        found["DeidentificationMethod"] = "not stated by the source"
    return tuple((key, value) for key, value in found.items() if value or key in _TYPE_2)


def _read_header(path: Path, image: ImageId) -> Dataset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on values that break their VR
            source: FileDataset = dcmread(path, stop_before_pixels=True, force=True)
        found = text(source, "SOPInstanceUID")
    except (OSError, InvalidDicomError, *UNREADABLE) as error:
        raise InputError(
            problem=f"{path.name}, on which something was measured, cannot be read any more.",
            action="Put the file back, or delete the measurements on it.",
            details=f"{path}: {type(error).__name__}: {error}",
        ) from error
    if found != image.uid:
        raise InputError(
            problem=f"{path.name} is not the image any more on which something was measured.",
            action="Open the study again and measure anew.",
            details=f"{path}: SOP Instance UID {found}, measured on {image.uid}",
        )
    missing = [keyword for keyword in _UIDS if not text(source, keyword)]
    if missing:
        raise InputError(
            problem=f"{path.name} has no {', '.join(missing)}: nothing can refer to it.",
            action="Delete the measurements on it to save the others.",
        )
    return source


def save_object(dataset: Dataset, images: Sequence[AnnotatedImage], path: Path) -> None:
    """Give a finished object identity and marks of its images, and write it.

    Parameters
    ----------
    path : checked by the caller
    """
    first = images[0]
    for keyword, value in first.identity:
        carry_over(dataset, keyword, value)
    dataset.Manufacturer = SOFTWARE_NAME
    dataset.ManufacturerModelName = SOFTWARE_NAME
    dataset.SoftwareVersions = __version__
    dataset.SeriesDescription = "Measurements"
    for image in images:
        if image.provenance is not None:
            mark_derived(dataset, image.provenance)
    dataset.file_meta.ImplementationClassUID = IMPLEMENTATION_UID
    dataset.file_meta.ImplementationVersionName = "MEDGAN_VIEWER"
    write_atomically(path, lambda stream: dcmwrite(stream, dataset, enforce_file_format=True))


def file_points(annotation: Annotation) -> npt.NDArray[np.float64]:
    """Return (n, 2) columns and rows with the origin of files.

    Ellipses come as the ends of the major, then of the minor axis, other regions as closed
    outlines.
    """
    points = np.asarray(annotation.points, dtype=np.float64)
    left, top, right, bottom = box_of(annotation)
    match annotation.kind:
        case AnnotationKind.RECTANGLE:
            corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
            points = np.asarray(corners)
        case AnnotationKind.ELLIPSE:
            across, down = (left + right) / 2, (top + bottom) / 2
            axes = [((left, down), (right, down)), ((across, top), (across, bottom))]
            if bottom - top > right - left:
                axes.reverse()
            points = np.asarray([*axes[0], *axes[1]])
        case AnnotationKind.FREEHAND:
            points = np.vstack([points, points[:1]])
        case _:
            pass
    return points + 0.5
