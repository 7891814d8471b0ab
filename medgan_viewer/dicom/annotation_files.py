"""Reads annotations: structured reports by TID 1500, and softcopy presentation states.

Ours come back as they were drawn. From other programs comes what has a place in one image and a
form that we know; the rest is counted.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from medgan_viewer.dicom.attributes import UNREADABLE, text
from medgan_viewer.dicom.presentation_graphics import read_presentation
from medgan_viewer.dicom.report_measurements import read_report
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.annotation import Annotation

MAX_BYTES = 64 << 20
_PRESENTATIONS = tuple(f"1.2.840.10008.5.1.4.1.1.11.{number}" for number in (1, 2, 3, 4))
_REPORT = "1.2.840.10008.5.1.4.1.1.88."


@dataclass(frozen=True, slots=True)
class AnnotationFile:
    """What a file draws.

    Attributes
    ----------
    skipped : drawings of a form that we do not have
    """

    annotations: tuple[Annotation, ...]
    skipped: int


def read_annotations(path: Path) -> AnnotationFile:
    """Read one file.

    Raises
    ------
    InputError
        The file cannot be read, or is neither a report nor a presentation state.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                problem=f"{path.name} is larger than any report of measurements.",
                action="Choose a structured report or a presentation state.",
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's, on values that break their VR
            dataset = dcmread(path, stop_before_pixels=True)
            kind = text(dataset, "SOPClassUID")
            read = _reader_of(kind)
            if read is not None:
                annotations, skipped = read(dataset)
                return AnnotationFile(tuple(annotations), skipped)
    except (OSError, InvalidDicomError, MemoryError, *UNREADABLE) as error:
        raise InputError(
            problem=f"{path.name} could not be read.",
            action="Choose a structured report or a presentation state in DICOM format.",
            details=f"{path}: {type(error).__name__}: {error}",
        ) from error
    raise InputError(
        problem=f"{path.name} holds no measurements.",
        action="Choose a structured report or a presentation state.",
        details=f"{path}: SOP class {kind}",
    )


def _reader_of(
    sop_class_uid: str,
) -> Callable[[Dataset], tuple[list[Annotation], int]] | None:
    if sop_class_uid in _PRESENTATIONS:
        return read_presentation
    return read_report if sop_class_uid.startswith(_REPORT) else None
