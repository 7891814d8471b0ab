"""Tolerant, typed access to DICOM attributes; nothing that a file says is trusted here.

What is absent, empty, or not of the wanted kind comes back as None or as nothing, whatever VR the
file gave it. Everything else in dicom/ gets its values through these functions. A key is a keyword,
or the number of a private tag.
"""

import math
import struct
from functools import cache, lru_cache

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag

from medgan_viewer.dicom.header_dataset import HeaderDataset, one_tag

# Escape sequences and bytes beyond ASCII depend on the character set and are left to pydicom.
_TEXT_VRS = frozenset(
    ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UT")
)
_BINARY_FORMATS = {
    "US": ("H", 2),
    "SS": ("h", 2),
    "UL": ("L", 4),
    "SL": ("l", 4),
    "FL": ("f", 4),
    "FD": ("d", 8),
}
MAX_TEXT = 1024
_SHORT_VALUE = 96  # bytes; those of a series repeat, and what was made of them is kept
# What pydicom raises when a value does not fit its VR, or a sequence is broken.
UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    NotImplementedError,
    ArithmeticError,
    OSError,
    EOFError,
    RecursionError,
    struct.error,
)


def texts(dataset: Dataset, key: str | int) -> tuple[str, ...]:
    """Return the values as texts without padding; empty ones keep their place."""
    if isinstance(dataset, HeaderDataset):
        tag, vr = _tag_and_vr(key)
        raw = dataset.raw.get(tag)
        if raw is None:
            return ()
        if isinstance(raw, RawDataElement) and raw.value and len(raw.value) <= _SHORT_VALUE:
            known = _texts_of(raw.value, raw.VR or vr, raw.is_little_endian)
            if known is not None:
                return known
    values = tuple(_text_of(value) for value in _values(dataset, key))
    return values if any(values) else ()


@lru_cache(maxsize=32_768)
def _texts_of(value: bytes, vr: str, is_little_endian: bool) -> tuple[str, ...] | None:
    """Return what `texts` does of a common value; None leaves it to pydicom."""
    plain = _plain_value(value, vr, is_little_endian)
    if plain is None:
        return None
    parts = plain.split("\\") if isinstance(plain, str) else plain
    found = tuple(_text_of(part) for part in parts)
    return found if any(found) else ()


def text(dataset: Dataset, key: str | int) -> str:
    """Return the value, or several joined by a backslash; empty when there is none.

    The longest that the standard allows for names and descriptions is 324 characters; a list that
    has to lay out millions of them would freeze.
    """
    values = texts(dataset, key)
    found = values[0] if len(values) == 1 else "\\".join(values)
    return found if len(found) <= MAX_TEXT else f"{found[:MAX_TEXT]}…"


def numbers(
    dataset: Dataset, keyword: str | int, count: int | None = None
) -> tuple[float, ...] | None:
    """Return finite numbers; None when one of them is not, or when there are not `count`."""
    found = tuple(_number_of(value) for value in texts(dataset, keyword))
    finite = tuple(value for value in found if value is not None)
    if not finite or len(finite) != len(found) or (count is not None and len(found) != count):
        return None
    return finite


def number(dataset: Dataset, key: str | int) -> float | None:
    """Return the first value as a finite number."""
    found = texts(dataset, key)
    return _number_of(found[0]) if found else None


def integer(dataset: Dataset, keyword: str | int) -> int | None:
    """Return the first value as a whole number; None when it has a fraction."""
    value = number(dataset, keyword)
    return int(value) if value is not None and value == int(value) else None


def items(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """Return the items of a sequence."""
    if isinstance(dataset, HeaderDataset):
        tag = _tag_and_vr(keyword)[0]
        if tag not in dataset.raw:
            return ()
        known = dataset.sequence_items(tag)
        if known is not None:
            return known
    value = _value(dataset, keyword)
    return tuple(value) if isinstance(value, Sequence) else ()


def words(dataset: Dataset, keyword: str | int) -> tuple[int, ...] | bytes:
    """Return a list of integers (US, SS) or the bytes as they stand in the file (OB, OW)."""
    value = _value(dataset, keyword)
    if isinstance(value, bytes):
        return value
    return tuple(int(number) for number in numbers(dataset, keyword) or ())


def _value(dataset: Dataset, key: str | int) -> object:
    tag, vr = _tag_and_vr(key)
    try:
        if tag not in dataset:
            return None
        raw: object = dataset.get_item(tag)
        if isinstance(raw, RawDataElement) and raw.value is not None:
            plain = _plain_value(raw.value, raw.VR or vr, raw.is_little_endian)
            if plain is not None:
                return plain
        return dataset[tag].value
    except UNREADABLE:
        return None


@cache
def _tag_and_vr(key: str | int) -> tuple[BaseTag, str]:
    tag = one_tag(Tag(key))
    return tag, dictionary_VR(tag) if dictionary_has_tag(tag) else ""


def _plain_value(value: bytes, vr: str, is_little_endian: bool) -> str | tuple[float, ...] | None:
    """Convert common values in a fraction of pydicom's time; None leaves it to pydicom."""
    if vr in _TEXT_VRS and value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    if vr in _BINARY_FORMATS:
        code, size = _BINARY_FORMATS[vr]
        order = "<" if is_little_endian else ">"
        return struct.unpack(f"{order}{len(value) // size}{code}", value)
    return None


def _values(dataset: Dataset, key: str | int) -> list[object]:
    value = _value(dataset, key)
    if value is None or isinstance(value, Sequence):
        return []
    if isinstance(value, MultiValue | list | tuple):
        return list(value)
    if isinstance(value, bytes):  # UN, or an unknown VR
        value = value.decode("latin-1")
    return list(value.split("\\")) if isinstance(value, str) else [value]


def _text_of(value: object) -> str:
    try:
        return "" if value is None else str(value).strip(" \0\t\r\n")
    except UNREADABLE:
        return ""


def _number_of(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
