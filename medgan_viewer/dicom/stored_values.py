"""Decoded samples to what a PixelFrame stores: masked gray values, or 8-bit RGB."""

import numpy as np

from medgan_viewer.dicom.codecs import Array
from medgan_viewer.dicom.pixel_layout import PixelLayout
from medgan_viewer.imaging.color import RgbArray, to_8_bit, ybr_to_rgb


def gray_values(samples: Array, layout: PixelLayout, high_bit: int) -> Array:
    """Return the values of the stored bits, in the signedness of the header (PS3.5 8.1.1).

    Unused bits may hold anything, and the precision and sign of a JPEG 2000 or JPEG-LS stream may
    differ from the header's; the header decides.

    Parameters
    ----------
    samples : integers of the container's size, signed or not; or floats, returned as they are
    high_bit : of the stored bits in `samples`; that of the file for native pixels
    """
    if samples.dtype.kind == "f":
        return samples
    container_bits = 8 * samples.dtype.itemsize
    if layout.bits_stored > container_bits:  # a codec may choose 8 bits for 16 allocated ones
        return samples
    kind = "i" if layout.is_signed else "u"
    values: Array = samples.view(f"{kind}{samples.dtype.itemsize}")
    above = container_bits - 1 - high_bit
    unused = container_bits - layout.bits_stored
    if unused == 0:
        return values
    # To the left the bits above fall off, to the right the sign comes in.
    shifted: Array = np.left_shift(values, above)
    np.right_shift(shifted, unused, out=shifted)
    return shifted


def rgb_values(samples: Array, layout: PixelLayout, photometric: str) -> RgbArray:
    """Return (rows, columns, 3) RGB from color samples in the space `photometric`."""
    eight_bit = to_8_bit(samples, min(layout.bits_stored, 8 * samples.dtype.itemsize))
    if photometric.startswith("YBR"):
        return ybr_to_rgb(eight_bit, is_partial_range="PARTIAL" in photometric)
    return eight_bit
