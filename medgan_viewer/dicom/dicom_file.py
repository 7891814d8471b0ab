"""DicomFile: a file opened, checked and parsed up to its pixels (PS3.10 section 7, PS3.5 annex A).

The preamble and the file meta information are read here and not by pydicom, so that our limits hold
before it sees the file: programs disguised as DICOM are refused, and deflated data are inflated in
steps under a cap.
"""

import io
import os
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from medgan_viewer.dicom.archive_member import ArchiveMember
from medgan_viewer.dicom.archives import open_source
from medgan_viewer.dicom.attributes import UNREADABLE
from medgan_viewer.dicom.foreign_files import foreign_kind, program_kind
from medgan_viewer.dicom.header_elements import read_elements
from medgan_viewer.dicom.stream_syntax import syntax_of_stream
from medgan_viewer.dicom.unreadable import UnreadableError as UnreadableError

INFLATE_LIMIT = 512 << 20
_INFLATED_STEP = 1 << 20
_DEFLATED_STEP = 1 << 16
_MAGIC_END = 132
_STREAM_START = 1 << 16  # bytes in which a frame names its compression
_NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)

_LONG_LENGTH_VRS = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
_UNDEFINED_LENGTH = 0xFFFFFFFF
_FLOAT_BITS = {0x7FE00010: 0, 0x7FE00008: 32, 0x7FE00009: 64}  # by tag of the pixel element
_SOP_CLASS, _TRANSFER_SYNTAX = 0x0002, 0x0010  # elements of group 0002
_ITEM, _DELIMITER = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_TRUNCATED = "is truncated: it ends inside its header"


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixels stand in the stream.

    Attributes
    ----------
    vr : empty in implicit VR
    offset : of the value
    length : None when undefined, as encapsulated pixels are
    float_bits : 0 for integers, else 32 or 64
    """

    vr: str
    offset: int
    length: int | None
    float_bits: int


class DicomFile:
    """A DICOM file that stays open until `close`.

    Attributes
    ----------
    stream : the file, or the inflated bytes of a deflated one
    size : of the stream, in bytes
    transfer_syntax_uid : as stated, or guessed from the first bytes where it is missing
    has_wrong_syntax : `believe_pixels` found another one
    media_sop_class_uid : from the file meta information; may be empty
    dataset : all elements before the pixels, or those asked for
    pixels : None when the file holds none
    """

    has_wrong_syntax = False

    def __init__(
        self, path: Path, tags: Sequence[BaseTag] = (), inflate_limit: int = INFLATE_LIMIT
    ) -> None:
        """Open and parse `path`; with `tags`, only those elements.

        Raises
        ------
        UnreadableError
            It is not a DICOM file, is refused, or ends inside its header.
        OSError
            It cannot be opened.
        """
        self.stream: BinaryIO = open_source(path)
        try:
            self.size = _size_of(self.stream)
            if tags and self._read_quickly(frozenset(tags)):
                return
            meta = self._read_start()
            self.media_sop_class_uid = meta.get(_SOP_CLASS, "")
            self.transfer_syntax_uid = meta.get(_TRANSFER_SYNTAX) or self._guess_syntax()
            if self.transfer_syntax_uid == DeflatedExplicitVRLittleEndian:
                inflated = inflate(self.stream.read(), inflate_limit)
                self.stream.close()
                self.stream, self.size = io.BytesIO(inflated), len(inflated)
            self.is_little_endian = self.transfer_syntax_uid != ExplicitVRBigEndian
            self._is_implicit = self.transfer_syntax_uid == ImplicitVRLittleEndian
            self.dataset: Dataset = self._parse(tags)
            self.pixels: PixelElement | None = self._pixel_element()
        except BaseException:
            self.close()
            raise

    def _read_quickly(self, tags: frozenset[BaseTag]) -> bool:
        """Read an ordinary file without pydicom; else leave the stream at its start."""
        found = read_elements(self.stream, self.size, tags)
        if found is None:
            self.stream.seek(0)
            return False
        self.media_sop_class_uid = found.uids.get(_SOP_CLASS, "")
        self.transfer_syntax_uid = found.uids[_TRANSFER_SYNTAX]
        self.is_little_endian = True
        self._is_implicit = self.transfer_syntax_uid == ImplicitVRLittleEndian
        self.dataset = found.dataset
        self.pixels = None
        if found.pixels is not None:
            vr, offset, length, tag = found.pixels
            self.pixels = PixelElement(vr, offset, length, _FLOAT_BITS[tag])
        return True

    def close(self) -> None:
        self.stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def rest(self) -> Dataset:
        """Parse the elements after the pixels; nothing where there are none that can be read."""
        if self.pixels is None:
            return Dataset()
        end = self._end_of(self.pixels)
        if end is None or end >= self.size:
            return Dataset()
        self.stream.seek(end)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return read_dataset(self.stream, self._is_implicit, self.is_little_endian)
        except UNREADABLE:
            return Dataset()

    def _end_of(self, pixels: PixelElement) -> int | None:
        """Return where the element after the pixels begins; None when the fragments do not end."""
        if pixels.length is not None:
            return pixels.offset + pixels.length
        self.stream.seek(pixels.offset)
        while len(head := self.stream.read(8)) == 8:
            group, element, length = struct.unpack("<HHL", head)
            if (group, element) == _DELIMITER:
                return self.stream.tell()
            if (group, element) != _ITEM or length > self.size - self.stream.tell():
                break
            self.stream.seek(length, os.SEEK_CUR)
        return None

    def _read_start(self) -> dict[int, str]:
        """Return the file meta information; leave the stream at the dataset's first element."""
        start = self.stream.read(_MAGIC_END)
        if not start:
            raise UnreadableError("is empty")
        if start[128:] == b"DICM":
            if kind := program_kind(start):
                raise UnreadableError(f"is {kind} disguised as DICOM and is not opened")
        else:
            # Files of old converters lack the preamble, some lack the file meta information too.
            if not _looks_like_dataset(start, self.size):
                raise UnreadableError(foreign_kind(start))
            self.stream.seek(0)
        return self._read_meta()

    def _read_meta(self) -> dict[int, str]:
        """Return the UIDs of group 0002, which is explicit little endian always."""
        uids: dict[int, str] = {}
        while len(head := self.stream.read(8)) == 8:
            group, element, vr, length = struct.unpack("<HH2sH", head)
            if group != 0x0002:
                self.stream.seek(-8, os.SEEK_CUR)
                return uids
            if vr in _LONG_LENGTH_VRS:
                (length,) = struct.unpack("<L", self.stream.read(4).ljust(4, b"\0"))
            if length > self.size - self.stream.tell():
                break
            if vr == b"UI":
                uids[element] = self.stream.read(length).strip(b"\0 ").decode("latin-1")
            else:
                self.stream.seek(length, os.SEEK_CUR)
        raise UnreadableError("is truncated: it ends inside its file meta information")

    def _guess_syntax(self) -> str:
        start = self.stream.read(8)
        self.stream.seek(-len(start), os.SEEK_CUR)
        if not _is_vr(start[4:6]):
            return str(ImplicitVRLittleEndian)
        # Group 0008 in big endian reads as 0800 in little endian.
        group = int.from_bytes(start[:2], "little")
        return str(ExplicitVRBigEndian if group >= 0x0400 else ExplicitVRLittleEndian)

    def _parse(self, tags: Sequence[BaseTag]) -> Dataset:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what matters is checked by us
                dataset = read_dataset(
                    self.stream,
                    self._is_implicit,
                    self.is_little_endian,
                    stop_when=_at_pixels,
                    specific_tags=list(tags),
                )
        except RecursionError as error:
            raise UnreadableError("holds sequences nested too deeply to be read") from error
        except UNREADABLE as error:
            if self.stream.tell() >= self.size:
                raise UnreadableError(_TRUNCATED, repr(error)) from error
            raise UnreadableError("is damaged: its header cannot be read", repr(error)) from error
        if self.stream.tell() > self.size or _ends_inside_a_value(dataset):
            raise UnreadableError(_TRUNCATED)
        return dataset

    def _pixel_element(self) -> PixelElement | None:
        head = self.stream.read(12)
        if len(head) < 8:
            return None
        order = "<" if self.is_little_endian else ">"
        group, element = struct.unpack(f"{order}HH", head[:4])
        float_bits = _FLOAT_BITS.get(group << 16 | element)
        if float_bits is None:
            return None
        # read_dataset follows files that are implicit although they say explicit, so look again.
        if _is_vr(head[4:6]) and len(head) == 12:
            vr = head[4:6].decode("ascii")
            offset = self.stream.tell()
            (length,) = struct.unpack(f"{order}L", head[8:12])
        else:
            vr, offset = "", self.stream.tell() - len(head) + 8
            (length,) = struct.unpack(f"{order}L", head[4:8])
        if length == _UNDEFINED_LENGTH:
            return PixelElement(vr, offset, None, float_bits)
        return PixelElement(vr, offset, length, float_bits)

    def believe_pixels(self) -> None:
        """Take the transfer syntax of compressed pixels that the file calls native from them."""
        pixels = self.pixels
        if pixels is None or pixels.length is not None or self.transfer_syntax_uid not in _NATIVE:
            return
        self.stream.seek(pixels.offset)
        if found := syntax_of_stream(self.stream.read(_STREAM_START)):
            self.transfer_syntax_uid, self.has_wrong_syntax = found, True


def _size_of(stream: BinaryIO) -> int:
    if isinstance(stream, ArchiveMember):
        return stream.size
    return os.fstat(stream.fileno()).st_size


def inflate(data: bytes, limit: int) -> bytes:
    """Inflate a raw deflate stream (PS3.5 A.5) in steps, so that a bomb stops at `limit` bytes.

    Raises
    ------
    UnreadableError
        The stream is damaged, or larger than `limit`.
    """
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = bytearray()
    try:
        for start in range(0, len(data), _DEFLATED_STEP):
            waiting = data[start : start + _DEFLATED_STEP]
            while waiting and not engine.eof:
                inflated += engine.decompress(waiting, _INFLATED_STEP)
                if len(inflated) > limit:
                    raise UnreadableError(f"inflates to more than {limit} bytes and is not opened")
                waiting = engine.unconsumed_tail
        inflated += engine.flush()
    except zlib.error as error:
        raise UnreadableError("is damaged: it cannot be inflated", str(error)) from error
    return bytes(inflated)


def _at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag in _FLOAT_BITS


def _ends_inside_a_value(dataset: Dataset) -> bool:
    if not dataset:
        return False
    last: object = dataset.get_item(list(dataset.keys())[-1])
    return (
        isinstance(last, RawDataElement)
        and last.length != _UNDEFINED_LENGTH
        and last.length > len(last.value or b"")
    )


def _is_vr(two: bytes) -> bool:
    return len(two) == 2 and two.isalpha() and two.isupper()


def _looks_like_dataset(start: bytes, size: int) -> bool:
    """Tell whether bytes without "DICM" begin with an element of group 0002 or 0008."""
    if len(start) < 16:
        return False
    for order in "<>":
        group, element = struct.unpack(f"{order}HH", start[:4])
        if group not in (0x0002, 0x0008) or element > 0x1200:
            continue
        if _is_vr(start[4:6]):
            return True
        (length,) = struct.unpack(f"{order}L", start[4:8])
        if order == "<" and length < min(size, 1024):
            return True
    return False
