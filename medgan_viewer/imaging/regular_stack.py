"""Resample a tilted or unevenly spaced stack of parallel slices onto a regular grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.frame import PaddingRange
from medgan_viewer.imaging.geometry import PlaneGeometry, Vector

_ON_GRID = 1e-4  # pixels and steps; what rounding of positions may cost


@dataclass(frozen=True, slots=True, eq=False)
class RegularStack:
    """Values on a regular grid.

    Attributes
    ----------
    values : (slices, rows, columns)
    affine : (4, 4), index (column, row, slice, 1) to LPS mm; its axes are orthogonal
    padding : where no slice had a value
    """

    values: npt.NDArray[Any]
    affine: Vector
    padding: PaddingRange | None


def resample_stack(
    values: npt.NDArray[Any],
    planes: Sequence[PlaneGeometry],
    step_mm: float,
    padding: PaddingRange | None = None,
) -> RegularStack:
    """Shift each slice to where it lies in its plane, then interpolate linearly between slices.

    Parameters
    ----------
    values : (slices, rows, columns)
    planes : of the slices; parallel, and ordered along their normal without duplicates
    step_mm : distance of the new slices; the first one stays where it is
    padding : values that mean "no image here"; they take no part

    Returns
    -------
    a grid that holds every slice whole: a tilt makes it larger than one of them
    """
    first = planes[0]
    along_mm, offsets = _places(planes)
    low = np.floor(offsets.min(axis=0) + _ON_GRID)
    size = np.ceil(offsets.max(axis=0) - low - _ON_GRID).astype(np.int64) + values.shape[1:]
    count = int(np.floor((along_mm[-1] - along_mm[0]) / step_mm + _ON_GRID)) + 1
    fill, dtype = _fill_value(values, padding)
    new_padding = padding or PaddingRange(float(fill), float(fill))
    result = np.full((count, *size), fill, dtype)
    kept: dict[int, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]] = {}
    for index in range(count):
        wanted = along_mm[0] + index * step_mm
        upper = min(int(np.searchsorted(along_mm, wanted - _ON_GRID)), len(planes) - 1)
        lower = max(upper - 1, 0)
        gap = along_mm[upper] - along_mm[lower]
        part = float(np.clip((wanted - along_mm[lower]) / gap, 0, 1)) if gap > 0 else 0.0
        total = np.zeros(size, np.float32)
        weight = np.zeros(size, np.float32)
        kept = {place: kept[place] for place in kept if place in (lower, upper)}
        for place, share in ((lower, 1 - part), (upper, part)):
            if share <= _ON_GRID:
                continue
            if place not in kept:
                kept[place] = _laid(values[place], offsets[place] - low, size, padding)
            total += np.float32(share) * kept[place][0]
            weight += np.float32(share) * kept[place][1]
        is_image = weight >= 1 - _ON_GRID  # nothing is made up beyond the edge of a slice
        mean = total[is_image] / weight[is_image]
        result[index][is_image] = np.rint(mean) if dtype.kind in "iu" else mean
    has_holes = bool((result == fill).any())
    return RegularStack(result, _affine(first, low, step_mm), new_padding if has_holes else padding)


def _places(planes: Sequence[PlaneGeometry]) -> tuple[Vector, Vector]:
    """Return the place of each slice along the normal in mm, and its (row, column) shift in pixels.

    The shift is how far the slice lies from where the first one would be straight above it.
    """
    first = planes[0]
    moves = np.array([plane.position_mm for plane in planes]) - np.array(first.position_mm)
    rows = moves @ np.asarray(first.column_direction) / first.spacing.row_mm
    columns = moves @ np.asarray(first.row_direction) / first.spacing.column_mm
    offsets = np.column_stack([rows, columns])
    whole = np.rint(offsets)
    offsets = np.where(np.abs(offsets - whole) < _ON_GRID, whole, offsets)
    along: Vector = moves @ first.normal
    return along, offsets


def _laid(
    pixels: npt.NDArray[Any],
    offset: Vector,
    size: npt.NDArray[np.int64],
    padding: PaddingRange | None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return a slice moved by a fractional (row, column) `offset`: weighted values, and weights."""
    weight = np.ones(pixels.shape, np.float32)
    if padding is not None:
        weight[padding.mask(pixels)] = 0
    moved = []
    for layer in (pixels.astype(np.float32) * weight, weight):
        for axis in (0, 1):
            whole = int(np.floor(offset[axis]))
            part = np.float32(offset[axis] - whole)
            room = list(layer.shape)
            room[axis] = int(size[axis])
            laid = np.zeros(room, np.float32)
            end = whole + layer.shape[axis]
            _along(laid, axis, whole, end)[...] = layer * (1 - part)
            if part > 0:
                beyond = min(end + 1, room[axis])
                taken = _along(layer, axis, 0, beyond - whole - 1)
                _along(laid, axis, whole + 1, beyond)[...] += taken * part
            layer = laid
        moved.append(layer)
    return moved[0], moved[1]


def _along(
    array: npt.NDArray[np.float32], axis: int, start: int, end: int
) -> npt.NDArray[np.float32]:
    return array[start:end] if axis == 0 else array[:, start:end]


def _fill_value(
    values: npt.NDArray[Any], padding: PaddingRange | None
) -> tuple[float, np.dtype[Any]]:
    """Return a value for where there is no image, and a type that holds it."""
    dtype = values.dtype
    fill = padding.low if padding is not None else float(np.floor(values.min())) - 1
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if not limits.min <= fill <= limits.max:
            dtype = np.dtype(np.int32)
    return fill, dtype


def _affine(first: PlaneGeometry, low: Vector, step_mm: float) -> Vector:
    affine = np.eye(4)
    affine[:3, 0] = np.asarray(first.row_direction) * first.spacing.column_mm
    affine[:3, 1] = np.asarray(first.column_direction) * first.spacing.row_mm
    affine[:3, 2] = first.normal * step_mm
    affine[:3, 3] = first.to_patient(float(low[1]), float(low[0]))
    return affine
