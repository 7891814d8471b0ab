"""read_elements: the wanted elements before the pixels, in a fraction of pydicom's time.

It walks ordinary little-endian files and knows most element heads from files before. Anything else
(no preamble, big endian, deflated, odd value representations, a truncated file) it leaves to
pydicom: None means nothing but "not by this way".
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from medgan_viewer.dicom.foreign_files import program_kind
from medgan_viewer.dicom.header_dataset import (
    LENGTH,
    LONG_VRS,
    MOST_HEADS,
    PIXELS,
    STOP,
    TAKE,
    UNDEFINED,
    BeyondError,
    HeaderDataset,
    UnusualError,
    after_items,
    classified,
    encoding_of,
    known_heads,
)

_BLOCK = 16 << 10  # most headers are shorter; what is not wanted is passed over, not read
_LARGEST_SEQUENCE = 16 << 20

_new = tuple.__new__  # a named tuple's own costs three times as much

_META = struct.Struct("<H2sH")


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
    except (UnusualError, struct.error):
        return None


def _meta(data: bytes) -> tuple[dict[int, str], int]:
    """Return the UIDs of group 0002 and where the dataset begins."""
    uids: dict[int, str] = {}
    at = 132
    while data[at : at + 2] == b"\x02\0":
        element, vr, length = _META.unpack_from(data, at + 2)
        start = at + 8
        if vr in LONG_VRS:
            (length,) = LENGTH.unpack_from(data, start)
            start += 4
        at = start + length
        if vr == b"UI":
            uids[element] = data[start:at].strip(b"\0 ").decode("latin-1")
    if at + 8 > len(data):
        raise UnusualError
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
            raise UnusualError

    def dataset(self) -> HeaderDataset:
        return HeaderDataset(
            self._raw, is_implicit=self._is_implicit, encoding=encoding_of(self._raw)
        )

    def run(self, wanted: frozenset[BaseTag]) -> tuple[str, int, int | None, int] | None:
        """Take what is wanted up to the pixels or the end; return where the pixels are."""
        is_implicit = self._is_implicit
        heads = known_heads(wanted, is_implicit)
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
                        raise UnusualError from None
                    data, base, at = self._read(position, _BLOCK), position, 0
                    continue
                known = classified(head, wanted, is_implicit)
                if len(heads) < MOST_HEADS:
                    heads[head] = known
            if isinstance(known, int):
                at += known
                continue
            way, step, tag, vr = known
            if way == TAKE:
                value = data[at + 8 : at + step]
                if len(value) < step - 8:
                    if base + at + step > self._size:
                        raise UnusualError
                    data, base, at = self._read(base + at, step + _BLOCK), base + at, 0
                    continue
                raw[tag] = _new(
                    RawDataElement,
                    (tag, vr, step - 8, value, base + at + 8, is_implicit, True, True, False),
                )
                at += step
            elif way == STOP:
                raise UnusualError
            else:
                start = at + 8 if is_implicit else at + 12
                if start > len(data):
                    if base + start > self._size:
                        raise UnusualError
                    data, base, at = self._read(base + at, _BLOCK), base + at, 0
                    continue
                (length,) = LENGTH.unpack_from(data, start - 4)
                if tag in PIXELS:
                    self._data, self._base = data, base
                    stated = None if length == UNDEFINED else length
                    return vr or "", base + start, stated, int(tag)
                end = start + length
                if length == UNDEFINED:
                    if vr not in ("SQ", None):
                        raise UnusualError
                    data, base, start, after = self._sequence(data, base, start)
                    at, end = after, after - 8
                elif tag not in wanted:
                    at = end
                    continue
                else:
                    if base + end > self._size:
                        raise UnusualError
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
                return data, base, start, after_items(data, start, self._is_implicit, 0)
            except (BeyondError, struct.error) as error:
                is_all = base + len(data) >= self._size
                if is_all or count > _LARGEST_SEQUENCE:
                    raise UnusualError from error
                base, start = base + start, 0
                data = self._read(base, count)
                count *= 4
