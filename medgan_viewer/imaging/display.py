"""render_display: a frame and a VOI to exactly the 8-bit image that the screen shows.

Order (PS3.3 C.11, docs/architecture.md): padding mask on stored values, modality transform, one
VOI, polarity of the file once, then the user's inversion and color map. Color images skip modality
and VOI. Screen, thumbnails, exports and `medgan-viewer render` all pass through here.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging import colormaps
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.modality import ModalityTransform
from medgan_viewer.imaging.voi import Voi, VoiWindow, apply_voi, auto_window

_BACKGROUND = 0
_BLOCK_ROWS = 32  # of blocks that are averaged together


@dataclass(frozen=True, slots=True)
class Region:
    """Part of an image in 0-based pixel indices, end excluded."""

    row: int
    column: int
    row_end: int
    column_end: int


@dataclass(frozen=True, slots=True, eq=False)
class DisplayImage:
    """What the screen shows: (rows, columns) gray or (rows, columns, 3) RGB, uint8, contiguous."""

    pixels: npt.NDArray[np.uint8]

    @property
    def is_color(self) -> bool:
        return self.pixels.ndim == 3


def default_voi(frame: PixelFrame) -> Voi:
    """Return the file's first view, or the automatic window when it has none."""
    if frame.vois:
        return frame.vois[0]
    if frame.is_color:
        return VoiWindow(127.5, 255)
    return auto_window(frame.modality_values(), frame.padding_mask())


def render_display(
    frame: PixelFrame,
    voi: Voi,
    *,
    inverted: bool = False,
    colormap: str = "gray",
    region: Region | None = None,
) -> DisplayImage:
    """Render a frame, or a part of it, to 8 bit.

    Parameters
    ----------
    voi : window or table, in the unit of the frame's modality values
    inverted : the user's inversion, on top of the file's own polarity
    colormap : a name of imaging.colormaps; gray frames only
    region : the part to render; None renders the whole frame
    """
    stored = frame.stored
    if region is not None:
        stored = stored[region.row : region.row_end, region.column : region.column_end]
    if frame.is_color:
        return DisplayImage(np.ascontiguousarray(255 - stored if inverted else stored))
    polarity = frame.inverted != inverted
    padding = frame.padding.mask(stored) if frame.padding is not None else None
    dtype = stored.dtype
    if dtype.kind in "iu" and dtype.itemsize <= 2 and dtype.isnative:
        table = _gray_table(frame.transform, voi, polarity, dtype)
        # The bit pattern of a value, read as unsigned, is its place in the table.
        gray = table[stored.view(f"u{dtype.itemsize}")]
    else:
        gray = _to_8_bit(apply_voi(frame.transform.apply(stored), voi), polarity)
    shown = gray if colormap == "gray" else colormaps.table(colormap)[gray]
    if padding is not None and padding.any():
        shown[padding] = _BACKGROUND  # after the color map, whose first color may be bright
    return DisplayImage(np.ascontiguousarray(shown))


def reduce_frame(frame: PixelFrame, step: int) -> PixelFrame:
    """Return the frame with every `step` x `step` pixels averaged to one, lest small views alias.

    Averaged in stored values, so that windows can change without averaging again. Geometry is left
    out: the result is for display alone.

    Returns
    -------
    a frame of (ceil(rows / step), ceil(columns / step)) pixels
    """
    if step <= 1:
        return frame
    padding = frame.padding
    stored = _mean_of_stored(frame.stored, step)
    if padding is not None and not frame.is_color:
        # A block that is mostly padding stays padding instead of becoming a mixture.
        mostly = block_mean(padding.mask(frame.stored).astype(np.float32), step) >= 0.5
        low = padding.low
        if stored.dtype.kind in "iu":
            low = max(low, np.iinfo(stored.dtype).min)
        stored = np.where(mostly, stored.dtype.type(low), stored)
    return replace(frame, stored=stored, geometry=None, spacing=None)


def block_mean(pixels: npt.NDArray[Any], step: int) -> npt.NDArray[Any]:
    """Return the mean of every `step` x `step` block; edge blocks average what they have.

    `pixels` is (rows, columns, ...); with step 1 it is returned as it is, else as float32.
    """
    if step <= 1:
        return pixels
    rows, columns = pixels.shape[0] // step, pixels.shape[1] // step  # of whole blocks
    shape = (-(-pixels.shape[0] // step), -(-pixels.shape[1] // step), *pixels.shape[2:])
    mean = np.empty(shape, dtype=np.float32)
    for start in range(0, rows, _BLOCK_ROWS):  # few at a time stay in the processor's cache
        end = min(start + _BLOCK_ROWS, rows)
        part = pixels[start * step : end * step, : columns * step]
        total = np.zeros((part.shape[0], columns, *pixels.shape[2:]), dtype=np.float32)
        for column in range(step):
            total += part[:, column::step]
        by_block = total.reshape(end - start, step, *total.shape[1:])
        mean[start:end, :columns] = by_block.sum(axis=1) / np.float32(step * step)
    if rows < shape[0]:
        mean[rows:] = _edge_mean(pixels[rows * step :], step)
    if columns < shape[1] and rows:
        mean[:rows, columns:] = _edge_mean(pixels[: rows * step, columns * step :], step)
    return mean


def _edge_mean(pixels: npt.NDArray[Any], step: int) -> npt.NDArray[np.float32]:
    """Return the mean of blocks of which some reach beyond the image."""
    rows = np.arange(0, pixels.shape[0], step)
    columns = np.arange(0, pixels.shape[1], step)
    # Sums along rows first: reduceat walks memory in order there.
    total = np.add.reduceat(pixels, columns, axis=1, dtype=np.float32)
    total = np.add.reduceat(total, rows, axis=0)
    heights = np.diff(np.append(rows, pixels.shape[0]))
    widths = np.diff(np.append(columns, pixels.shape[1]))
    count = np.outer(heights, widths).astype(np.float32)
    mean: npt.NDArray[Any] = total / count.reshape(count.shape + (1,) * (pixels.ndim - 2))
    return mean


def _mean_of_stored(stored: npt.NDArray[Any], step: int) -> npt.NDArray[Any]:
    mean = block_mean(stored, step)
    return np.rint(mean).astype(stored.dtype) if stored.dtype.kind in "iu" else mean


@lru_cache(maxsize=32)
def _gray_table(
    transform: ModalityTransform, voi: Voi, polarity: bool, dtype: np.dtype[Any]
) -> npt.NDArray[np.uint8]:
    """Return the gray of every value that an 8- or 16-bit type can hold, by its bit pattern.

    Kept for the next image: while one scrolls or moves a slider the window stays.
    """
    limits = np.iinfo(dtype)
    patterns = np.arange(limits.max - limits.min + 1, dtype=f"u{dtype.itemsize}")
    table = _to_8_bit(apply_voi(transform.apply(patterns.view(dtype)), voi), polarity)
    table.setflags(write=False)
    return table


def _to_8_bit(gray: npt.NDArray[np.float32], polarity: bool) -> npt.NDArray[np.uint8]:
    if polarity:
        gray = np.float32(255) - gray
    return np.rint(np.nan_to_num(gray, copy=False)).astype(np.uint8)
