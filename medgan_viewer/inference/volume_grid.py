"""Sampling a volume on other grids with torch, which leaves the window's thread free meanwhile."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from medgan_viewer.errors import InputError
from medgan_viewer.imaging.geometry import PlaneGeometry

MAX_VOXELS = 1 << 29  # 2 GiB in float32

Affine = npt.NDArray[np.float64]

# Columns of a standard volume, LPS: towards higher column, row and slice index.
_STANDARD_VOLUMES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "axial": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "coronal": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "sagittal": ((0, 1, 0), (0, 0, -1), (1, 0, 0)),
}


@dataclass(frozen=True, slots=True, eq=False)
class SampledVolume:
    """Values on a grid in the patient.

    Attributes
    ----------
    values : (slices, rows, columns) float32
    affine : (4, 4), from (column, row, slice, 1) to LPS mm
    """

    values: Tensor
    affine: Affine


@dataclass(frozen=True, slots=True, eq=False)
class GridSpec:
    """A grid to sample on; `affine` as in SampledVolume."""

    slices: int
    rows: int
    columns: int
    affine: Affine


def standard_grid(source: SampledVolume, plane: str, spacing_mm: float) -> GridSpec:
    """Return the grid of cubes of `spacing_mm` in the standard view of `plane` over the source.

    Raises
    ------
    InputError
        The grid would not fit into memory; no patient is that large.
    """
    axes = np.array(_STANDARD_VOLUMES[plane]).T  # columns are directions
    sides = source.values.shape[::-1]  # columns, rows, slices
    corners = np.stack(np.meshgrid(*[(0, side - 1) for side in sides], indexing="ij"), -1)
    points = corners.reshape(-1, 3) @ source.affine[:3, :3].T + source.affine[:3, 3]
    along = points @ axes  # (8, 3), mm along each grid axis
    low, high = along.min(axis=0), along.max(axis=0)
    counts = np.maximum(np.ceil((high - low) / spacing_mm).astype(int) + 1, 1)
    if math.prod(int(count) for count in counts) > MAX_VOXELS:
        extent = " x ".join(f"{length / 10:.0f}" for length in high - low)
        raise InputError(
            problem=f"The series is {extent} cm large, if its geometry is right; that is too much.",
            action="Choose a series whose pixel spacing and slice positions are right.",
        )
    affine = np.eye(4)
    affine[:3, :3] = axes * spacing_mm
    affine[:3, 3] = axes @ low
    columns, rows, slices = (int(count) for count in counts)
    return GridSpec(slices, rows, columns, affine)


def plane_affine(geometry: PlaneGeometry) -> Affine:
    """Return the (4, 4) from (column, row, 0, 1) of a plane to LPS mm."""
    affine = np.eye(4)
    affine[:3, 0] = np.multiply(geometry.row_direction, geometry.spacing.column_mm)
    affine[:3, 1] = np.multiply(geometry.column_direction, geometry.spacing.row_mm)
    affine[:3, 2] = geometry.normal
    affine[:3, 3] = geometry.position_mm
    return affine


def reduce_to_spacing(volume: SampledVolume, spacing_mm: float) -> SampledVolume:
    """Average neighbours along axes that are about twice as fine as `spacing_mm`, or finer.

    Sampling a fine grid coarsely without this would alias.
    """
    have = np.linalg.norm(volume.affine[:3, :3], axis=0)  # column, row, slice
    sides = volume.values.shape[::-1]
    factors = [
        min(max(int(spacing_mm / mm + 0.25), 1), side) for mm, side in zip(have, sides, strict=True)
    ]
    if max(factors) == 1:
        return volume
    kernel = (factors[2], factors[1], factors[0])
    # What is left at the far end becomes a plane, too; otherwise the edge would be cut off.
    values = F.avg_pool3d(
        volume.values[None, None], kernel, ceil_mode=True, count_include_pad=False
    )[0, 0]
    affine = volume.affine.copy()
    affine[:3, :3] *= factors
    # The first new centre lies in the middle of the pixels it averages.
    affine[:3, 3] += volume.affine[:3, :3] @ ((np.array(factors) - 1) / 2)
    return SampledVolume(values, affine)


def sample_plane(
    volume: SampledVolume, affine: Affine, rows: int, columns: int, index: int = 0
) -> Tensor:
    """Sample slice `index` of a grid by trilinear interpolation; (rows, columns).

    Values at the edge reach one voxel further, so that the outermost pixels do not fade; beyond
    that is 0.

    Parameters
    ----------
    affine : of the grid, from (column, row, slice, 1) to LPS mm
    """
    to_source = torch.from_numpy(np.linalg.inv(volume.affine) @ affine).float()
    column = torch.arange(columns, dtype=torch.float32)
    row = torch.arange(rows, dtype=torch.float32)
    base = to_source[:3, 3] + to_source[:3, 2] * index
    places = (
        base + row[:, None, None] * to_source[:3, 1] + column[None, :, None] * to_source[:3, 0]
    )  # (rows, columns, 3), in source indices: column, row, slice
    sides = torch.tensor(volume.values.shape[::-1], dtype=torch.float32)
    grid = places / (sides - 1).clamp(min=1) * 2 - 1
    sampled = F.grid_sample(
        volume.values[None, None], grid[None, None], align_corners=True, padding_mode="border"
    )
    is_near = ((places > -1) & (places < sides)).all(dim=-1)
    return sampled[0, 0, 0] * is_near
