"""read_elements: the wanted elements before the pixels, in a fraction of pydicom's time.

It walks ordinary little-endian files and knows most element heads from files before. Anything else
(no preamble, big endian, deflated, odd value representations, a truncated file) it leaves to
pydicom: None means nothing but "not by this way".
"""

import struct
import warnings
from collections.abc import MutableSequence
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from pydicom.charset import convert_encodings, default_encoding
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, TagType
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from medgan_viewer.dicom.foreign_files import program_kind

_BLOCK = 16 << 10  # most headers are shorter; what is not wanted is passed over, not read
_LARGEST_SEQUENCE = 16 << 20
_DEEPEST = 32
_MOST_HEADS = 50_000

_LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_UNDEFINED = 0xFFFFFFFF
_PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
_CHARACTER_SET = 0x00080005
# Items and delimiters as one little-endian word: element first.
_ITEM, _ITEM_END, _SEQUENCE_END = 0xE000FFFE, 0xE00DFFFE, 0xE0DDFFFE
_DELIMITER_GROUP = 0xFFFE

_META = struct.Struct("<H2sH")
_EXPLICIT = struct.Struct("<HH2sH")
_IMPLICIT = struct.Struct("<HHL")
_LENGTH = struct.Struct("<L")
_WORDS = struct.Struct("<LL")

_new = tuple.__new__  # a named tuple's own costs three times as much

# How to go on after the first eight bytes of an element.
_TAKE, _LONG, _STOP = range(3)
# Bytes to the next element; for what is not passed over with way, tag and VR around them.
_Head = int | tuple[int, int, BaseTag, str | None]
Encoding = str | MutableSequence[str]


class _UnusualError(Exception):
    """The file has something that only pydicom should judge."""


class _BeyondError(Exception):
    """The bytes read so far end before the sequence does."""


class HeaderDataset(Dataset):
    """A dataset whose elements can be had without pydicom's checks.

    Attributes
    ----------
    raw : elements by tag, as they stand in the file or as pydicom converted them since
    """

    def __init__(
        self,
        raw: dict[BaseTag, RawDataElement | DataElement],
        *,
        is_implicit: bool,
        encoding: Encoding,
    ) -> None:
        super().__init__(raw, parent_encoding=encoding)
        self.set_original_encoding(is_implicit, True, encoding)
        # Past pydicom's __setattr__, which looks every name up among the keywords.
        self.__dict__["raw"] = raw
        self.__dict__["_items"] = {}

    raw: dict[BaseTag, RawDataElement | DataElement]
    _items: dict[BaseTag, tuple[Dataset, ...]]

    def __contains__(self, name: TagType) -> bool:
        return _known_tag(name) in self.raw if isinstance(name, str) else super().__contains__(name)

    def sequence_items(self, tag: BaseTag) -> tuple[Dataset, ...] | None:
        """Return the items of a known sequence; None leaves them to pydicom."""
        known = self._items.get(tag)
        if known is not None:
            return known
        element = self.raw.get(tag)
        if not isinstance(element, RawDataElement) or element.VR not in ("SQ", None):
            return None
        if not element.value:
            return None
        encoding = self._read_charset
        try:
            found = _parse_items(element.value, element.is_implicit_VR, encoding)
        except (_UnusualError, _BeyondError, struct.error):
            return None
        self._items[tag] = found
        return found


@dataclass(frozen=True, slots=True)
class Elements:
    """The start of a file.

    Attributes
    ----------
    uids : of the file meta information, by element number
    pixels : VR, offset, length (None when undefined) and tag of the pixel element; None without one
    """

    uids: dict[int, str]
    dataset: HeaderDataset
    pixels: tuple[str, int, int | None, int] | None


def read_elements(stream: BinaryIO, size: int, wanted: frozenset[BaseTag]) -> Elements | None:
    """Read the wanted elements of a file from its first byte on.

    Returns
    -------
    None where pydicom has to read the file; the stream then stands anywhere
    """
    data = stream.read(_BLOCK)
    if data[128:132] != b"DICM" or (data[:4] != b"\0\0\0\0" and program_kind(data)):
        return None
    try:
        uids, start = _meta(data)
        syntax = uids.get(0x0010)
        if syntax in (None, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian):
            return None
        walk = _Walk(stream, size, data, start, is_implicit=syntax == ImplicitVRLittleEndian)
        pixels = walk.run(wanted)
        return Elements(uids, walk.dataset(), pixels)
    except (_UnusualError, struct.error):
        return None


def _meta(data: bytes) -> tuple[dict[int, str], int]:
    """Return the UIDs of group 0002 and where the dataset begins."""
    uids: dict[int, str] = {}
    at = 132
    while data[at : at + 2] == b"\x02\0":
        element, vr, length = _META.unpack_from(data, at + 2)
        start = at + 8
        if vr in _LONG_VRS:
            (length,) = _LENGTH.unpack_from(data, start)
            start += 4
        at = start + length
        if vr == b"UI":
            uids[element] = data[start:at].strip(b"\0 ").decode("latin-1")
    if at + 8 > len(data):
        raise _UnusualError
    return uids, at


class _Walk:
    """One pass over the elements of a file; `data` is the part of it that begins at `base`."""

    def __init__(
        self, stream: BinaryIO, size: int, data: bytes, start: int, *, is_implicit: bool
    ) -> None:
        self._stream = stream
        self._size = size
        self._data = data
        self._base = 0
        self._start = start
        self._is_implicit = is_implicit
        self._raw: dict[BaseTag, RawDataElement | DataElement] = {}
        looks_explicit = all(0x41 <= byte <= 0x5A for byte in data[start + 4 : start + 6])
        if looks_explicit == is_implicit:
            raise _UnusualError

    def dataset(self) -> HeaderDataset:
        return HeaderDataset(
            self._raw, is_implicit=self._is_implicit, encoding=_encoding_of(self._raw)
        )

    def run(self, wanted: frozenset[BaseTag]) -> tuple[str, int, int | None, int] | None:
        """Take what is wanted up to the pixels or the end; return where the pixels are."""
        is_implicit = self._is_implicit
        heads = _heads(wanted, is_implicit)
        raw = self._raw
        data, base, at = self._data, self._base, self._start
        while True:
            head = data[at : at + 8]
            try:
                known = heads[head]
            except KeyError:
                if len(head) < 8:
                    position = base + at
                    if position == self._size:
                        return None
                    if position + 8 > self._size:
                        raise _UnusualError from None
                    data, base, at = self._read(position, _BLOCK), position, 0
                    continue
                known = _classified(head, wanted, is_implicit)
                if len(heads) < _MOST_HEADS:
                    heads[head] = known
            if isinstance(known, int):
                at += known
                continue
            way, step, tag, vr = known
            if way == _TAKE:
                value = data[at + 8 : at + step]
                if len(value) < step - 8:
                    if base + at + step > self._size:
                        raise _UnusualError
                    data, base, at = self._read(base + at, step + _BLOCK), base + at, 0
                    continue
                raw[tag] = _new(
                    RawDataElement,
                    (tag, vr, step - 8, value, base + at + 8, is_implicit, True, True, False),
                )
                at += step
            elif way == _STOP:
                raise _UnusualError
            else:
                start = at + 8 if is_implicit else at + 12
                if start > len(data):
                    if base + start > self._size:
                        raise _UnusualError
                    data, base, at = self._read(base + at, _BLOCK), base + at, 0
                    continue
                (length,) = _LENGTH.unpack_from(data, start - 4)
                if tag in _PIXELS:
                    self._data, self._base = data, base
                    stated = None if length == _UNDEFINED else length
                    return vr or "", base + start, stated, int(tag)
                end = start + length
                if length == _UNDEFINED:
                    if vr not in ("SQ", None):
                        raise _UnusualError
                    data, base, start, after = self._sequence(data, base, start)
                    at, end = after, after - 8
                elif tag not in wanted:
                    at = end
                    continue
                else:
                    if base + end > self._size:
                        raise _UnusualError
                    if end > len(data):
                        data, base, end = (
                            self._read(base + start, length + _BLOCK),
                            base + start,
                            length,
                        )
                        start = 0
                    at = end
                if tag in wanted:
                    raw[tag] = RawDataElement(
                        tag,
                        vr or "SQ",
                        end - start,
                        data[start:end],
                        base + start,
                        is_implicit,
                        True,
                    )

    def _read(self, position: int, count: int) -> bytes:
        self._stream.seek(position)
        return self._stream.read(count)

    def _sequence(self, data: bytes, base: int, start: int) -> tuple[bytes, int, int, int]:
        """Find the end of a sequence of undefined length; return data that hold all of it.

        Returns
        -------
        data, base : as before, or read anew
        start, after : of the first item, and behind the delimiter
        """
        count = 4 * _BLOCK
        while True:
            try:
                return data, base, start, _after_items(data, start, self._is_implicit, 0)
            except (_BeyondError, struct.error) as error:
                is_all = base + len(data) >= self._size
                if is_all or count > _LARGEST_SEQUENCE:
                    raise _UnusualError from error
                base, start = base + start, 0
                data = self._read(base, count)
                count *= 4


@cache
def _heads(_wanted: frozenset[BaseTag] | None, _is_implicit: bool) -> dict[bytes, _Head]:
    """Return the heads seen so far: in a short-form element, eight bytes tell all."""
    return {}


@cache
def one_tag(tag: int) -> BaseTag:
    """Return the same object for the same tag: comparing two costs more than finding one."""
    return BaseTag(tag)


@cache
def _known_tag(keyword: str) -> BaseTag | None:
    tag = tag_for_keyword(keyword)
    return None if tag is None else one_tag(tag)


def _classified(head: bytes, wanted: frozenset[BaseTag] | None, is_implicit: bool) -> _Head:
    """Say how to go on after an element's first eight bytes; `wanted` None takes all."""
    if is_implicit:
        group, element, length = _IMPLICIT.unpack(head)
        vr, is_long = None, length == _UNDEFINED
    else:
        group, element, code, length = _EXPLICIT.unpack(head)
        if code not in _LONG_VRS and code not in _SHORT_VRS:
            return _STOP, 0, one_tag(0), None
        vr, is_long = code.decode("ascii"), code in _LONG_VRS
    tag = one_tag(group << 16 | element)
    if group == _DELIMITER_GROUP or group == 0x0002:
        return _STOP, 0, tag, vr
    if tag in _PIXELS:
        return (_LONG if is_implicit or is_long else _STOP), 0, tag, vr
    if is_long:
        return _LONG, 0, tag, vr
    is_taken = wanted is None or tag in wanted
    return (_TAKE, 8 + length, tag, vr) if is_taken else 8 + length


def _encoding_of(raw: dict[BaseTag, RawDataElement | DataElement]) -> Encoding:
    stated = raw.get(one_tag(_CHARACTER_SET))
    if not isinstance(stated, RawDataElement):
        return default_encoding
    return _encoding(stated.value or b"")


@cache
def _encoding(value: bytes) -> Encoding:
    if not value.isascii():
        raise _UnusualError
    terms = [term.strip(" \0") for term in value.decode("ascii").split("\\")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on misspelled terms, which it reads all the same
            return convert_encodings(terms if len(terms) > 1 else terms[0])
    except LookupError as error:
        raise _UnusualError from error


def _after_items(data: bytes, at: int, is_implicit: bool, depth: int) -> int:
    """Return the offset behind the delimiter of a sequence of undefined length."""
    if depth > _DEEPEST:
        raise _UnusualError
    while True:
        tag, length = _WORDS.unpack_from(data, at)
        at += 8
        if tag == _SEQUENCE_END:
            return at
        if tag != _ITEM:
            raise _UnusualError
        at = _after_elements(data, at, is_implicit, depth) if length == _UNDEFINED else at + length
        if at > len(data):
            raise _BeyondError


def _after_elements(data: bytes, at: int, is_implicit: bool, depth: int) -> int:
    """Return the offset behind the delimiter of an item of undefined length."""
    while True:
        word, length = _WORDS.unpack_from(data, at)
        if word == _ITEM_END:
            return at + 8
        if is_implicit:
            at += 8
        else:
            code = data[at + 4 : at + 6]
            if code in _LONG_VRS:
                (length,) = _LENGTH.unpack_from(data, at + 8)
                at += 12
                if length == _UNDEFINED and code != b"SQ":
                    raise _UnusualError
            elif code in _SHORT_VRS:
                length >>= 16
                at += 8
            else:
                raise _UnusualError
        at = _after_items(data, at, is_implicit, depth + 1) if length == _UNDEFINED else at + length
        if at > len(data):
            raise _BeyondError


def _parse_items(data: bytes, is_implicit: bool, encoding: Encoding) -> tuple[Dataset, ...]:
    """Return the items of a sequence whose value is `data`."""
    items: list[Dataset] = []
    at = 0
    while at < len(data):
        tag, length = _WORDS.unpack_from(data, at)
        at += 8
        if tag == _SEQUENCE_END:
            break
        if tag != _ITEM:
            raise _UnusualError
        if length == _UNDEFINED:
            after = _after_elements(data, at, is_implicit, 0)
            end = after - 8
        else:
            after = end = at + length
        if after > len(data):
            raise _UnusualError
        items.append(_parse_item(data, at, end, is_implicit, encoding))
        at = after
    return tuple(items)


def _parse_item(
    data: bytes, at: int, end: int, is_implicit: bool, encoding: Encoding
) -> HeaderDataset:
    heads = _heads(None, is_implicit)
    raw: dict[BaseTag, RawDataElement | DataElement] = {}
    while at < end:
        head = data[at : at + 8]
        known = heads.get(head)
        if known is None:
            if len(head) < 8:
                raise _UnusualError
            known = _classified(head, None, is_implicit)
            if len(heads) < _MOST_HEADS:
                heads[head] = known
        if isinstance(known, int):
            raise _UnusualError  # all elements of an item are taken
        way, step, tag, vr = known
        if way == _TAKE:
            start, after = at + 8, at + step
            stop = after
        elif way == _STOP or tag in _PIXELS:
            raise _UnusualError
        else:
            start = at + 8 if is_implicit else at + 12
            (length,) = _LENGTH.unpack_from(data, start - 4)
            if length != _UNDEFINED:
                stop = after = start + length
            elif vr not in ("SQ", None):
                raise _UnusualError
            else:
                after = _after_items(data, start, is_implicit, 0)
                stop, vr = after - 8, "SQ"
        if after > end:
            raise _UnusualError
        raw[tag] = RawDataElement(tag, vr, stop - start, data[start:stop], start, is_implicit, True)
        at = after
    own = _encoding_of(raw) if one_tag(_CHARACTER_SET) in raw else encoding
    return HeaderDataset(raw, is_implicit=is_implicit, encoding=own)
