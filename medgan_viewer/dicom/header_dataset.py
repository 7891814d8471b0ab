"""HeaderDataset: elements of a header and of its sequences, had without pydicom's checks.

What pydicom alone should judge raises UnusualError, and whoever reads then asks pydicom.
"""

import struct
import warnings
from collections.abc import MutableSequence
from functools import cache

from pydicom.charset import convert_encodings, default_encoding
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, TagType

_DEEPEST = 32
MOST_HEADS = 50_000

LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
UNDEFINED = 0xFFFFFFFF
PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
CHARACTER_SET = 0x00080005
# Items and delimiters as one little-endian word: element first.
_ITEM, _ITEM_END, _SEQUENCE_END = 0xE000FFFE, 0xE00DFFFE, 0xE0DDFFFE
_DELIMITER_GROUP = 0xFFFE

EXPLICIT = struct.Struct("<HH2sH")
IMPLICIT = struct.Struct("<HHL")
LENGTH = struct.Struct("<L")
WORDS = struct.Struct("<LL")

# How to go on after the first eight bytes of an element.
TAKE, LONG, STOP = range(3)
# Bytes to the next element; for what is not passed over with way, tag and VR around them.
Head = int | tuple[int, int, BaseTag, str | None]
Encoding = str | MutableSequence[str]


class UnusualError(Exception):
    """The file has something that only pydicom should judge."""


class BeyondError(Exception):
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
        except (UnusualError, BeyondError, struct.error):
            return None
        self._items[tag] = found
        return found


@cache
def known_heads(_wanted: frozenset[BaseTag] | None, _is_implicit: bool) -> dict[bytes, Head]:
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


def classified(head: bytes, wanted: frozenset[BaseTag] | None, is_implicit: bool) -> Head:
    """Say how to go on after an element's first eight bytes; `wanted` None takes all."""
    if is_implicit:
        group, element, length = IMPLICIT.unpack(head)
        vr, is_long = None, length == UNDEFINED
    else:
        group, element, code, length = EXPLICIT.unpack(head)
        if code not in LONG_VRS and code not in SHORT_VRS:
            return STOP, 0, one_tag(0), None
        vr, is_long = code.decode("ascii"), code in LONG_VRS
    tag = one_tag(group << 16 | element)
    if group == _DELIMITER_GROUP or group == 0x0002:
        return STOP, 0, tag, vr
    if tag in PIXELS:
        return (LONG if is_implicit or is_long else STOP), 0, tag, vr
    if is_long:
        return LONG, 0, tag, vr
    is_taken = wanted is None or tag in wanted
    return (TAKE, 8 + length, tag, vr) if is_taken else 8 + length


def encoding_of(raw: dict[BaseTag, RawDataElement | DataElement]) -> Encoding:
    stated = raw.get(one_tag(CHARACTER_SET))
    if not isinstance(stated, RawDataElement):
        return default_encoding
    return _encoding(stated.value or b"")


@cache
def _encoding(value: bytes) -> Encoding:
    if not value.isascii():
        raise UnusualError
    terms = [term.strip(" \0") for term in value.decode("ascii").split("\\")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on misspelled terms, which it reads all the same
            return convert_encodings(terms if len(terms) > 1 else terms[0])
    except LookupError as error:
        raise UnusualError from error


def after_items(data: bytes, at: int, is_implicit: bool, depth: int) -> int:
    """Return the offset behind the delimiter of a sequence of undefined length."""
    if depth > _DEEPEST:
        raise UnusualError
    while True:
        tag, length = WORDS.unpack_from(data, at)
        at += 8
        if tag == _SEQUENCE_END:
            return at
        if tag != _ITEM:
            raise UnusualError
        at = _after_elements(data, at, is_implicit, depth) if length == UNDEFINED else at + length
        if at > len(data):
            raise BeyondError


def _after_elements(data: bytes, at: int, is_implicit: bool, depth: int) -> int:
    """Return the offset behind the delimiter of an item of undefined length."""
    while True:
        word, length = WORDS.unpack_from(data, at)
        if word == _ITEM_END:
            return at + 8
        if is_implicit:
            at += 8
        else:
            code = data[at + 4 : at + 6]
            if code in LONG_VRS:
                (length,) = LENGTH.unpack_from(data, at + 8)
                at += 12
                if length == UNDEFINED and code != b"SQ":
                    raise UnusualError
            elif code in SHORT_VRS:
                length >>= 16
                at += 8
            else:
                raise UnusualError
        at = after_items(data, at, is_implicit, depth + 1) if length == UNDEFINED else at + length
        if at > len(data):
            raise BeyondError


def _parse_items(data: bytes, is_implicit: bool, encoding: Encoding) -> tuple[Dataset, ...]:
    """Return the items of a sequence whose value is `data`."""
    items: list[Dataset] = []
    at = 0
    while at < len(data):
        tag, length = WORDS.unpack_from(data, at)
        at += 8
        if tag == _SEQUENCE_END:
            break
        if tag != _ITEM:
            raise UnusualError
        if length == UNDEFINED:
            after = _after_elements(data, at, is_implicit, 0)
            end = after - 8
        else:
            after = end = at + length
        if after > len(data):
            raise UnusualError
        items.append(_parse_item(data, at, end, is_implicit, encoding))
        at = after
    return tuple(items)


def _parse_item(
    data: bytes, at: int, end: int, is_implicit: bool, encoding: Encoding
) -> HeaderDataset:
    heads = known_heads(None, is_implicit)
    raw: dict[BaseTag, RawDataElement | DataElement] = {}
    while at < end:
        head = data[at : at + 8]
        known = heads.get(head)
        if known is None:
            if len(head) < 8:
                raise UnusualError
            known = classified(head, None, is_implicit)
            if len(heads) < MOST_HEADS:
                heads[head] = known
        if isinstance(known, int):
            raise UnusualError  # all elements of an item are taken
        way, step, tag, vr = known
        if way == TAKE:
            start, after = at + 8, at + step
            stop = after
        elif way == STOP or tag in PIXELS:
            raise UnusualError
        else:
            start = at + 8 if is_implicit else at + 12
            (length,) = LENGTH.unpack_from(data, start - 4)
            if length != UNDEFINED:
                stop = after = start + length
            elif vr not in ("SQ", None):
                raise UnusualError
            else:
                after = after_items(data, start, is_implicit, 0)
                stop, vr = after - 8, "SQ"
        if after > end:
            raise UnusualError
        raw[tag] = RawDataElement(tag, vr, stop - start, data[start:stop], start, is_implicit, True)
        at = after
    own = encoding_of(raw) if one_tag(CHARACTER_SET) in raw else encoding
    return HeaderDataset(raw, is_implicit=is_implicit, encoding=own)
