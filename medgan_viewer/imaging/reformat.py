"""Orthogonal planes and slabs through a volume: axial, coronal and sagittal in patient axes."""

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.frame import PaddingRange, PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, SpacingSource, Vector
from medgan_viewer.imaging.slab import ON_GRID, Slab, sample_slab
from medgan_viewer.imaging.voi import Voi
from medgan_viewer.imaging.volume import Volume

MAX_PLANE_SIDE = 2048


class Orientation(Enum):
    """A plane of the body; rows and columns run as radiologists look at it."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"

    @property
    def directions(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Unit vectors along a row and down a column, LPS: patient's right is on the left."""
        match self:
            case Orientation.AXIAL:
                return (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
            case Orientation.CORONAL:
                return (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)
            case Orientation.SAGITTAL:
                return (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)

    @property
    def scroll_direction(self) -> Vector:
        """Unit vector from one plane to the next: head-wards, to the back, to the left (LPS)."""
        normal: Vector = np.abs(np.cross(*self.directions))
        return normal


@dataclass(frozen=True, slots=True)
class PlaneStack:
    """The parallel planes of one orientation through a volume.

    Attributes
    ----------
    first : place of plane 0; the others follow along the scroll direction
    step_mm : distance of planes
    count, rows, columns : planes, and pixels of each
    """

    orientation: Orientation
    first: PlaneGeometry
    step_mm: float
    count: int
    rows: int
    columns: int

    def plane(self, index: int) -> PlaneGeometry:
        """Return the place of a plane, 0-based."""
        move = self.orientation.scroll_direction * (self.step_mm * index)
        x, y, z = np.asarray(self.first.position_mm) + move
        return replace(self.first, position_mm=(float(x), float(y), float(z)))

    def index_of(self, position_mm: npt.ArrayLike) -> int:
        """Return the plane nearest to a point of the patient; the end where it lies beyond."""
        offset = np.asarray(position_mm, dtype=np.float64) - np.asarray(self.first.position_mm)
        along = float(np.dot(offset, self.orientation.scroll_direction)) / self.step_mm
        return min(max(round(along), 0), self.count - 1)


def plane_stack(
    volume: Volume, orientation: Orientation, source: SpacingSource = SpacingSource.PATIENT
) -> PlaneStack:
    """Lay planes through the whole volume, with square pixels of its finest spacing.

    Planes are as far apart as the voxels along their normal. Where the volume's axes are those of
    the patient, pixel centres of the axis with the finest spacing fall on voxel centres.

    Parameters
    ----------
    source : where the millimetres of the volume come from
    """
    row, column = (np.asarray(direction) for direction in orientation.directions)
    scroll = orientation.scroll_direction
    corners = _voxel_centers_at_corners(volume)
    sizes = [float(np.ptp(corners @ axis)) for axis in (row, column, scroll)]
    pixel_mm = max(min(volume.spacing_mm), *(size / (MAX_PLANE_SIDE - 1) for size in sizes[:2]))
    step_mm = _spacing_along(volume, scroll)
    columns, rows, count = (
        math.floor(size / step + ON_GRID) + 1
        for size, step in zip(sizes, (pixel_mm, pixel_mm, step_mm), strict=True)
    )
    start = sum(float((corners @ axis).min()) * axis for axis in (row, column, scroll))
    x, y, z = np.asarray(start)
    geometry = PlaneGeometry(
        position_mm=(float(x), float(y), float(z)),
        row_direction=orientation.directions[0],
        column_direction=orientation.directions[1],
        spacing=PixelSpacing(pixel_mm, pixel_mm, source),
        frame_of_reference_uid=volume.frame_of_reference_uid,
    )
    return PlaneStack(orientation, geometry, step_mm, count, rows, columns)


def reformat_plane(
    volume: Volume,
    stack: PlaneStack,
    index: int,
    slab: Slab | None = None,
    *,
    vois: tuple[Voi, ...] = (),
) -> PixelFrame:
    """Sample one plane, or a slab around it, from a volume by linear interpolation.

    Parameters
    ----------
    index : 0-based plane of `stack`
    slab : None is the plane alone
    vois : the views that the source images offer

    Returns
    -------
    a frame in the volume's type, rescale and provenance, with its own geometry; what lies outside
    the volume is padding; a note says that it is reformatted, and how thick
    """
    slab = slab or Slab()
    plane = stack.plane(index)
    shape = (stack.rows, stack.columns)
    sampled, is_outside = sample_slab(volume, plane, shape, slab, stack.step_mm)
    stored, padding = _as_stored(volume, sampled, is_outside)
    note = " · ".join(
        part for part in (f"REFORMATTED {stack.orientation.value}", slab.text) if part
    )
    return PixelFrame(
        stored=stored,
        modality=volume.modality,
        transform=volume.rescale,
        inverted=volume.inverted,
        vois=vois,
        padding=padding,
        geometry=replace(plane, thickness_mm=slab.thickness_mm or None),
        spacing=plane.spacing,
        bits_stored=8 * stored.dtype.itemsize,
        provenance=volume.provenance,
        notes=(note, *volume.notes),
    )


def _voxel_centers_at_corners(volume: Volume) -> Vector:
    """Return the (8, 3) LPS positions of the voxels in the volume's corners."""
    slices, rows, columns = volume.values.shape
    ends = [(0, size - 1) for size in (columns, rows, slices)]
    return np.array([volume.to_patient(x, y, z) for x in ends[0] for y in ends[1] for z in ends[2]])


def _spacing_along(volume: Volume, direction: Vector) -> float:
    """Return the spacing of the voxel axis that runs most along a direction."""
    axes = volume.affine[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    return float(lengths[int(np.argmax(np.abs(direction @ axes) / lengths))])


def _as_stored(
    volume: Volume, sampled: npt.NDArray[np.float32], is_outside: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[Any], PaddingRange | None]:
    """Return the values in the volume's type, with a padding value where there is no image."""
    dtype: np.dtype[Any] = volume.values.dtype
    values = np.rint(sampled) if dtype.kind in "iu" else sampled
    if not is_outside.any():
        return values.astype(dtype), volume.padding
    padding = volume.padding
    if padding is None:  # one below what the plane holds; NaN would not survive a window
        inside = values[~is_outside]
        low = float(np.floor(inside.min())) - 1 if inside.size else 0.0
        padding = PaddingRange(low, low)
    values[is_outside] = padding.low
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if not limits.min <= padding.low <= limits.max:
            dtype = np.dtype(np.int32)
    return values.astype(dtype), padding
