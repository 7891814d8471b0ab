"""Color samples to 8-bit RGB: YBR full and partial range (PS3.3 C.7.6.3.1.2), deeper samples."""

from typing import Any

import numpy as np
import numpy.typing as npt

RgbArray = npt.NDArray[np.uint8]

# ITU-R BT.601; rows give R, G, B from Y, Cb, Cr around zero.
_FULL_RANGE = np.array(
    [
        [1.0, 0.0, 1.402],
        [1.0, -0.114 * 1.772 / 0.587, -0.299 * 1.402 / 0.587],
        [1.0, 1.772, 0.0],
    ],
    dtype=np.float32,
)
# Y from 16 to 235, Cb and Cr from 16 to 240.
_PARTIAL_SCALE = np.array([255 / 219, 255 / 224, 255 / 224], dtype=np.float32)


def to_8_bit(samples: npt.NDArray[Any], bits_stored: int) -> npt.NDArray[np.uint8]:
    """Scale unsigned samples of `bits_stored` bits to 0-255, of the same shape."""
    if bits_stored > 8:
        samples = samples >> (bits_stored - 8)
    return samples.astype(np.uint8)


def ybr_to_rgb(ybr: npt.NDArray[np.uint8], *, is_partial_range: bool = False) -> RgbArray:
    """Convert (..., 3) Y, Cb, Cr to R, G, B.

    Parameters
    ----------
    is_partial_range : YBR_PARTIAL: luminance from 16 to 235; else all 256 steps are used
    """
    centered = ybr.astype(np.float32)
    centered[..., 0] -= 16 if is_partial_range else 0
    centered[..., 1:] -= 128
    if is_partial_range:
        centered *= _PARTIAL_SCALE
    rgb: RgbArray = np.clip(np.rint(centered @ _FULL_RANGE.T), 0, 255).astype(np.uint8)
    return rgb
