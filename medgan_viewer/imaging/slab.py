"""Slab: thickness and projection, and sampling it from a volume by linear interpolation."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from medgan_viewer.imaging.geometry import PlaneGeometry, Vector
from medgan_viewer.imaging.volume import Volume

MAX_SLAB_SAMPLES = 400
ON_GRID = 1e-6  # voxels; what rounding of positions may cost


class Projection(Enum):
    """How the planes of a slab become one image; the text is for people."""

    MIP = "MIP"
    MINIP = "MinIP"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Slab:
    """Thickness in mm along the normal, centred on the plane; 0 is the plane alone."""

    thickness_mm: float = 0.0
    projection: Projection = Projection.MIP

    def __post_init__(self) -> None:
        if not (math.isfinite(self.thickness_mm) and self.thickness_mm >= 0):
            raise ValueError(f"thickness_mm must be 0 or more, got {self.thickness_mm}")

    @property
    def text(self) -> str:
        """Return "MIP 10 mm"; empty for a plane without thickness."""
        if self.thickness_mm == 0:
            return ""
        return f"{self.projection.value} {self.thickness_mm:g} mm"


def slab_offsets_mm(slab: Slab, step_mm: float) -> npt.NDArray[np.float64]:
    """Return where along the normal a slab is sampled, no further apart than `step_mm`."""
    if slab.thickness_mm == 0:
        return np.zeros(1)
    samples = min(math.ceil(slab.thickness_mm / step_mm - ON_GRID) + 1, MAX_SLAB_SAMPLES)
    half = slab.thickness_mm / 2
    return np.linspace(-half, half, max(samples, 2))


def sample_slab(
    volume: Volume, plane: PlaneGeometry, shape: tuple[int, int], slab: Slab, step_mm: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Sample a slab by linear interpolation.

    Parameters
    ----------
    plane : the middle of the slab
    shape : rows and columns of the result
    step_mm : largest distance of samples along the normal

    Returns
    -------
    (rows, columns) of stored values, and True where no sample met the volume
    """
    to_voxel: Vector = np.linalg.inv(volume.affine).astype(np.float64)
    takes_least = slab.projection is Projection.MINIP
    if volume.rescale.slope < 0:  # the largest value is the smallest one stored
        takes_least = not takes_least
    total = np.zeros(shape, np.float32)
    if slab.projection is not Projection.MEAN:
        total.fill(np.inf if takes_least else -np.inf)
    count = np.zeros(shape, np.uint16)
    for offset_mm in slab_offsets_mm(slab, step_mm):
        values, is_inside = _sample_plane(volume, to_voxel, plane, offset_mm, shape)
        if slab.projection is Projection.MEAN:
            total += np.where(is_inside, values, 0)
        else:
            better = values < total if takes_least else values > total
            np.copyto(total, values, where=better & is_inside)
        count += is_inside
    is_outside = count == 0
    if slab.projection is Projection.MEAN:
        total /= np.maximum(count, 1)
    total[is_outside] = 0
    return total, is_outside


def _sample_plane(
    volume: Volume,
    to_voxel: Vector,
    plane: PlaneGeometry,
    offset_mm: float,
    shape: tuple[int, int],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return the values of one plane and where they lie in the volume, and not on padding."""
    matrix, start = _index_map(to_voxel, plane, offset_mm)
    is_inside = _inside(volume.values.shape, matrix, start, shape)
    values = _linear(volume.values, matrix, start, shape)
    if volume.padding is None:
        return values, is_inside
    # Padding has no value: it takes no part, and where it outweighs the rest there is no image.
    low, high = _voxel_block(volume.values.shape, matrix, start, shape)
    block = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    part = volume.values[block]
    is_padding = volume.padding.mask(part)
    if not is_padding.any():
        return values, is_inside
    moved = start - low
    share = _linear((~is_padding).astype(np.float32), matrix, moved, shape)
    kept = _linear(np.where(is_padding, 0, part).astype(np.float32), matrix, moved, shape)
    values = np.divide(kept, share, out=np.zeros_like(kept), where=share > 0)
    return values, is_inside & (share >= 0.5)


def _index_map(to_voxel: Vector, plane: PlaneGeometry, offset_mm: float) -> tuple[Vector, Vector]:
    """Return matrix (3, 2) and start (3,): (slice, row, column) of a volume from (row, column)."""
    down = to_voxel[:3, :3] @ (np.asarray(plane.column_direction) * plane.spacing.row_mm)
    across = to_voxel[:3, :3] @ (np.asarray(plane.row_direction) * plane.spacing.column_mm)
    origin = np.asarray(plane.position_mm) + plane.normal * offset_mm
    start = to_voxel[:3, :3] @ origin + to_voxel[:3, 3]
    matrix = np.stack([down, across], axis=1)[::-1]
    start = start[::-1]
    # Rounding must not push a sample on the outermost voxels off the grid.
    return _snapped(matrix), _snapped(start)


def _snapped(numbers: Vector) -> Vector:
    whole = np.rint(numbers)
    snapped: Vector = np.where(np.abs(numbers - whole) < ON_GRID, whole, numbers)
    return snapped


def _linear(
    values: npt.NDArray[Any], matrix: Vector, start: Vector, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Interpolate `values` on the grid of a plane; the outermost voxels go on beyond the edge."""
    axes = [np.flatnonzero(matrix[:, column]) for column in (0, 1)]
    if all(axis.size == 1 for axis in axes) and axes[0][0] != axes[1][0]:
        return _linear_along_axes(values, matrix, start, shape, (int(axes[0][0]), int(axes[1][0])))
    full = np.concatenate([np.zeros((3, 1)), matrix], axis=1)
    sampled = np.empty((1, *shape), np.float32)
    ndimage.affine_transform(
        values, full, start, output_shape=sampled.shape, output=sampled, order=1, mode="nearest"
    )
    plane: npt.NDArray[np.float32] = sampled[0]
    return plane


def _linear_along_axes(
    values: npt.NDArray[Any],
    matrix: Vector,
    start: Vector,
    shape: tuple[int, int],
    axes: tuple[int, int],
) -> npt.NDArray[np.float32]:
    """Interpolate where rows and columns of the plane run along `axes` of the volume.

    One axis after the other: several times faster than any direction at once.
    """
    normal = 3 - sum(axes)
    [[first], [second], [part]] = _neighbours(np.array([start[normal]]), values.shape[normal])
    before = np.moveaxis(values, normal, 0)
    section = before[int(first)].astype(np.float32)
    if part > 0:
        section += np.float32(part) * (before[int(second)] - section)
    if axes[0] > axes[1]:
        section = section.T
    for place, axis in enumerate(axes):
        grid = start[axis] + matrix[axis, place] * np.arange(shape[place])
        lower, upper, parts = _neighbours(grid, values.shape[axis])
        sampled = section.take(lower, axis=place)
        if parts.any():
            weight = parts.astype(np.float32)
            weight = weight[:, None] if place == 0 else weight
            sampled += weight * (section.take(upper, axis=place) - sampled)
        section = sampled
    plane: npt.NDArray[np.float32] = section
    return plane


def _neighbours(
    positions: Vector, size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Vector]:
    """Return the voxel before and after each position, and how far it lies towards the second."""
    inside = np.clip(positions, 0, size - 1)
    lower = np.floor(inside).astype(np.int64)
    return lower, np.minimum(lower + 1, size - 1), inside - lower


def _positions(matrix: Vector, start: Vector, shape: tuple[int, int], axis: int) -> Vector:
    """Return (rows, columns) of the voxel index along one axis."""
    rows = matrix[axis, 0] * np.arange(shape[0])
    columns = matrix[axis, 1] * np.arange(shape[1])
    positions: Vector = start[axis] + rows[:, None] + columns[None, :]
    return positions


def _inside(
    size: tuple[int, ...], matrix: Vector, start: Vector, shape: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Return where the grid of a plane lies within half a voxel of the volume's voxels."""
    is_inside = np.ones(shape, np.bool_)
    for axis, count in enumerate(size):
        position = _positions(matrix, start, shape, axis)
        is_inside &= (position >= -0.5 - ON_GRID) & (position <= count - 0.5 + ON_GRID)
    return is_inside


def _voxel_block(
    size: tuple[int, ...], matrix: Vector, start: Vector, shape: tuple[int, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return first and last + 1 voxel (slice, row, column) that a plane needs."""
    ends = np.array([(r, c) for r in (0, shape[0] - 1) for c in (0, shape[1] - 1)])
    places = start + ends @ matrix.T
    low = np.clip(np.floor(places.min(axis=0)).astype(np.int64), 0, np.array(size) - 1)
    high = np.clip(np.ceil(places.max(axis=0)).astype(np.int64), 0, np.array(size) - 1)
    return low, high + 1
