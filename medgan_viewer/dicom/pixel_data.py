"""One frame's samples out of Pixel Data, native or encapsulated; other frames are not touched."""

import math
from dataclasses import replace

import numpy as np
from pydicom.encaps import get_frame

from medgan_viewer.dicom import codecs
from medgan_viewer.dicom.attributes import UNREADABLE, words
from medgan_viewer.dicom.codecs import Array
from medgan_viewer.dicom.dicom_file import (
    INFLATE_LIMIT,
    DicomFile,
    PixelElement,
    UnreadableError,
    inflate,
)
from medgan_viewer.dicom.pixel_layout import PixelLayout, layout_of

_PACKED_BITS = 12


def checked_layout(file: DicomFile, pixels: PixelElement) -> PixelLayout:
    """Return the layout that the pixels really have.

    Raises
    ------
    UnreadableError
        The layout is beyond our limits, the syntax is unknown to us, or native pixels end before
        the last frame does; nothing is filled up.
    """
    layout = layout_of(file.dataset, pixels)
    file.believe_pixels()
    syntax_uid = file.transfer_syntax_uid
    codecs.require_support(syntax_uid)
    if (pixels.length is not None) != (syntax_uid in codecs.NATIVE_SYNTAXES):
        found = "compressed" if pixels.length is None else "not compressed"
        raise UnreadableError(f"says {codecs.syntax_name(syntax_uid)}, but its pixels are {found}")
    if pixels.length is None:
        return layout
    expected = _total_bytes(layout)
    if layout.is_subsampled and pixels.length >= expected * 3 // 2:
        # Files that say 422 and carry every color sample exist.
        layout = replace(layout, photometric=layout.photometric.removesuffix("_422"))
        expected = _total_bytes(layout)
    there = min(pixels.length, file.size - pixels.offset)
    if there < expected:
        raise UnreadableError(f"is truncated: it holds {there} of {expected} bytes of pixel data")
    return layout


def read_samples(
    file: DicomFile, pixels: PixelElement, layout: PixelLayout, frame_index: int
) -> tuple[Array, str]:
    """Read one 0-based frame of a file whose layout was checked.

    Returns
    -------
    samples : (rows, columns) or (rows, columns, 3); unsigned as allocated when native, else as
        the codec chose; unused bits are still there
    photometric : the color space of `samples`

    Raises
    ------
    UnreadableError
        There is no such frame, or its data are damaged.
    """
    if not 0 <= frame_index < layout.frame_count:
        raise UnreadableError(f"has no frame {frame_index + 1}; it has {layout.frame_count}")
    if pixels.length is not None:
        return _native_frame(file, pixels, layout, frame_index), layout.photometric
    data = _encapsulated_frame(file, pixels, layout, frame_index)
    if file.transfer_syntax_uid == codecs.DEFLATED_FRAMES:
        return unpack(inflate(data, INFLATE_LIMIT), layout), layout.photometric
    return codecs.decode(data, file.transfer_syntax_uid, layout)


def unpack(data: bytes, layout: PixelLayout, *, bit_offset: int = 0, order: str = "<") -> Array:
    """Arrange the bytes of one native frame.

    Parameters
    ----------
    bit_offset : bits to pass over in the first byte; frames of single bits start anywhere
    order : "<" or ">", the file's byte order
    """
    rows, columns, samples = layout.rows, layout.columns, layout.samples
    if len(data) * 8 < bit_offset + layout.frame_bits:
        raise UnreadableError("is truncated: a frame is shorter than its rows and columns")
    if layout.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        return bits[bit_offset : bit_offset + rows * columns].reshape(rows, columns)
    if layout.bits_allocated == _PACKED_BITS:
        return _unpack_12_bits(data, bit_offset, rows * columns * samples).reshape(rows, columns)
    kind = "f" if layout.float_bits else "u"
    dtype = np.dtype(f"{order}{kind}{layout.bits_allocated // 8}")
    flat = np.frombuffer(data, dtype, layout.frame_bits // layout.bits_allocated)
    flat = flat.astype(dtype.newbyteorder("="), copy=False)
    if samples == 1:
        return flat.reshape(rows, columns)
    if layout.is_subsampled:  # Y Y Cb Cr for each pair of pixels, whatever the planes (C.7.6.3.1.2)
        if columns % 2:
            raise UnreadableError("gives an odd number of columns for subsampled color")
        pairs = flat.reshape(rows, columns // 2, 4)
        full = np.empty((rows, columns, 3), flat.dtype)
        full[..., 0] = pairs[..., :2].reshape(rows, columns)
        full[..., 1:] = np.repeat(pairs[..., 2:], 2, axis=1)
        return full
    if layout.is_planar:
        return flat.reshape(samples, rows, columns).transpose(1, 2, 0)
    return flat.reshape(rows, columns, samples)


def _unpack_12_bits(data: bytes, bit_offset: int, count: int) -> Array:
    """Return values that follow each other without gaps, the lowest bit first (PS3.5-1993)."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    values = bits[bit_offset : bit_offset + _PACKED_BITS * count].reshape(count, _PACKED_BITS)
    in_words = np.zeros((count, 16), np.uint8)
    in_words[:, :_PACKED_BITS] = values
    return np.packbits(in_words, axis=1, bitorder="little").view("<u2")[:, 0]


def _total_bytes(layout: PixelLayout) -> int:
    return math.ceil(layout.frame_bits * layout.frame_count / 8)


def _native_frame(
    file: DicomFile, pixels: PixelElement, layout: PixelLayout, frame_index: int
) -> Array:
    first_bit = frame_index * layout.frame_bits
    start = first_bit // 8
    end = math.ceil((first_bit + layout.frame_bits) / 8)
    order = "<" if file.is_little_endian else ">"
    # Big-endian files carry 8-bit samples in 16-bit words, their bytes swapped (PS3.5 A.3).
    is_swapped = order == ">" and pixels.vr == "OW" and layout.bits_allocated <= 8
    aligned_start = start & ~1 if is_swapped else start
    aligned_end = end + (end & 1) if is_swapped else end
    file.stream.seek(pixels.offset + aligned_start)
    data = file.stream.read(aligned_end - aligned_start)
    if is_swapped:
        pairs = np.frombuffer(data.ljust(aligned_end - aligned_start, b"\0"), np.uint16)
        data = pairs.byteswap().tobytes()[start - aligned_start : end - aligned_start]
    return unpack(data, layout, bit_offset=first_bit % 8, order=order)


def _encapsulated_frame(
    file: DicomFile, pixels: PixelElement, layout: PixelLayout, frame_index: int
) -> bytes:
    file.stream.seek(pixels.offset)
    offsets = words(file.dataset, "ExtendedOffsetTable")
    lengths = words(file.dataset, "ExtendedOffsetTableLengths")
    table = (
        (offsets, lengths) if isinstance(offsets, bytes) and isinstance(lengths, bytes) else None
    )
    try:
        return get_frame(
            file.stream,
            frame_index,
            extended_offsets=table,
            number_of_frames=layout.frame_count,
        )
    except (StopIteration, *UNREADABLE) as error:
        raise UnreadableError(
            f"is damaged or truncated: frame {frame_index + 1} is not in its pixel data",
            f"{type(error).__name__}: {error}",
        ) from error
