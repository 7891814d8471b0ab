"""read_tags: every element of a DICOM file as rows of plain text, for the tag browser.

Runs in a decoder process. Long values are cut and large ones only measured; nothing of a value is
interpreted beyond its VR. Sequences stand before their items, items before their elements.
"""

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom.datadict import (
    dictionary_description,
    dictionary_has_tag,
    dictionary_VR,
    private_dictionary_description,
)
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

from medgan_viewer.dicom.attributes import UNREADABLE
from medgan_viewer.dicom.dicom_file import DicomFile, PixelElement, UnreadableError
from medgan_viewer.dicom.tag_privacy import may_identify
from medgan_viewer.errors import InputError

MAX_ROWS = 50_000
MAX_TEXT = 1024  # characters of one value
MAX_ALL_TEXT = 16 << 20  # characters of all values
MAX_DEPTH = 64  # sequences and items inside each other, counted together
MAX_VALUES = 64
MAX_HASHED = 256 << 20  # bytes of pixels that are read to compare them
HASH_STEP = 1 << 20
_PREVIEW_BYTES = 16
_META_GROUP = 0x0002
_META_START = 132
_PIXEL_TAGS = {0: 0x7FE00010, 32: 0x7FE00008, 64: 0x7FE00009}
_BYTE_VRS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))


@dataclass(frozen=True, slots=True)
class TagRow:
    """One element, or one item of a sequence.

    Attributes
    ----------
    depth : 0 for an element of the file itself, 1 for an item of its sequences, and so on
    key : tells it from its siblings, in any file: private ones by creator, items by number
    tag : "(0008,0060)"; empty for an item
    name : of the dictionary; of private ones with their creator in front
    vr : of the file, else of the dictionary
    value : as text of one line, cut where it is long
    digest : of the whole value where `value` shows only a part of it
    may_identify : the value could lead to the patient
    is_compared : False where the value was too large to be read
    """

    depth: int
    key: str
    tag: str
    name: str
    vr: str
    value: str
    digest: str = ""
    may_identify: bool = False
    is_compared: bool = True


def read_tags(path: Path) -> tuple[TagRow, ...]:
    """Return all elements of a file, in its order.

    Raises
    ------
    InputError
        It is not a DICOM file, is damaged or cannot be opened.
    """
    rows: list[TagRow] = []
    room = MAX_ALL_TEXT
    try:
        for row in _rows_of_file(path):
            room -= len(row.value)
            if len(rows) >= MAX_ROWS or room < 0:
                rows.append(_remark("the file holds more; the rest is not shown"))
                break
            rows.append(row)
    except UnreadableError as error:
        raise InputError(
            problem=f"{path.name} {error.reason}.",
            action="Choose another file, or ask for this one again.",
            details=f"{path}. {error.details}".strip(),
        ) from error
    except (OSError, MemoryError) as error:
        raise InputError(
            problem=f"{path.name} cannot be read.",
            action="Check that the file is still there and that you may read it.",
            details=f"{path}: {error!r}",
        ) from error
    return tuple(rows)


def _rows_of_file(path: Path) -> Iterator[TagRow]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's, on values that break their VR
        with DicomFile(path) as file:
            with path.open("rb") as stream:
                yield from _rows_of(_meta_of(stream), 0)
            yield from _rows_of(file.dataset, 0)
            if file.pixels is not None:
                yield _pixel_row(file, file.pixels)
                yield from _rows_of(file.rest(), 0)


def _meta_of(stream: BinaryIO) -> Dataset:
    """Return group 0002, which is explicit little endian always; empty where there is none."""
    if stream.read(_META_START)[128:] != b"DICM":
        stream.seek(0)
    try:
        return read_dataset(stream, False, True, stop_when=_is_after_meta)
    except UNREADABLE:
        return Dataset()


def _is_after_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag.group != _META_GROUP


def _rows_of(dataset: Dataset, depth: int) -> Iterator[TagRow]:
    for tag in sorted(dataset.keys()):
        element = _element_of(dataset, tag)
        creator = _creator_of(dataset, tag)
        name = _name_of(tag, creator)
        key = f"{tag:08X}"
        if tag.is_private and creator:
            key = f"{tag.group:04X}[{creator}]{tag.element & 0xFF:02X}"
        yield _element_row(depth, tag, key, name, element)
        value = element.value if isinstance(element, DataElement) else None
        if not isinstance(value, Sequence):
            continue
        if depth + 2 >= MAX_DEPTH:
            yield _remark("nested deeper than this program follows", depth + 1)
            continue
        for number, item in enumerate(value, start=1):
            yield TagRow(depth + 1, f"#{number}", "", f"Item {number}", "", "")
            yield from _rows_of(item, depth + 2)


def _element_of(dataset: Dataset, tag: BaseTag) -> DataElement | RawDataElement:
    """Return the element converted by its VR; as it stands in the file where that fails."""
    raw = dataset.get_item(tag)
    try:
        return dataset[tag]
    except UNREADABLE:
        return raw


def _creator_of(dataset: Dataset, tag: BaseTag) -> str:
    """Return who reserved the block of a private element (PS3.5 7.8.1); empty where nobody did."""
    if not tag.is_private or tag.is_private_creator:
        return ""
    creator = Tag(tag.group, tag.element >> 8)
    if creator not in dataset:
        return ""
    return _one_line(str(getattr(_element_of(dataset, creator), "value", "") or ""))[:64]


def _name_of(tag: BaseTag, creator: str) -> str:
    if tag.is_private_creator:
        return "Private creator"
    if tag.is_private:
        try:
            described = private_dictionary_description(tag, creator)
        except KeyError:
            described = "Private element"
        return f"[{creator}] {described}" if creator else "Private element, creator unknown"
    if tag.element == 0:
        return "Group length"
    return dictionary_description(tag) if dictionary_has_tag(tag) else "Not in the dictionary"


def _element_row(
    depth: int, tag: BaseTag, key: str, name: str, element: DataElement | RawDataElement
) -> TagRow:
    value = element.value
    vr = str(element.VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"))
    digest = ""
    if isinstance(value, Sequence):
        count = len(value)
        text = f"{count} item{'' if count == 1 else 's'}"
    elif isinstance(value, bytes):
        text, digest = _text_of_bytes(value)
        if isinstance(element, RawDataElement) and vr not in _BYTE_VRS:
            text = f"not valid for {vr}: {text}"
    else:
        text, digest = _text_of(value)
    if vr == "UI" and text and (known := UID(text).name) != text:
        text = f"{text} ({known})"
    return TagRow(
        depth,
        key,
        _tag_text(tag),
        name,
        vr,
        text,
        digest,
        bool(text) and may_identify(tag, vr, text),
    )


def _text_of(value: object) -> tuple[str, str]:
    """Return a value as one line of text, and a digest of all of it where that is only a part."""
    values = list(value) if isinstance(value, MultiValue | list | tuple) else [value]
    try:
        parts = ["" if one is None else str(one) for one in values]
    except UNREADABLE:
        return "cannot be read", ""
    text = "\\".join(parts)
    shown = _one_line("\\".join(parts[:MAX_VALUES])[:MAX_TEXT])
    if len(parts) <= MAX_VALUES and len(text) <= MAX_TEXT:
        return shown, ""
    more = f"{len(parts)} values" if len(parts) > 1 else f"{len(text)} characters"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{shown} … ({more})", digest


def _text_of_bytes(value: bytes) -> tuple[str, str]:
    if len(value) <= _PREVIEW_BYTES:
        return value.hex(" "), ""
    preview = value[:_PREVIEW_BYTES].hex(" ")
    return f"{preview} … ({len(value)} bytes)", hashlib.sha256(value).hexdigest()


def _one_line(text: str) -> str:
    """Return `text` with everything visible that would break a line or turn its direction."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _picture_of(one) for one in text)


def _picture_of(character: str) -> str:
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else f"<U+{code:04X}>"


def _tag_text(tag: BaseTag) -> str:
    return f"({tag.group:04X},{tag.element:04X})"


def _pixel_row(file: DicomFile, pixels: PixelElement) -> TagRow:
    tag = Tag(_PIXEL_TAGS[pixels.float_bits])
    length = file.size - pixels.offset if pixels.length is None else pixels.length
    kind = "compressed" if pixels.length is None else "not compressed"
    is_read = length <= MAX_HASHED
    return TagRow(
        depth=0,
        key=f"{tag:08X}",
        tag=_tag_text(tag),
        name=dictionary_description(tag),
        vr=pixels.vr or "OW",
        value=f"{length} bytes, {kind}",
        digest=_digest_at(file.stream, pixels.offset, length) if is_read else "",
        is_compared=is_read,
    )


def _digest_at(stream: BinaryIO, offset: int, length: int) -> str:
    place = stream.tell()
    stream.seek(offset)
    digest = hashlib.sha256()
    while length > 0 and (part := stream.read(min(length, HASH_STEP))):
        digest.update(part)
        length -= len(part)
    stream.seek(place)
    return digest.hexdigest()


def _remark(text: str, depth: int = 0) -> TagRow:
    return TagRow(depth, "remark", "", f"… {text}", "", "")
