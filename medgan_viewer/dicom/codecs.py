"""Compressed frames to arrays, by transfer syntax (PS3.5 8.2).

imagecodecs decodes all of them: pydicom's plug-ins refuse 12-bit JPEG unless a GPL codec is there,
and GDCM, their first choice, aborted on 0.6 % of damaged frames (python-gdcm 3.2.6).
"""

import itertools
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.uid import UID

from medgan_viewer.dicom.dicom_file import UnreadableError
from medgan_viewer.dicom.pixel_layout import PixelLayout

Array = npt.NDArray[Any]

NATIVE_SYNTAXES = frozenset(
    (
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2",
    )
)
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
_JPEG_LOSSY = frozenset(
    (
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.53",
        "1.2.840.10008.1.2.4.55",
    )
)
_JPEG_LOSSLESS = frozenset(("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"))
_JPEG_LS = frozenset(("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"))
_JPEG_2000 = frozenset(  # the last three are High-Throughput JPEG 2000
    (
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.4.201",
        "1.2.840.10008.1.2.4.202",
        "1.2.840.10008.1.2.4.203",
    )
)
_RLE = "1.2.840.10008.1.2.5"
_RLE_HEADER_BYTES = 64
_COMPRESSED = _JPEG_LOSSY | _JPEG_LOSSLESS | _JPEG_LS | _JPEG_2000 | {_RLE, DEFLATED_FRAMES}
_VIDEO_NAMES = ("MPEG", "HEVC", "SMPTE")


def require_support(syntax_uid: str) -> None:
    """Raise UnreadableError, naming the syntax, when nothing here decodes it."""
    if syntax_uid in NATIVE_SYNTAXES or syntax_uid in _COMPRESSED:
        return
    name = syntax_name(syntax_uid)
    if any(part in name for part in _VIDEO_NAMES):
        raise UnreadableError(f"is a video ({name}), which is not supported")
    raise UnreadableError(f"is compressed with {name}, which is not supported")


def is_always_lossy(syntax_uid: str) -> bool:
    """Tell whether no image in this syntax can be lossless."""
    return syntax_uid in _JPEG_LOSSY


def keeps_words(syntax_uid: str) -> bool:
    """Tell whether decoded samples are the words of the file, unused bits and all."""
    return syntax_uid in NATIVE_SYNTAXES or syntax_uid in (_RLE, DEFLATED_FRAMES)


def syntax_name(syntax_uid: str) -> str:
    """Return the standard's name of a transfer syntax, or the UID where there is none."""
    if syntax_uid == DEFLATED_FRAMES:  # younger than pydicom's dictionary
        return "Deflated Image Frame Compression"
    return UID(syntax_uid).name


def decode(data: bytes, syntax_uid: str, layout: PixelLayout) -> tuple[Array, str]:
    """Decode one compressed frame.

    Returns
    -------
    samples : (rows, columns) or (rows, columns, 3), in the integer type the codec chose
    photometric : the color space of `samples`, which need not be the one the file states

    Raises
    ------
    UnreadableError
        The data are damaged, or decode to another shape than the header gives.
    """
    require_support(syntax_uid)
    try:
        samples, photometric = _decoder_of(syntax_uid)(data, layout)
    except (RuntimeError, ValueError, TypeError, OverflowError) as error:
        raise UnreadableError(
            f"could not be decoded ({syntax_name(syntax_uid)})", f"{type(error).__name__}: {error}"
        ) from error
    expected = (layout.rows, layout.columns) + ((3,) if layout.samples == 3 else ())
    if samples.shape != expected:
        raise UnreadableError(
            f"could not be decoded ({syntax_name(syntax_uid)}): the frame is "
            f"{_size_text(samples.shape)}, the header says {_size_text(expected)}"
        )
    return samples, photometric


def _decoder_of(syntax_uid: str) -> Callable[[bytes, PixelLayout], tuple[Array, str]]:
    if syntax_uid in _JPEG_LOSSY or syntax_uid in _JPEG_LOSSLESS:
        return _decode_jpeg
    if syntax_uid in _JPEG_LS:
        return _decode_jpeg_ls
    if syntax_uid in _JPEG_2000:
        return _decode_jpeg_2000
    return _decode_rle


def _decode_jpeg(data: bytes, layout: PixelLayout) -> tuple[Array, str]:
    import imagecodecs

    if layout.samples == 1:
        return imagecodecs.jpeg8_decode(data), layout.photometric
    # Naming one space on both sides keeps libjpeg from converting: files label their color wrongly,
    # and the decision is ours.
    samples = imagecodecs.jpeg8_decode(data, colorspace="RGB", outcolorspace="RGB")
    return samples, _jpeg_color_space(data, layout.photometric)


def _decode_jpeg_ls(data: bytes, layout: PixelLayout) -> tuple[Array, str]:
    import imagecodecs

    return imagecodecs.jpegls_decode(data), layout.photometric


def _decode_jpeg_2000(data: bytes, layout: PixelLayout) -> tuple[Array, str]:
    import imagecodecs

    # OpenJPEG for both: OpenJPH 0.26 wraps where lossy color goes beyond 255.
    samples = imagecodecs.jpeg2k_decode(data, planar=False)
    # The codec has undone its own color transform (PS3.5 8.2.4).
    is_rgb = layout.photometric in ("YBR_ICT", "YBR_RCT")
    return samples, "RGB" if is_rgb else layout.photometric


def _decode_rle(data: bytes, layout: PixelLayout) -> tuple[Array, str]:
    import imagecodecs

    if layout.bits_allocated == 1:
        return _decode_rle_bits(data, layout), layout.photometric
    if layout.bits_allocated % 8:
        raise ValueError(f"{layout.bits_allocated} bits to a sample")
    size = layout.bits_allocated // 8
    _require_rle_header(data, layout.samples * size)
    flat = np.frombuffer(imagecodecs.dicomrle_decode(data, f"<u{size}"), f"<u{size}")
    # As many values as pixels, or reshaping refuses; color comes plane by plane.
    planes = flat.reshape(layout.samples, layout.rows, layout.columns)
    samples = planes[0] if layout.samples == 1 else planes.transpose(1, 2, 0)
    return samples, layout.photometric


def _decode_rle_bits(data: bytes, layout: PixelLayout) -> Array:
    """Return (rows, columns) of 0 and 1 from one segment of packed bits."""
    import imagecodecs

    _require_rle_header(data, 1)
    packed = np.frombuffer(imagecodecs.dicomrle_decode(data, "<u1"), np.uint8)
    bits = np.unpackbits(packed, bitorder="little")
    return bits[: layout.rows * layout.columns].reshape(layout.rows, layout.columns)


def _require_rle_header(data: bytes, segment_count: int) -> None:
    """Check the segments of PS3.5 G.5; imagecodecs 2026.3.6 reads wherever they point.

    Raises
    ------
    ValueError
        Their number is wrong, or their offsets do not go up inside the frame.
    """
    if len(data) <= _RLE_HEADER_BYTES:
        raise ValueError("a frame without segments")
    count, *offsets = struct.unpack_from("<16L", data)
    if count != segment_count:
        raise ValueError(f"{count} segments instead of {segment_count}")
    bounds = [_RLE_HEADER_BYTES - 1, *offsets[:count], len(data)]
    if any(after <= before for before, after in itertools.pairwise(bounds)):
        raise ValueError("segments outside the frame")


def _jpeg_color_space(data: bytes, stated: str) -> str:
    """Return the color space of a JPEG stream: its own word counts more than the header's.

    The Adobe marker and component names "RGB" are explicit; a JFIF marker means YCbCr by
    definition. Without any of them the header is believed.
    """
    position = 2
    is_jfif = False
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : position + 2 + length]
        if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            return "RGB" if body[11] == 0 else "YBR_FULL"
        is_jfif = is_jfif or (marker == 0xE0 and body.startswith(b"JFIF"))
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # start of frame
            if bytes(body[6::3]) in (b"RGB", b"rgb"):
                return "RGB"
            break
        position += 2 + length
    if is_jfif:
        return "YBR_FULL"
    return stated


def _size_text(shape: tuple[int, ...]) -> str:
    color = " in color" if len(shape) == 3 else ""
    return " × ".join(str(side) for side in shape[:2]) + color
