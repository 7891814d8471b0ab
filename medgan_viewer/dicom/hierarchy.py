"""Study, series, instance and frame as frozen records of header data; no pixels."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry


@dataclass(frozen=True, slots=True)
class FrameRef:
    """Where one frame is: what selections and caches hold; `frame_number` counts from 1."""

    path: Path
    sop_instance_uid: str
    frame_number: int = 1


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file or folder that shows no image; `reason` completes "This file ..." in plain words."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """Patient and study as each file of the study states them; empty text where it does not.

    Attributes
    ----------
    patient_name : as in the file, components separated by "^"
    patient_birth_date, study_date : as in the file, YYYYMMDD when it is valid
    """

    patient_id: str = ""
    patient_name: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_uid: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """Series as each of its files states it.

    Attributes
    ----------
    manufacturer, manufacturer_model : of the equipment that made the images (PS3.3 C.7.5.1)
    body_part : Body Part Examined, as in the file
    """

    series_uid: str = ""
    series_number: int | None = None
    series_description: str = ""
    modality: str = ""
    manufacturer: str = ""
    manufacturer_model: str = ""
    body_part: str = ""


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What may differ between the frames of one instance.

    Attributes
    ----------
    plane : place in the patient; None when the file does not tell
    slice_location_mm : the file's own, of unknown origin
    frame_type : Frame Type of an enhanced object; empty for others
    stack : "stack 1" or "segment 2", as an enhanced object or a segmentation counts them
    temporal_position : index of the time point
    """

    plane: PlaneGeometry | None = None
    slice_location_mm: float | None = None
    frame_type: tuple[str, ...] = ()
    stack: str = ""
    temporal_position: int | None = None
    trigger_time_ms: float | None = None
    reference_time_ms: float | None = None
    b_value: float | None = None
    echo_time_ms: float | None = None


@dataclass(frozen=True, slots=True)
class InstanceHeader:
    """What listing, splitting and sorting need to know of one file.

    Attributes
    ----------
    size_bytes : of the file, inflated
    transfer_syntax : readable name
    frame_count : 1 or more
    is_lossy : compressed with loss at some time
    samples : 1 for gray and palette, 3 for color
    spacing : distance of pixel centres, from wherever the file tells it
    gantry_tilt_deg : CT only
    mr_sequence : Scanning Sequence, Sequence Variant, Scan Options; as in the file
    view : laterality and view of a projection, "R MLO"; empty where the file does not say
    frames : one per frame of an enhanced object, else one that stands for all frames
    """

    path: Path
    size_bytes: int
    study: StudyFacts
    series: SeriesFacts
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    transfer_syntax: str
    rows: int
    columns: int
    frame_count: int = 1
    samples: int = 1
    bits_stored: int = 16
    photometric: str = "MONOCHROME2"
    image_type: tuple[str, ...] = ()
    instance_number: int | None = None
    acquisition_number: int | None = None
    spacing: PixelSpacing | None = None
    echo_number: int | None = None
    contrast_agent: str = ""
    convolution_kernel: str = ""
    gantry_tilt_deg: float | None = None
    mr_sequence: str = ""
    repetition_time_ms: float | None = None
    flip_angle_deg: float | None = None
    view: str = ""
    frames: tuple[FrameFacts, ...] = (FrameFacts(),)
    is_synthetic: bool = False
    is_lossy: bool = False

    def frame_facts(self, frame_number: int) -> FrameFacts:
        """Return the facts of a frame, counted from 1."""
        return self.frames[frame_number - 1] if len(self.frames) > 1 else self.frames[0]

    def frame_refs(self) -> tuple[FrameRef, ...]:
        return tuple(
            FrameRef(self.path, self.sop_instance_uid, number)
            for number in range(1, self.frame_count + 1)
        )


@dataclass(frozen=True, slots=True)
class Series:
    """The instances of one series, in order of instance number, then of path."""

    facts: SeriesFacts
    instances: tuple[InstanceHeader, ...]

    @property
    def frame_count(self) -> int:
        return sum(instance.frame_count for instance in self.instances)


@dataclass(frozen=True, slots=True)
class Study:
    """The series of one study of one patient, in order of series number."""

    facts: StudyFacts
    series: tuple[Series, ...]


def readable_name(patient_name: str) -> str:
    """Return "DOE, JANE M" for the file's "DOE^JANE^M"."""
    family, _, rest = patient_name.split("=")[0].partition("^")
    given = " ".join(rest.replace("^", " ").split())
    return f"{family.strip()}, {given}" if given else family.strip()


def group_into_studies(
    headers: Iterable[InstanceHeader],
) -> tuple[tuple[Study, ...], tuple[SkippedFile, ...]]:
    """Sort headers into studies and series.

    Returns
    -------
    studies : by patient and study; one study UID under two patient IDs makes two studies
    copies : files with the size and header, UIDs and all, of another file
    """
    studies: dict[tuple[str, str], dict[str, list[InstanceHeader]]] = {}
    seen: dict[str, list[InstanceHeader]] = {}
    copies = []
    for header in sorted(headers, key=lambda h: (_order(h.instance_number), str(h.path))):
        namesakes = seen.setdefault(header.sop_instance_uid, []) if header.sop_instance_uid else []
        same = (other for other in namesakes if replace(header, path=other.path) == other)
        if (first := next(same, None)) is not None:
            reason = f"is a copy of {first.path.name} in {first.path.parent}"
            copies.append(SkippedFile(header.path, reason))
            continue
        namesakes.append(header)
        key = (header.study.patient_id, header.study.study_uid)
        series_key = header.series.series_uid or f"{header.path.parent}/{header.series.modality}"
        studies.setdefault(key, {}).setdefault(series_key, []).append(header)
    return tuple(_study(series) for series in studies.values()), tuple(copies)


def _study(series: dict[str, list[InstanceHeader]]) -> Study:
    grouped = [Series(instances[0].series, tuple(instances)) for instances in series.values()]
    grouped.sort(key=lambda s: (_order(s.facts.series_number), s.facts.series_uid))
    return Study(grouped[0].instances[0].study, tuple(grouped))


def _order(number: int | None) -> tuple[bool, int]:
    """Sort numbers upwards and what has none to the end."""
    return (number is None, number or 0)
