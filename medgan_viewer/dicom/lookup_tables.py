"""LUT descriptors and data to arrays: modality and VOI LUTs, plain and segmented palettes.

PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5 and C.7.9.2. LUT data are unsigned always.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import numbers, words
from medgan_viewer.dicom.codecs import Array
from medgan_viewer.dicom.dicom_file import UnreadableError
from medgan_viewer.imaging.color import RgbArray, to_8_bit
from medgan_viewer.imaging.supplement import SupplementalPalette

Entries = npt.NDArray[np.uint16]

_MAX_ENTRIES = 1 << 16
_DISCRETE, _LINEAR, _INDIRECT = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A table as the file describes it.

    Attributes
    ----------
    first_mapped : input that the first entry stands for
    bits : of an entry, as stated
    """

    first_mapped: int
    entries: Entries
    bits: int


def read_lut(
    item: Dataset, descriptor: str, data: str, *, is_signed: bool, is_little_endian: bool
) -> LookupTable | None:
    """Read one table; None when it is missing or broken.

    Parameters
    ----------
    descriptor, data : keywords of the two attributes
    is_signed : the table's input may be negative, whatever VR the descriptor has
    """
    described = numbers(item, descriptor, 3)
    if described is None:
        return None
    count, bits = int(described[0]), int(described[2])
    count = (count & 0xFFFF) or _MAX_ENTRIES
    first_mapped = _first_mapped(described[1], is_signed)
    entries = _entries(words(item, data), count, bits, is_little_endian)
    if entries.size == 0 or not 1 <= bits <= 16:
        return None
    return LookupTable(first_mapped, entries[:count], bits)


def palette_colors(
    dataset: Dataset, indices: Array, *, is_signed: bool, is_little_endian: bool
) -> RgbArray:
    """Return (rows, columns, 3) RGB of a PALETTE COLOR frame.

    Raises
    ------
    UnreadableError
        The palette is missing or broken.
    """
    channels = []
    for table in _palette(dataset, is_signed, is_little_endian):
        index = indices.astype(np.int64) - table.first_mapped
        channels.append(table.entries[np.clip(index, 0, table.entries.size - 1)])
    colors = np.stack(channels, axis=-1)
    # Tables of 8-bit entries may sit in 16-bit words and call themselves 16 bits deep.
    return to_8_bit(colors, 16 if int(colors.max()) > 255 else 8)


def supplement_of(
    dataset: Dataset, *, is_signed: bool, is_little_endian: bool
) -> SupplementalPalette:
    """Return the palette of a gray image whose highest values are colors.

    Raises
    ------
    UnreadableError
        The palette is missing or broken, or its channels do not fit each other.
    """
    channels = _palette(dataset, is_signed, is_little_endian)
    if len({(table.first_mapped, table.entries.size) for table in channels}) > 1:
        raise UnreadableError("has no usable color palette")
    colors = np.stack([table.entries for table in channels], axis=-1)
    depth = 16 if int(colors.max()) > 255 else 8
    return SupplementalPalette(channels[0].first_mapped, to_8_bit(colors, depth))


def _palette(dataset: Dataset, is_signed: bool, is_little_endian: bool) -> list[LookupTable]:
    """Return the tables for red, green and blue; UnreadableError when one is missing."""
    tables = []
    for color in ("Red", "Green", "Blue"):
        table = _palette_channel(dataset, color, is_signed, is_little_endian)
        if table is None or table.entries.size == 0:
            raise UnreadableError("has no usable color palette")
        tables.append(table)
    return tables


def _palette_channel(
    dataset: Dataset, color: str, is_signed: bool, is_little_endian: bool
) -> LookupTable | None:
    descriptor = f"{color}PaletteColorLookupTableDescriptor"
    plain = read_lut(
        dataset,
        descriptor,
        f"{color}PaletteColorLookupTableData",
        is_signed=is_signed,
        is_little_endian=is_little_endian,
    )
    if plain is not None:
        return plain
    described = numbers(dataset, descriptor, 3)
    data = words(dataset, f"Segmented{color}PaletteColorLookupTableData")
    if described is None or not data:
        return None
    bits = int(described[2])
    segments = _words_of(data, bits, is_little_endian)
    return LookupTable(_first_mapped(described[1], is_signed), _expand(segments, bits), bits)


def _first_mapped(stated: float, is_signed: bool) -> int:
    """Read the second value of a descriptor with the sign of its input, whatever VR it has."""
    first_mapped = int(stated) & 0xFFFF
    return first_mapped - 0x10000 if is_signed and first_mapped >= 0x8000 else first_mapped


def _entries(
    data: tuple[int, ...] | bytes, count: int, bits: int, is_little_endian: bool
) -> Entries:
    """Return the entries of a plain table, whether 8-bit ones are packed in bytes or not."""
    if isinstance(data, bytes):
        if bits <= 8 and count <= len(data) < 2 * count:
            return np.frombuffer(data, np.uint8).astype(np.uint16)
        return _words_of(data, 16, is_little_endian)
    values = (np.array(data, dtype=np.int64) & 0xFFFF).astype(np.uint16)
    if bits <= 8 and len(data) < count <= 2 * len(data):  # two entries in each word
        return values.astype("<u2").view(np.uint8).astype(np.uint16)
    return values


def _words_of(data: tuple[int, ...] | bytes, bits: int, is_little_endian: bool) -> Entries:
    if not isinstance(data, bytes):
        return (np.array(data, dtype=np.int64) & 0xFFFF).astype(np.uint16)
    if bits <= 8:
        return np.frombuffer(data, np.uint8).astype(np.uint16)
    dtype = "<u2" if is_little_endian else ">u2"
    return np.frombuffer(data, dtype, len(data) // 2).astype(np.uint16)


def _expand(segments: Entries, bits: int) -> Entries:
    """Expand a segmented table (PS3.3 C.7.9.2).

    Raises
    ------
    UnreadableError
        A segment reaches outside the data, or the table would be too long.
    """
    expanded: list[int] = []
    try:
        _run([int(word) for word in segments], 0, len(segments), expanded, is_bytes=bits <= 8)
    except IndexError as error:
        raise UnreadableError("has a broken segmented color palette", repr(error)) from error
    return np.array(expanded, dtype=np.uint16)


def _run(
    values: list[int],
    position: int,
    segment_limit: int,
    expanded: list[int],
    *,
    is_bytes: bool,
    is_copy: bool = False,
) -> None:
    """Run up to `segment_limit` segments from `position` and append what they stand for."""
    for _ in range(segment_limit):
        if position + 1 >= len(values):  # one value may be padding
            return
        kind, length = values[position], values[position + 1]
        position += 2
        if kind == _DISCRETE:
            expanded.extend(values[position : position + length])
            position += length
        elif kind == _LINEAR:
            steps = np.linspace(expanded[-1], values[position], length + 1)[1:]
            expanded.extend(int(value) for value in np.rint(steps))
            position += 1
        elif kind == _INDIRECT and not is_copy:
            offset, position = _offset(values, position, is_bytes)
            _run(values, offset, length, expanded, is_bytes=is_bytes, is_copy=True)
        else:
            raise IndexError(f"segment type {kind}")
        if len(expanded) > _MAX_ENTRIES:
            raise IndexError(f"more than {_MAX_ENTRIES} entries")


def _offset(values: list[int], position: int, is_bytes: bool) -> tuple[int, int]:
    """Return the offset that an indirect segment names, and the position after it."""
    count, bits = (4, 8) if is_bytes else (2, 16)
    parts = [values[position + i] << (bits * i) for i in range(count)]
    return sum(parts), position + count
