"""Which slice, zoom and window of one view belong to another; None or a reason where none does.

Slices are linked by position where the frame of reference is equal, else from a pair that the user
aligned by hand, never silently by their number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, SpacingSource, Vector

Planes = Sequence[PlaneGeometry | None]

_TRUSTED = (SpacingSource.PATIENT, SpacingSource.CALIBRATED)
_PARALLEL = float(np.cos(np.radians(1)))
_POSITION_TOLERANCE_MM = 0.01


class SliceLinkKind(Enum):
    """How the partner of a slice is found; the text is for people."""

    POSITION = "by position"
    OFFSET_MM = "by the distance in mm from the pair aligned by hand"
    OFFSET_SLICES = "slice by slice from the pair aligned by hand"
    NONE = "not linked"


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """Two slices, 0-based, that the user declared to belong together."""

    source_index: int
    target_index: int


@dataclass(frozen=True, slots=True)
class LinkRule:
    """How two stacks are linked.

    Attributes
    ----------
    reason : why it is this rule, one phrase for people
    aligned : the pair that an offset starts from
    """

    kind: SliceLinkKind
    reason: str
    aligned: AlignedPair | None = None


@dataclass(frozen=True, slots=True)
class ViewGrid:
    """What an image says about the size of its pixels; all that zoom and pan need to know."""

    rows: int
    columns: int
    spacing: PixelSpacing | None = None
    geometry: PlaneGeometry | None = None


@dataclass(frozen=True, slots=True)
class ViewArea:
    """The part of an image that a view shows.

    Attributes
    ----------
    column, row : 0-based, fractional pixel in the middle of the view
    rows_shown : image rows over the height of the view
    """

    column: float
    row: float
    rows_shown: float


def is_trusted(spacing: PixelSpacing | None) -> bool:
    """Return whether two images may be laid over each other by this spacing."""
    return spacing is not None and spacing.source in _TRUSTED


def share_frame_of_reference(first: PlaneGeometry, second: PlaneGeometry) -> bool:
    """Return whether positions of the two planes mean the same place; never when one is unknown."""
    return first.frame_of_reference_uid == second.frame_of_reference_uid != ""


def link_rule(source: Planes, target: Planes, aligned: AlignedPair | None = None) -> LinkRule:
    """Choose how the slices of two stacks are linked.

    Parameters
    ----------
    source, target : one plane per slice in display order; None where the file names no place
    aligned : the pair that the user set; used only where positions cannot be

    Raises
    ------
    ValueError
        `aligned` lies outside the stacks, or a stack is empty.
    """
    if not source or not target:
        raise ValueError("a stack without slices cannot be linked")
    if aligned is not None and not (
        0 <= aligned.source_index < len(source) and 0 <= aligned.target_index < len(target)
    ):
        raise ValueError(f"{aligned} lies outside {len(source)} and {len(target)} slices")
    first, second = _parallel_planes(source), _parallel_planes(target)
    obstacle = _obstacle(first, second)
    if not obstacle:
        return LinkRule(SliceLinkKind.POSITION, "same frame of reference")
    if aligned is None:
        return LinkRule(SliceLinkKind.NONE, obstacle)
    if first and second and _cosine(first, second) ** 2 >= _PARALLEL**2:
        return LinkRule(SliceLinkKind.OFFSET_MM, obstacle, aligned)
    if first and second:
        return LinkRule(SliceLinkKind.NONE, "the slices of the two stacks are not parallel")
    return LinkRule(SliceLinkKind.OFFSET_SLICES, obstacle, aligned)


def partner_index(rule: LinkRule, source: Planes, target: Planes, index: int) -> int | None:
    """Return the 0-based target slice that belongs to a source slice, or None when none does.

    By position and by offset in mm, the nearest slice counts if it lies within half a slice
    distance; beyond the ends and in a gap there is no partner.
    """
    if rule.kind is SliceLinkKind.NONE:
        return None
    if rule.kind is SliceLinkKind.OFFSET_SLICES and rule.aligned is not None:
        partner = index + rule.aligned.target_index - rule.aligned.source_index
        return partner if 0 <= partner < len(target) else None
    first, second = _parallel_planes(source), _parallel_planes(target)
    if not first or not second:
        raise ValueError("the rule was made for other planes")
    normal = second[0].normal
    if rule.aligned is None:
        wanted_mm = float(np.dot(first[index].position_mm, normal))
    else:
        moved_mm = first[index].distance_mm - first[rule.aligned.source_index].distance_mm
        sense = np.sign(_cosine(first, second))  # stacks may run head to foot and foot to head
        wanted_mm = second[rule.aligned.target_index].distance_mm + float(sense) * moved_mm
    distances_mm = np.abs(_positions_mm(second, normal) - wanted_mm)
    nearest = int(np.argmin(distances_mm))
    limit_mm = _slice_distance_mm(second, first) / 2 + _POSITION_TOLERANCE_MM
    return nearest if distances_mm[nearest] <= limit_mm else None


def link_view(area: ViewArea, source: ViewGrid, target: ViewGrid) -> ViewArea | None:
    """Return the same place of the patient over the same millimetres, or None without a common one.

    Both spacings have to be trusted and both frames of reference equal; elsewhere equal millimetres
    would show two images at sizes that nobody asked for.
    """
    one, other = source.spacing, target.spacing
    here, there = source.geometry, target.geometry
    if one is None or other is None or not (is_trusted(one) and is_trusted(other)):
        return None
    if here is None or there is None or not share_frame_of_reference(here, there):
        return None
    column, row, _ = there.to_pixel(here.to_patient(area.column, area.row))
    return ViewArea(column, row, area.rows_shown * one.row_mm / other.row_mm)


def window_link_obstacle(first: PixelFrame, second: PixelFrame) -> str:
    """Return why two images must not share a window, one phrase for people; empty if they may.

    A simulated unit links with its real one; different modalities never link by numbers.
    """
    if first.is_color or second.is_color:
        return "a color image has no window"
    if not first.modality or first.modality != second.modality:
        names = [frame.modality or "unknown" for frame in (first, second)]
        return f"different modalities: {names[0]} and {names[1]}"
    if first.transform.unit != second.transform.unit:
        units = [frame.transform.unit or "no unit" for frame in (first, second)]
        return f"different units: {units[0]} and {units[1]}"
    return ""


class _Same:
    """Stands for a tuple in a cache: comparing hundreds of planes would cost what it saves."""

    def __init__(self, planes: tuple[PlaneGeometry | None, ...]) -> None:
        self.planes = planes  # kept, so that its id is not given to another

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.planes is self.planes

    def __hash__(self) -> int:
        return id(self.planes)


def _parallel_planes(planes: Planes) -> tuple[PlaneGeometry, ...]:
    """Return the planes when every slice has one and all are parallel, else nothing."""
    if isinstance(planes, tuple):  # of a display set: the same while one scrolls
        return _parallel_planes_of(_Same(planes))
    return _parallel_planes_of.__wrapped__(_Same(tuple(planes)))


@lru_cache(maxsize=64)
def _parallel_planes_of(same: _Same) -> tuple[PlaneGeometry, ...]:
    known = tuple(plane for plane in same.planes if plane is not None)
    if len(known) < len(same.planes):
        return ()
    normals = np.array([plane.normal for plane in known])
    is_parallel = bool((np.abs(normals @ normals[0]) >= _PARALLEL).all())
    return known if is_parallel else ()


def _obstacle(first: tuple[PlaneGeometry, ...], second: tuple[PlaneGeometry, ...]) -> str:
    """Return why positions cannot link two stacks; empty if they can."""
    if not first or not second:
        return "a stack does not say where its slices lie, or they are not parallel"
    if len(_frames_of_reference(_Same(first)) | _frames_of_reference(_Same(second))) > 1:
        return "different frames of reference"
    if not first[0].frame_of_reference_uid:
        return "unknown frame of reference"
    if abs(_cosine(first, second)) < _PARALLEL:
        return "the slices of the two stacks are not parallel"
    return ""


def _cosine(first: Sequence[PlaneGeometry], second: Sequence[PlaneGeometry]) -> float:
    return float(np.dot(first[0].normal, second[0].normal))


def _positions_mm(planes: tuple[PlaneGeometry, ...], normal: Vector) -> Vector:
    positions: Vector = _places_of(_Same(planes)) @ normal
    return positions


@lru_cache(maxsize=64)
def _places_of(same: _Same) -> Vector:
    return np.array([plane.position_mm for plane in same.planes if plane], dtype=np.float64)


@lru_cache(maxsize=64)
def _frames_of_reference(same: _Same) -> frozenset[str]:
    return frozenset(plane.frame_of_reference_uid for plane in same.planes if plane)


def _slice_distance_mm(
    planes: tuple[PlaneGeometry, ...], others: tuple[PlaneGeometry, ...]
) -> float:
    """Return the usual distance of slices; a single slice takes its thickness or the others'."""
    for stack in (planes, others):
        gaps = np.diff(np.sort(_positions_mm(stack, stack[0].normal)))
        gaps = gaps[gaps > _POSITION_TOLERANCE_MM]
        if gaps.size:
            return float(np.median(gaps))
        if stack[0].thickness_mm:
            return stack[0].thickness_mm
    return 0.0
