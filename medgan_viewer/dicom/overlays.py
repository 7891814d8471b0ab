"""Overlays 60xx and display shutters of a frame as masks; never burnt into values.

PS3.3 C.9.2 and C.9.3 (overlay planes), C.7.6.11 and C.7.6.15 (shutters); overlays in the unused
bits of the pixels are retired and still found (PS3.3-2004 C.9.2).
"""

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import integer, number, numbers, texts, words
from medgan_viewer.dicom.codecs import Array
from medgan_viewer.imaging.bit_mask import BitMask

Mask = npt.NDArray[np.bool_]

_GROUPS = range(0x6000, 0x6020, 2)
_ROWS, _COLUMNS, _FRAMES, _ORIGIN, _FIRST_FRAME = 0x0010, 0x0011, 0x0015, 0x0050, 0x0051
_ALLOCATED, _POSITION, _DATA = 0x0100, 0x0102, 0x3000
_WHITE = 0xFFFF  # of a Shutter Presentation Value
UNREADABLE_NOTE = "overlay unreadable"


def overlays_of(
    dataset: Dataset,
    frame_index: int,
    shape: tuple[int, int],
    *,
    is_little_endian: bool,
    pixel_words: Array | None = None,
) -> tuple[BitMask | None, tuple[str, ...]]:
    """Return the overlays of a 0-based frame joined to one mask, None without any, and notes.

    Parameters
    ----------
    shape : rows and columns of the image
    pixel_words : (rows, columns) unsigned, as they stand in the file, for overlays in their unused
        bits; None where a codec has changed them
    """
    covered = np.zeros(shape, np.bool_)
    notes: list[str] = []
    shutter_group = integer(dataset, "ShutterOverlayGroup")
    for group in _GROUPS:
        if group == shutter_group:
            continue
        plane, is_broken = _plane(dataset, group, frame_index, is_little_endian=is_little_endian)
        if is_broken and UNREADABLE_NOTE not in notes:
            notes.append(UNREADABLE_NOTE)
        if plane is not None:
            _lay(covered, plane, _origin(dataset, group))
        elif pixel_words is not None:
            covered |= _embedded(dataset, group, pixel_words)
    return (BitMask.of(covered) if covered.any() else None), tuple(notes)


def shutter_of(
    dataset: Dataset, frame_index: int, shape: tuple[int, int], *, is_little_endian: bool
) -> tuple[BitMask | None, int]:
    """Return where shutters hide the image, None where nowhere, and the gray to show there.

    Notes
    -----
    Of several shapes, only what all of them leave open is shown.
    """
    hidden = np.zeros(shape, np.bool_)
    group = integer(dataset, "ShutterOverlayGroup")
    for name in {shape_name.upper() for shape_name in texts(dataset, "ShutterShape")}:
        if name == "RECTANGULAR":
            hidden |= _outside_rectangle(dataset, shape)
        elif name == "CIRCULAR":
            hidden |= _outside_circle(dataset, shape)
        elif name == "POLYGONAL":
            hidden |= _outside_polygon(dataset, shape)
        elif name == "BITMAP" and group is not None:
            plane, _ = _plane(dataset, group, frame_index, is_little_endian=is_little_endian)
            if plane is not None:
                _lay(hidden, plane, _origin(dataset, group))
    if not hidden.any() or hidden.all():  # a shutter over everything is a mistake of the file
        return None, 0
    value = min(max(number(dataset, "ShutterPresentationValue") or 0, 0), _WHITE)
    return BitMask.of(hidden), round(value * 255 / _WHITE)


def _plane(
    dataset: Dataset, group: int, frame_index: int, *, is_little_endian: bool
) -> tuple[Mask | None, bool]:
    """Return the overlay's own bits for a frame, and whether its data are too short."""
    rows, columns = _integer(dataset, group, _ROWS), _integer(dataset, group, _COLUMNS)
    data = words(dataset, group << 16 | _DATA)
    if not rows or not columns or not data:
        return None, False
    if not isinstance(data, bytes):
        data = np.array(data, np.uint16).astype("<u2").tobytes()
    elif not is_little_endian:  # 16-bit words (OW), their bytes swapped
        data = np.frombuffer(data[: len(data) & ~1], np.uint16).byteswap().tobytes()
    index = 0
    frames = _integer(dataset, group, _FRAMES)
    if frames and frames > 1:
        index = frame_index + 1 - (_integer(dataset, group, _FIRST_FRAME) or 1)
        if not 0 <= index < frames:
            return None, False
    start = index * rows * columns
    if (start + rows * columns) > 8 * len(data):
        return None, True
    first = start // 8
    last = math.ceil((start + rows * columns) / 8)
    bits = np.unpackbits(np.frombuffer(data[first:last], np.uint8), bitorder="little")
    plane = bits[start % 8 :][: rows * columns]
    return plane.view(np.bool_).reshape(rows, columns), False


def _origin(dataset: Dataset, group: int) -> tuple[int, int]:
    """Return the 0-based row and column of the upper left pixel; may lie outside the image."""
    origin = numbers(dataset, group << 16 | _ORIGIN, 2) or (1, 1)
    return int(origin[0]) - 1, int(origin[1]) - 1


def _lay(onto: Mask, plane: Mask, origin: tuple[int, int]) -> None:
    """Add what of `plane` lies inside the image."""
    row, column = origin
    top, left = max(row, 0), max(column, 0)
    bottom = min(row + plane.shape[0], onto.shape[0])
    right = min(column + plane.shape[1], onto.shape[1])
    if top < bottom and left < right:
        onto[top:bottom, left:right] |= plane[
            top - row : bottom - row, left - column : right - column
        ]


def _embedded(dataset: Dataset, group: int, pixel_words: Array) -> Mask:
    """Return the bit of the pixels that an overlay without data of its own names."""
    position = _integer(dataset, group, _POSITION) or 0
    allocated = _integer(dataset, group, _ALLOCATED) or 1
    stored, high_bit = integer(dataset, "BitsStored") or 0, integer(dataset, "HighBit") or 0
    is_unused = position > high_bit or position <= high_bit - stored
    width = 8 * pixel_words.dtype.itemsize
    if allocated <= 1 or not 0 < position < width or not is_unused:
        return np.zeros(pixel_words.shape, np.bool_)
    one = pixel_words.dtype.type(1)
    bit: Mask = ((pixel_words >> pixel_words.dtype.type(position)) & one).astype(np.bool_)
    return bit


def _outside_rectangle(dataset: Dataset, shape: tuple[int, int]) -> Mask:
    rows, columns = np.arange(1, shape[0] + 1), np.arange(1, shape[1] + 1)
    upper = number(dataset, "ShutterUpperHorizontalEdge")
    lower = number(dataset, "ShutterLowerHorizontalEdge")
    left = number(dataset, "ShutterLeftVerticalEdge")
    right = number(dataset, "ShutterRightVerticalEdge")
    above = (rows < (upper or 0)) | (rows > (shape[0] if lower is None else lower))
    beside = (columns < (left or 0)) | (columns > (shape[1] if right is None else right))
    outside: Mask = above[:, np.newaxis] | beside
    return outside


def _outside_circle(dataset: Dataset, shape: tuple[int, int]) -> Mask:
    center = numbers(dataset, "CenterOfCircularShutter", 2)
    radius = number(dataset, "RadiusOfCircularShutter")
    if center is None or not radius or radius < 0:
        return np.zeros(shape, np.bool_)
    rows, columns = np.ogrid[1 : shape[0] + 1, 1 : shape[1] + 1]
    outside: Mask = (rows - center[0]) ** 2 + (columns - center[1]) ** 2 > radius**2
    return outside


def _outside_polygon(dataset: Dataset, shape: tuple[int, int]) -> Mask:
    values = numbers(dataset, "VerticesOfThePolygonalShutter") or ()
    vertices = list(zip(values[::2], values[1::2], strict=False))
    inside = np.zeros(shape, np.bool_)
    if len(vertices) < 3:
        return inside
    for (row_a, column_a), (row_b, column_b) in pairwise([*vertices, vertices[0]]):
        low, high = min(row_a, row_b), max(row_a, row_b)
        for row in range(max(math.ceil(low), 1), min(math.ceil(high), shape[0] + 1)):
            crossing = column_a + (row - row_a) * (column_b - column_a) / (row_b - row_a)
            inside[row - 1, max(math.ceil(crossing) - 1, 0) :] ^= True  # even and odd crossings
    outside: Mask = ~inside
    return outside


def _integer(dataset: Dataset, group: int, element: int) -> int | None:
    return integer(dataset, group << 16 | element)
