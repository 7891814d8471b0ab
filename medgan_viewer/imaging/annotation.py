"""Annotation: what a user draws on an image, in pixel coordinates of that image, and its handles.

Points are (column, row), 0-based, with pixel centres at whole numbers. Zoom, position, rotation and
flip of the view never touch them.
"""

import math
import uuid
from dataclasses import dataclass, replace
from enum import Enum

from medgan_viewer.imaging.frame import ImageId

Point = tuple[float, float]

MAX_POINTS = 20_000
MAX_TEXT = 1024
_FREEHAND_HANDLES = 12


class AnnotationKind(Enum):
    """What is drawn; the value is the name that files carry too."""

    LENGTH = "Length"
    ANGLE = "Angle"
    COBB = "Cobb angle"
    BIDIRECTIONAL = "Bidirectional"
    RECTANGLE = "Rectangle"
    ELLIPSE = "Ellipse"
    FREEHAND = "Freehand"
    PROBE = "Probe"
    ARROW = "Arrow"
    TEXT = "Text"

    @property
    def is_region(self) -> bool:
        """It encloses an area whose values are measured."""
        return self in (AnnotationKind.RECTANGLE, AnnotationKind.ELLIPSE, AnnotationKind.FREEHAND)


# Points that an annotation keeps; a freehand outline has any number from 3 on.
POINT_COUNTS = {
    AnnotationKind.LENGTH: 2,
    AnnotationKind.ANGLE: 3,
    AnnotationKind.COBB: 4,
    AnnotationKind.BIDIRECTIONAL: 4,
    AnnotationKind.RECTANGLE: 2,
    AnnotationKind.ELLIPSE: 2,
    AnnotationKind.PROBE: 1,
    AnnotationKind.ARROW: 2,
    AnnotationKind.TEXT: 1,
}


@dataclass(frozen=True, slots=True)
class Annotation:
    """One measurement, region, arrow or text on one image.

    Attributes
    ----------
    uid : DICOM UID, the tracking identifier in files
    points : ends of a line; leg, vertex, leg of an angle; both lines of a Cobb angle; long, then
        short axis; two opposite corners of a rectangle or of the box around an ellipse; the outline
        of a freehand region; tail and head of an arrow
    text : the user's own words; the content of a text, the name of anything else
    """

    uid: str
    kind: AnnotationKind
    image: ImageId
    points: tuple[Point, ...]
    text: str = ""

    def __post_init__(self) -> None:
        wanted = POINT_COUNTS.get(self.kind)
        count = len(self.points)
        if count != wanted if wanted is not None else not 3 <= count <= MAX_POINTS:
            raise ValueError(f"{self.kind.value} with {count} points")
        if not all(math.isfinite(value) for point in self.points for value in point):
            raise ValueError(f"{self.kind.value} with a point that is not finite")
        if len(self.text) > MAX_TEXT:
            raise ValueError(f"a text of {len(self.text)} characters")

    def moved(self, columns: float, rows: float) -> "Annotation":
        """Return it shifted by so many pixels."""
        points = tuple((column + columns, row + rows) for column, row in self.points)
        return replace(self, points=points)


def plain_words(text: str) -> str:
    """Return one line of printable words, as long as an annotation keeps."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:MAX_TEXT]


def new_annotation_uid() -> str:
    """Return a UID that was never used, in the UUID-derived form 2.25 (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def bidirectional_points(start: Point, end: Point, aspect: float) -> tuple[Point, ...]:
    """Return long axis and a short axis of half its length, at right angles through its middle.

    Parameters
    ----------
    aspect : height of a pixel divided by its width
    """
    across, down = end[0] - start[0], (end[1] - start[1]) * aspect
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    step = (-down / 4, across / 4 / aspect)
    return (
        start,
        end,
        (middle[0] + step[0], middle[1] + step[1]),
        (middle[0] - step[0], middle[1] - step[1]),
    )


def box_of(annotation: Annotation) -> tuple[float, float, float, float]:
    """Return (left, top, right, bottom) of its points."""
    columns = [column for column, _ in annotation.points]
    rows = [row for _, row in annotation.points]
    return min(columns), min(rows), max(columns), max(rows)


def handles_of(annotation: Annotation) -> tuple[Point, ...]:
    """Return the points by which it can be changed."""
    points = annotation.points
    match annotation.kind:
        case AnnotationKind.RECTANGLE | AnnotationKind.ELLIPSE:
            (left, top), (right, bottom) = points
            return (*points, (right, top), (left, bottom))
        case AnnotationKind.FREEHAND:
            return tuple(points[index] for index in _freehand_handles(len(points)))
        case _:
            return points


def with_handle(annotation: Annotation, index: int, point: Point, aspect: float) -> Annotation:
    """Return it with one of its handles at another place.

    Parameters
    ----------
    aspect : height of a pixel divided by its width, for what stays at right angles
    """
    points = list(annotation.points)
    match annotation.kind:
        case AnnotationKind.RECTANGLE | AnnotationKind.ELLIPSE:
            points = list(_corners_with(annotation.points, index, point))
        case AnnotationKind.FREEHAND:
            points = _bent_outline(annotation.points, index, point)
        case AnnotationKind.BIDIRECTIONAL:
            points = list(_axes_with(annotation.points, index, point, aspect))
        case _:
            points[index] = point
    return replace(annotation, points=tuple(points))


def _corners_with(points: tuple[Point, ...], index: int, point: Point) -> tuple[Point, Point]:
    first, second = points
    match index:
        case 0:
            return point, second
        case 1:
            return first, point
        case 2:  # column of the second corner, row of the first
            return (first[0], point[1]), (point[0], second[1])
        case _:
            return (point[0], first[1]), (second[0], point[1])


def _freehand_handles(count: int) -> tuple[int, ...]:
    shown = min(count, _FREEHAND_HANDLES)
    return tuple(count * place // shown for place in range(shown))


def _bent_outline(points: tuple[Point, ...], index: int, point: Point) -> list[Point]:
    """Move one handle and, less and less, the outline up to the handles beside it."""
    count = len(points)
    center = _freehand_handles(count)[index]
    reach = max(count // min(count, _FREEHAND_HANDLES), 1)
    shift = (point[0] - points[center][0], point[1] - points[center][1])
    bent = list(points)
    for step in range(1 - reach, reach):
        weight = 0.5 * (1 + math.cos(math.pi * step / reach))
        place = (center + step) % count
        old = points[place]
        bent[place] = (old[0] + weight * shift[0], old[1] + weight * shift[1])
    return bent


def _axes_with(
    points: tuple[Point, ...], index: int, point: Point, aspect: float
) -> tuple[Point, ...]:
    """Move an end of an axis; both axes stay at right angles and go on crossing."""
    start, end, one, other = (complex(column, row * aspect) for column, row in points)
    place = complex(point[0], point[1] * aspect)
    old = end - start
    if old == 0:
        return bidirectional_points(points[0], point, aspect)
    if index < 2:
        # What turns the long axis turns the short one, which keeps its length.
        share = ((one - start) / old).real
        foot = start + old * share
        begin, finish = (place, end) if index == 0 else (start, place)
        new = finish - begin
        turn = new / abs(new) * abs(old) / old if new else 1
        base = begin + new * share
        start, end = begin, finish
        one, other = base + (one - foot) * turn, base + (other - foot) * turn
    else:
        across = (place - start) / old
        foot = start + old * min(max(across.real, 0.0), 1.0)
        upright = old / abs(old) * 1j
        reach = ((place - start) / upright).real
        fixed = other if index == 2 else one
        kept = ((fixed - start) / upright).real
        moved, stays = foot + upright * reach, foot + upright * kept
        one, other = (moved, stays) if index == 2 else (stays, moved)
    return tuple((value.real, value.imag / aspect) for value in (start, end, one, other))
