"""Where one image plane cuts another: reference lines; which slice of a stack holds a point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.geometry import PlaneGeometry, Vector

_PARALLEL = float(np.cos(np.radians(1)))
_ALMOST_PARALLEL = float(np.cos(np.radians(10)))  # such a line would tell nothing
POSITION_TOLERANCE_MM = 0.01


@dataclass(frozen=True, slots=True)
class PlaneArea:
    """An image as a rectangle in the patient: its plane, and how many pixels it has."""

    plane: PlaneGeometry
    rows: int
    columns: int

    def corners_mm(self) -> Vector:
        """Return the (4, 3) outer corners of the image, LPS, in order around it."""
        right, bottom = self.columns - 0.5, self.rows - 0.5
        places = ((-0.5, -0.5), (right, -0.5), (right, bottom), (-0.5, bottom))
        return np.array([self.plane.to_patient(*place) for place in places])


@dataclass(frozen=True, slots=True)
class PixelLine:
    """A straight line on an image, (column, row) of both ends, 0-based and fractional."""

    start: tuple[float, float]
    end: tuple[float, float]


def shares_space(first: PlaneGeometry, second: PlaneGeometry) -> bool:
    """Return whether positions of both mean the same place; never where one says nothing."""
    return first.frame_of_reference_uid == second.frame_of_reference_uid != ""


def reference_line(source: PlaneArea, target: PlaneArea) -> PixelLine | None:
    """Return where `source` cuts `target`, on the pixels of `target`.

    Returns
    -------
    the part of the cut that lies in both images; None where they do not meet, are parallel within
    ten degrees, or do not share a frame of reference
    """
    if not shares_space(source.plane, target.plane):
        return None
    if abs(float(np.dot(source.plane.normal, target.plane.normal))) > _ALMOST_PARALLEL:
        return None
    ends = _cut(source.corners_mm(), target.plane)
    if ends is None:
        return None
    start, end = (target.plane.to_pixel(point)[:2] for point in ends)
    return _clipped(np.array(start), np.array(end), target.columns, target.rows)


@dataclass(frozen=True, slots=True, eq=False)
class SliceAxis:
    """Where the parallel slices of a stack lie along their normal.

    Attributes
    ----------
    space : frame of reference, never empty
    normal : unit vector, LPS
    along_mm : place of each slice along the normal, in order of display
    distance_mm : usual distance of slices; for a single one its thickness, or 0
    """

    space: str
    normal: Vector
    along_mm: Vector
    distance_mm: float

    def nearest(self, position_mm: npt.ArrayLike, space: str) -> int | None:
        """Return the 0-based slice that holds a point of the patient.

        The nearest slice counts within half a slice distance; beyond the ends, in a gap and in
        another frame of reference there is none.
        """
        if space != self.space:
            return None
        away_mm = np.abs(self.along_mm - float(np.dot(position_mm, self.normal)))
        nearest = int(np.argmin(away_mm))
        reach_mm = self.distance_mm / 2 + POSITION_TOLERANCE_MM
        return nearest if away_mm[nearest] <= reach_mm else None


def slice_axis(planes: Sequence[PlaneGeometry | None]) -> SliceAxis | None:
    """Return where slices lie, or None where it is not known or they are not parallel."""
    known = [plane for plane in planes if plane is not None]
    if not known or len(known) < len(planes) or not known[0].frame_of_reference_uid:
        return None
    first = known[0]
    if any(plane.frame_of_reference_uid != first.frame_of_reference_uid for plane in known):
        return None
    normals = np.cross(
        [plane.row_direction for plane in known], [plane.column_direction for plane in known]
    )
    normal = normals[0]
    if (np.abs(normals @ normal) < _PARALLEL).any():
        return None
    along_mm = np.array([plane.position_mm for plane in known], dtype=np.float64) @ normal
    steps_mm = np.diff(np.sort(along_mm))
    steps_mm = steps_mm[steps_mm > POSITION_TOLERANCE_MM]
    distance_mm = float(np.median(steps_mm)) if steps_mm.size else first.thickness_mm or 0.0
    return SliceAxis(first.frame_of_reference_uid, normal, along_mm, distance_mm)


def _cut(corners_mm: Vector, plane: PlaneGeometry) -> tuple[Vector, Vector] | None:
    """Return the two points where the outline of an image passes through a plane."""
    heights = np.array([plane.to_pixel(corner)[2] for corner in corners_mm])
    points: list[Vector] = []
    for index in range(4):
        here, there = heights[index], heights[(index + 1) % 4]
        if (here < 0) != (there < 0):
            part = here / (here - there)
            first, second = corners_mm[index], corners_mm[(index + 1) % 4]
            points.append(first + part * (second - first))
    return (points[0], points[1]) if len(points) == 2 else None


def _clipped(start: Vector, end: Vector, columns: int, rows: int) -> PixelLine | None:
    """Cut a line at the edges of an image (Liang and Barsky 1984)."""
    way = end - start
    first, last = 0.0, 1.0
    for axis, size in ((0, columns), (1, rows)):
        low, high = -0.5 - start[axis], size - 0.5 - start[axis]
        if abs(way[axis]) < 1e-9:
            if low > 0 or high < 0:
                return None
            continue
        near, far = sorted((low / way[axis], high / way[axis]))
        first, last = max(first, near), min(last, far)
    if first >= last:
        return None
    (x0, y0), (x1, y1) = start + first * way, start + last * way
    return PixelLine((float(x0), float(y0)), (float(x1), float(y1)))
