"""DisplaySet: frames of a series that are shown as one stack, in order, with what the stack allows.

How a series is divided is in division; here the parts are ordered, judged and named.
Nothing disappears: the frames of all display sets are the frames of the series.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from medgan_viewer.dicom.division import Group, divide, position_step
from medgan_viewer.dicom.hierarchy import FrameRef, Series, SeriesFacts, StudyFacts
from medgan_viewer.dicom.slice_geometry import GeometryVerdict, judge
from medgan_viewer.dicom.split_rules import Entry
from medgan_viewer.imaging.geometry import PlaneGeometry


@dataclass(frozen=True, slots=True)
class DisplaySet:
    """One stack of frames.

    Attributes
    ----------
    uid : stays the same when the series is scanned again; not a DICOM UID
    label : for the list: the series and what tells this stack from its neighbours
    frames : in order of display
    order_rule : what the order follows, for people
    spacing_mm : between rows, columns and slices; None where unknown or, for slices, uneven
    planes : one per frame
    is_lossy : one of the images was compressed with loss
    views : laterality and view of each frame of a projection; empty where no file says
    """

    uid: str
    label: str
    study: StudyFacts
    series: SeriesFacts
    frames: tuple[FrameRef, ...]
    order_rule: str
    geometry: GeometryVerdict
    rows: int
    columns: int
    spacing_mm: tuple[float | None, float | None, float | None]
    planes: tuple[PlaneGeometry | None, ...]
    is_synthetic: bool
    sop_class_uid: str
    is_lossy: bool
    views: tuple[str, ...] = ()

    @property
    def modality(self) -> str:
        return self.series.modality

    @property
    def middle(self) -> FrameRef:
        """The frame that stands for the stack: first shown, and source of its default window."""
        return self.frames[len(self.frames) // 2]


def split_into_display_sets(series: Series) -> tuple[DisplaySet, ...]:
    """Divide a series; the parts come in the order of their first images in the series."""
    entries = tuple(
        Entry(ref, header, header.frame_facts(ref.frame_number))
        for header in series.instances
        for ref in header.frame_refs()
    )
    sets: list[DisplaySet] = []
    for group in divide(Group(entries)):
        uid = _uid(series, group)
        repeats = sum(other.uid.partition("~")[0] == uid for other in sets)
        sets.append(_display_set(f"{uid}~{repeats}" if repeats else uid, series, group))
    return tuple(sets)


def _display_set(uid: str, series: Series, group: Group) -> DisplaySet:
    entries, order_rule = _ordered(group.entries)
    planes = tuple(entry.facts.plane for entry in entries)
    geometry = judge(planes)
    header = entries[0].header
    spacing = header.spacing if planes[0] is None else planes[0].spacing
    slice_mm = geometry.step_mm if geometry.verdict in ("regular", "gap") else None
    return DisplaySet(
        uid=uid,
        label=_label(series.facts, group.words),
        study=header.study,
        series=series.facts,
        frames=tuple(entry.ref for entry in entries),
        order_rule=order_rule,
        geometry=geometry,
        rows=header.rows,
        columns=header.columns,
        spacing_mm=(
            None if spacing is None else spacing.row_mm,
            None if spacing is None else spacing.column_mm,
            slice_mm,
        ),
        planes=planes,
        is_synthetic=header.is_synthetic,
        sop_class_uid=header.sop_class_uid,
        is_lossy=any(entry.header.is_lossy for entry in entries),
        views=_views(entries),
    )


def _views(entries: Sequence[Entry]) -> tuple[str, ...]:
    views = tuple(entry.header.view for entry in entries)
    return views if any(views) else ()


def _ordered(entries: Sequence[Entry]) -> tuple[list[Entry], str]:
    """Sort frames by the best rule that their headers allow; name the rule."""
    steps = {position_step(entry) for entry in entries}
    if None not in steps and len(steps) > 1:
        return sorted(entries, key=_place_and_time), "position along the normal"
    if len({entry.header.path for entry in entries}) == 1 and len(entries) > 1:
        return sorted(entries, key=lambda entry: entry.ref.frame_number), "frame number"
    if _all_differ([entry.header.instance_number for entry in entries]):
        return sorted(entries, key=_instance_number), "instance number"
    if _all_differ([entry.facts.slice_location_mm for entry in entries]):
        return sorted(entries, key=_slice_location), "slice location"
    return sorted(entries, key=lambda entry: str(entry.ref.path)), "file order"


def _place_and_time(entry: Entry) -> tuple[float, ...]:
    facts = entry.facts
    keys = (
        position_step(entry),
        facts.temporal_position,
        facts.trigger_time_ms,
        entry.header.instance_number,
        entry.ref.frame_number,
    )
    return tuple(math.inf if key is None else float(key) for key in keys)


def _instance_number(entry: Entry) -> int:
    return entry.header.instance_number or 0


def _slice_location(entry: Entry) -> float:
    return entry.facts.slice_location_mm or 0.0


def _all_differ(values: Sequence[float | None]) -> bool:
    return None not in values and len(set(values)) == len(values)


def _label(facts: SeriesFacts, words: Sequence[str]) -> str:
    number = "" if facts.series_number is None else f"Series {facts.series_number}"
    name = facts.series_description or number or facts.modality or "Images"
    return " · ".join([name, *filter(None, words)])


def _uid(series: Series, group: Group) -> str:
    digest = hashlib.sha256("\\n".join(group.keys).encode()).hexdigest()
    return f"{series.facts.series_uid}#{digest[:8]}"
