"""Between the grid of a source image and the grid of a translator, and back.

A translator knows one pixel size and one way up. The source is turned and scaled to that, never
squeezed, and what comes out goes back to the source's own pixels, so that both lie on one grid.
"""

from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from medgan_viewer.errors import InputError
from medgan_viewer.imaging.geometry import PlaneGeometry

MIN_SIDE = 8  # a ResNet mirrors edges at a quarter of the side, which takes two pixels
MAX_SIDE = 4096

# In-plane axes of a standard view, LPS: towards higher columns, towards higher rows.
_STANDARD_AXES = {
    "axial": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "coronal": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    "sagittal": ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """How to bring an image plane the standard way up: swap the axes first, then flip."""

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def apply(self, image: Tensor) -> Tensor:
        """Turn (..., rows, columns) the standard way up."""
        if self.transpose:
            image = image.transpose(-1, -2)
        flipped = [d for d, on in ((-2, self.flip_rows), (-1, self.flip_columns)) if on]
        return image.flip(flipped) if flipped else image

    def undo(self, image: Tensor) -> Tensor:
        """Turn (..., rows, columns) back."""
        flipped = [d for d, on in ((-2, self.flip_rows), (-1, self.flip_columns)) if on]
        image = image.flip(flipped) if flipped else image
        return image.transpose(-1, -2) if self.transpose else image


def turn_to_standard(geometry: PlaneGeometry | None, plane: str) -> Turn:
    """Return the turn that shows `geometry` as radiologists look at `plane`."""
    if geometry is None or plane not in _STANDARD_AXES:
        return Turn()
    right, down = (np.asarray(axis) for axis in _STANDARD_AXES[plane])
    row, column = np.asarray(geometry.row_direction), np.asarray(geometry.column_direction)
    transpose = bool(abs(row @ right) < abs(column @ right))
    along_columns, along_rows = (column, row) if transpose else (row, column)
    return Turn(transpose, bool(along_rows @ down < 0), bool(along_columns @ right < 0))


@dataclass(frozen=True, slots=True)
class ModelGrid:
    """Pixel size of a translator, and what its sides must be multiples of."""

    spacing_mm: float
    side_multiple: int


@dataclass(frozen=True, slots=True)
class Fit:
    """How a source plane lies on the model grid.

    Attributes
    ----------
    scaled : (rows, columns) of the source at the model's pixel size
    padded : (rows, columns) handed to the network; the scaled source lies in its middle
    """

    scaled: tuple[int, int]
    padded: tuple[int, int]

    @property
    def offset(self) -> tuple[int, int]:
        return (
            (self.padded[0] - self.scaled[0]) // 2,
            (self.padded[1] - self.scaled[1]) // 2,
        )


def fit_plane(rows: int, columns: int, row_mm: float, column_mm: float, grid: ModelGrid) -> Fit:
    """Return sizes for a plane of rows x columns pixels of row_mm x column_mm.

    Raises
    ------
    InputError
        The plane would not fit into memory; no patient is that large.
    """
    scaled = (
        max(round(rows * row_mm / grid.spacing_mm), 1),
        max(round(columns * column_mm / grid.spacing_mm), 1),
    )
    if max(scaled) > MAX_SIDE:
        raise InputError(
            problem=f"The source image is {rows * row_mm / 10:.0f} x {columns * column_mm / 10:.0f}"
            " cm large, if its pixel spacing is right; that is too much.",
            action="Choose a series whose pixel spacing is right.",
        )
    return Fit(scaled, (_padded(scaled[0], grid), _padded(scaled[1], grid)))


def _padded(side: int, grid: ModelGrid) -> int:
    return -(-max(side, MIN_SIDE) // grid.side_multiple) * grid.side_multiple


def to_model_grid(image: Tensor, fit: Fit, outside: float = -1.0) -> Tensor:
    """Scale (1, 1, rows, columns) to the model's pixels and pad with background."""
    if tuple(image.shape[-2:]) != fit.scaled:
        image = F.interpolate(
            image, size=fit.scaled, mode="bilinear", align_corners=False, antialias=True
        )
    top, left = fit.offset
    bottom = fit.padded[0] - fit.scaled[0] - top
    right = fit.padded[1] - fit.scaled[1] - left
    return F.pad(image, (left, right, top, bottom), value=outside)


def from_model_grid(image: Tensor, fit: Fit, rows: int, columns: int) -> Tensor:
    """Cut the padding of (1, channels, ...) and scale back to rows x columns source pixels."""
    top, left = fit.offset
    image = image[..., top : top + fit.scaled[0], left : left + fit.scaled[1]]
    if (rows, columns) == fit.scaled:
        return image
    return F.interpolate(
        image, size=(rows, columns), mode="bicubic", align_corners=False, antialias=True
    ).clamp(-1, 1)
