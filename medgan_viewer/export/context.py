"""ExportContext: whose name an exported image carries, where it belongs, and what it came from."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom.uid import generate_uid

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.source_images import SourceImage
from medgan_viewer.dicom.synthetic_marks import Scanner


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """Who the patient is, in DICOM's own notation (PS3.3 C.7.1.1).

    Attributes
    ----------
    name : caret notation, "Family^Given"
    birth_date : YYYYMMDD, or empty
    sex : M, F, O, or empty
    identity_removed : Patient Identity Removed of the source, YES or NO; empty when it does not say
    deidentification_method : of the source; needed where identity_removed is YES
    """

    patient_id: str
    name: str
    birth_date: str = ""
    sex: str = ""
    identity_removed: str = ""
    deidentification_method: str = ""


@dataclass(frozen=True, slots=True)
class JoinedStudy:
    """The study of the source images, for a translated series that the user puts beside them.

    Attributes
    ----------
    date, time : YYYYMMDD and HHMMSS, or empty
    """

    study_uid: str
    study_id: str = ""
    date: str = ""
    time: str = ""
    description: str = ""
    accession_number: str = ""
    referring_physician: str = ""


def source_images(display_set: DisplaySet) -> tuple[SourceImage, ...]:
    """Return the images of a display set as references; frames of one instance by their number."""
    seen = Counter(ref.sop_instance_uid for ref in display_set.frames)
    return tuple(
        SourceImage(
            ref.sop_instance_uid,
            display_set.sop_class_uid,
            ref.frame_number if seen[ref.sop_instance_uid] > 1 or ref.frame_number > 1 else None,
            display_set.is_lossy,
        )
        for ref in display_set.frames
    )


def source_scanner(display_set: DisplaySet) -> Scanner | None:
    """Return what acquired a display set; None when it does not say, or is synthetic itself."""
    series = display_set.series
    if display_set.is_synthetic or not series.manufacturer:
        return None
    return Scanner(series.manufacturer, series.manufacturer_model)


def new_uid() -> str:
    """Return a UID that was never used, in the UUID-derived form 2.25 (PS3.5 B.2)."""
    return str(generate_uid(prefix=None))


def local_time() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class ExportContext:
    """What a frame cannot know about its file; the defaults suit an image made from nothing.

    Attributes
    ----------
    sources : the images it was computed from; needed where the provenance names any
    scanner : what acquired the sources
    patient : the sources' patient; None invents one. Refused for images made from nothing
    study : the sources' study, if the user wants the result there; None makes a new study.
        Goes with `patient` only
    modality : OT, or the simulated modality where the user asked for it
    burn_in : burn the word SYNTHETIC into the pixels
    shows_head : a face could be recognised in the images, or in a volume made of them
    source_paths : opened files and folders, into which nothing is written
    new_uid : gives a fresh UID at each call
    now : gives the time that stands in the file
    """

    sources: tuple[SourceImage, ...] = ()
    scanner: Scanner | None = None
    patient: PatientIdentity | None = None
    study: JoinedStudy | None = None
    modality: str = "OT"
    burn_in: bool = True
    shows_head: bool = False
    source_paths: tuple[Path, ...] = ()
    new_uid: Callable[[], str] = new_uid
    now: Callable[[], datetime] = local_time

    def __post_init__(self) -> None:
        if self.study is not None and self.patient is None:
            raise ValueError("a study can be joined only under the name of its patient")


def invented_patient(study_uid: str) -> PatientIdentity:
    """Return a patient who exists in this study alone and whose name says so."""
    number = hashlib.sha256(study_uid.encode()).hexdigest()[:8].upper()
    return PatientIdentity(patient_id=f"SYN-{number}", name=f"SYN-{number}^Invented")


def context_of_translation(
    source: DisplaySet,
    *,
    shows_head: bool,
    burn_in: bool = True,
    source_paths: tuple[Path, ...] = (),
) -> ExportContext:
    """Return the context of what was translated from a display set; see ExportContext."""
    return ExportContext(
        sources=source_images(source),
        scanner=source_scanner(source),
        shows_head=shows_head,
        burn_in=burn_in,
        source_paths=source_paths,
    )
