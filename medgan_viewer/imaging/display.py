"""render_display: a frame and a VOI to exactly the 8-bit image that the screen shows.

Order (PS3.3 C.11, docs/architecture.md): padding mask on stored values, modality transform, one
VOI, polarity of the file once, then the user's inversion and color map, then shutter and overlays.
Color images skip modality and VOI. Screen, thumbnails, exports and `medgan-viewer render` all pass
through here.
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
_BRIGHT = 128  # from here on graphics are black


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
    return automatic_voi(frame)


def automatic_voi(frame: PixelFrame) -> VoiWindow:
    """Return the window over the values of a gray frame that are image.

    Notes
    -----
    Many CTs fill the corners outside the field of view with one low value and do not name it as
    padding. It is left out here, and only here.
    """
    excluded = frame.padding_mask()
    outside = _outside_field_of_view(frame)
    if outside is not None:
        excluded = outside if excluded is None else excluded | outside
    return auto_window(frame.modality_values(), excluded)


def _outside_field_of_view(frame: PixelFrame) -> npt.NDArray[np.bool_] | None:
    if frame.modality != "CT" or frame.padding is not None:
        return None
    corners = frame.stored[[0, 0, -1, -1], [0, -1, 0, -1]]
    if corners.min() != corners.max() or corners[0] != frame.stored.min():
        return None
    outside: npt.NDArray[np.bool_] = frame.stored == corners[0]
    return outside


def render_display(
    frame: PixelFrame,
    voi: Voi,
    *,
    inverted: bool = False,
    colormap: str = "gray",
    region: Region | None = None,
    overlays: bool = False,
) -> DisplayImage:
    """Render a frame, or a part of it, to 8 bit.

    Parameters
    ----------
    voi : window or table, in the unit of the frame's modality values
    inverted : the user's inversion, on top of the file's own polarity
    colormap : a name of imaging.colormaps; gray frames only
    region : the part to render; None renders the whole frame
    overlays : draw the graphics of the file, white on dark and black on bright pixels
    """
    part = _part(region)
    stored = frame.stored[part]
    if frame.is_color:
        shown = np.ascontiguousarray(255 - stored if inverted else stored)
    else:
        shown = _gray_or_mapped(frame, stored, voi, inverted, colormap)
    if frame.hidden is not None:
        shown = _writable(shown)
        shown[frame.hidden.mask()[part]] = frame.hidden_gray
    if overlays and frame.overlay is not None:
        shown = _writable(shown)
        covered = frame.overlay.mask()[part]
        under = shown[covered]
        bright = (under.mean(axis=-1) if shown.ndim == 3 else under) >= _BRIGHT
        shown[covered] = np.where(bright, np.uint8(0), np.uint8(255)).reshape(
            (-1, 1) if shown.ndim == 3 else -1
        )
    return DisplayImage(np.ascontiguousarray(shown))


def _part(region: Region | None) -> tuple[slice, slice]:
    if region is None:
        return slice(None), slice(None)
    return slice(region.row, region.row_end), slice(region.column, region.column_end)


def _writable(shown: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return shown if shown.flags.writeable else shown.copy()


def _gray_or_mapped(
    frame: PixelFrame, stored: npt.NDArray[Any], voi: Voi, inverted: bool, colormap: str
) -> npt.NDArray[np.uint8]:
    """Return a gray frame's part in 8 bit, (rows, columns) or, in colors, (rows, columns, 3)."""
    polarity = frame.inverted != inverted
    padding = frame.padding.mask(stored) if frame.padding is not None else None
    dtype = stored.dtype
    if dtype.kind in "iu" and dtype.itemsize <= 2 and dtype.isnative:
        table = _gray_table(frame.transform, voi, polarity, dtype)
        # The bit pattern of a value, read as unsigned, is its place in the table.
        gray = table[stored.view(f"u{dtype.itemsize}")]
    else:
        gray = _to_8_bit(apply_voi(frame.transform.apply(stored), voi), polarity)
    shown: npt.NDArray[np.uint8] = gray if colormap == "gray" else colormaps.table(colormap)[gray]
    if frame.supplement is not None:
        shown = frame.supplement.over(shown, stored)
    if padding is not None and padding.any():
        shown[padding] = _BACKGROUND  # after the color map, whose first color may be bright
    return shown


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
    if frame.supplement is not None:  # a mean of a gray and a color would be another color
        stored = np.ascontiguousarray(frame.stored[::step, ::step])
    else:
        stored = _mean_of_stored(frame.stored, step)
    if padding is not None and not frame.is_color:
        # A block that is mostly padding stays padding instead of becoming a mixture.
        mostly = block_mean(padding.mask(frame.stored).astype(np.float32), step) >= 0.5
        low = padding.low
        if stored.dtype.kind in "iu":
            low = max(low, np.iinfo(stored.dtype).min)
        stored = np.where(mostly, stored.dtype.type(low), stored)
    return replace(
        frame,
        stored=stored,
        geometry=None,
        spacing=None,
        overlay=None if frame.overlay is None else frame.overlay.reduced(step),
        hidden=None if frame.hidden is None else frame.hidden.reduced(step),
    )


def block_mean(pixels: npt.NDArray[Any], step: int) -> npt.NDArray[Any]:
    """Return the mean of every `step` x `step` block; edge blocks average what they have.

    `pixels` is (rows, columns, ...); with step 1 it is returned as it is, else as float32.
    """
    if step <= 1:
        return pixels
    total = _summed(_summed(pixels, step).swapaxes(0, 1), step).swapaxes(0, 1)
    count = np.outer(_block_lengths(pixels.shape[0], step), _block_lengths(pixels.shape[1], step))
    mean = total / count.reshape(count.shape + (1,) * (pixels.ndim - 2))
    return np.ascontiguousarray(mean)


def _summed(pixels: npt.NDArray[Any], step: int) -> npt.NDArray[np.float32]:
    """Return the sum of every `step` rows, float32; the last may have fewer.

    Whole rows at a time, which takes a fifth of the time of np.add.reduceat: 11 ms for the 13
    megapixels of a mammogram at a step of 4.
    """
    total = pixels[::step].astype(np.float32)
    for offset in range(1, step):
        rows = pixels[offset::step]
        total[: len(rows)] += rows
    return total


def _block_lengths(length: int, step: int) -> npt.NDArray[np.float32]:
    return np.diff(np.append(np.arange(0, length, step), length)).astype(np.float32)


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
