"""Shapes of files to annotations: polylines, ellipses, circles and points of reports and states."""

import hashlib
import math
from collections.abc import Sequence
from itertools import pairwise

from medgan_viewer.imaging.annotation import (
    MAX_POINTS,
    POINT_COUNTS,
    Annotation,
    AnnotationKind,
    Point,
    plain_words,
)
from medgan_viewer.imaging.frame import ImageId

_STEPS = 64
_EQUAL_PX = 1e-3
_KINDS = {kind.value: kind for kind in AnnotationKind}


def kind_named(name: str) -> AnnotationKind | None:
    """Return the kind that we wrote as a label or before a colon."""
    return _KINDS.get(name.partition(":")[0].strip())


def image_points(data: Sequence[float]) -> list[Point]:
    """Return (column, row) points of graphic data; its origin is the first pixel's corner."""
    pairs = zip(data[0::2], data[1::2], strict=True)
    return [(float(column) - 0.5, float(row) - 0.5) for column, row in pairs]


def annotation_of(
    kind: AnnotationKind | None,
    graphic_type: str,
    parts: Sequence[Sequence[Point]],
    image: ImageId,
    uid: str,
    text: str,
) -> Annotation | None:
    """Return the annotation that some shapes make; None when they make none that we have.

    Parameters
    ----------
    kind : what a label says; None leaves it to the shape
    parts : points of each shape; two lines make a Cobb angle or two diameters
    uid : empty where the file has none; then one is made of what is drawn
    """
    points = [point for part in parts for point in part]
    if not points or len(points) > MAX_POINTS:
        return None
    if graphic_type in ("ELLIPSE", "CIRCLE") and len(parts) == 1:
        kind, points = _ellipse(points, is_circle=graphic_type == "CIRCLE")
    elif kind is AnnotationKind.RECTANGLE or (kind is None and _is_rectangle(points)):
        kind, points = AnnotationKind.RECTANGLE, [points[0], points[2]] if len(points) > 2 else []
    elif kind is AnnotationKind.FREEHAND or (kind is None and _is_closed(points)):
        kind, points = AnnotationKind.FREEHAND, points[:-1] if _is_closed(points) else points
    elif kind is None:
        kind = _kind_of(graphic_type, len(points))
    if kind is None or len(points) != POINT_COUNTS.get(kind, len(points)):
        return None
    try:
        own_uid = uid or _uid_of(image, points)
        return Annotation(own_uid, kind, image, tuple(points), plain_words(text))
    except ValueError:  # points that are not finite, an outline of two points
        return None


def _kind_of(graphic_type: str, count: int) -> AnnotationKind | None:
    if graphic_type == "POINT" and count == 1:
        return AnnotationKind.PROBE
    return AnnotationKind.LENGTH if graphic_type == "POLYLINE" and count == 2 else None


def _ellipse(points: list[Point], *, is_circle: bool) -> tuple[AnnotationKind | None, list[Point]]:
    """Return the box of an upright ellipse, or the outline of a tilted one."""
    if is_circle and len(points) == 2:
        (x, y), edge = points
        radius = math.hypot(edge[0] - x, edge[1] - y)
        return AnnotationKind.ELLIPSE, [(x - radius, y - radius), (x + radius, y + radius)]
    if is_circle or len(points) != 4:
        return None, []
    first, second, third, fourth = points
    is_upright = min(abs(first[0] - second[0]), abs(first[1] - second[1])) < _EQUAL_PX
    if is_upright:
        columns, rows = [p[0] for p in points], [p[1] for p in points]
        return AnnotationKind.ELLIPSE, [(min(columns), min(rows)), (max(columns), max(rows))]
    center = ((first[0] + second[0]) / 2, (first[1] + second[1]) / 2)
    outline = []
    for step in range(_STEPS):
        turn = 2 * math.pi * step / _STEPS
        major, minor = math.cos(turn) / 2, math.sin(turn) / 2
        outline.append(
            (
                center[0] + major * (second[0] - first[0]) + minor * (fourth[0] - third[0]),
                center[1] + major * (second[1] - first[1]) + minor * (fourth[1] - third[1]),
            )
        )
    return AnnotationKind.FREEHAND, outline


def _is_closed(points: Sequence[Point]) -> bool:
    return len(points) >= 4 and math.dist(points[0], points[-1]) < _EQUAL_PX


def _is_rectangle(points: Sequence[Point]) -> bool:
    """Return whether it is a closed outline of four sides along rows and columns."""
    if len(points) != 5 or not _is_closed(points):
        return False
    sides = list(pairwise(points))
    flat = [abs(a[1] - b[1]) < _EQUAL_PX for a, b in sides]
    upright = [abs(a[0] - b[0]) < _EQUAL_PX for a, b in sides]
    return flat == [not each for each in upright] and flat[0] != flat[1] == flat[3] != flat[2]


def _uid_of(image: ImageId, points: Sequence[Point]) -> str:
    """Return the same UID for the same drawing, so that it is not read twice."""
    digest = hashlib.sha256(repr((image, list(points))).encode()).digest()[:16]
    return f"2.25.{int.from_bytes(digest)}"
