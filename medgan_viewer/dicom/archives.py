"""ZIP archives, read without unpacking: a member has a path below that of its archive.

Only names and sizes are taken from the archive's directory, and both are held against limits before
anything is inflated; bytes are counted while they are. An archive inside an archive stays closed.
"""

import io
import struct
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, cast

from medgan_viewer.dicom.archive_member import ArchiveMember
from medgan_viewer.dicom.hierarchy import SkippedFile
from medgan_viewer.dicom.unreadable import UnreadableError

MAX_ENTRIES = 20_000
MAX_MEMBER_BYTES = 512 << 20
MAX_TOTAL_BYTES = 64 << 30
MAX_RATIO = 250  # of the whole archive; black images alone reach 1000
_RATIO_MATTERS_BYTES = 64 << 20
_MAX_DIRECTORY_BYTES = 8 << 20
_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_END = struct.Struct("<4s4H2LH")  # end of central directory (APPNOTE 4.3.16)
_LONGEST_COMMENT = 65_535
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
# Documents, programs, arrays and networks are ZIP archives too, and nobody looks for images there.
_FOREIGN_NAMES = ("[Content_Types].xml", "META-INF/MANIFEST.MF", "mimetype")
_FOREIGN_ENDS = (".npy", "/data.pkl")


@dataclass(frozen=True, slots=True)
class ArchiveListing:
    """What an archive holds: members to read, and those refused with the reason."""

    members: tuple[Path, ...]
    refused: tuple[SkippedFile, ...]


def is_archive(path: Path) -> bool:
    """Tell whether a file of the disk begins like a ZIP archive; False for a member of one."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) in _STARTS
    except OSError:
        return False


def list_archive(path: Path) -> ArchiveListing:
    """Return the members that may be read.

    Raises
    ------
    UnreadableError
        The archive is damaged, encrypted, beyond the limits, or no place for images.
    OSError
        It cannot be opened.
    """
    entries = _entries(path, *source_stamp(path))
    members: dict[Path, None] = {}
    refused = []
    for entry in entries.values():
        reason = _refusal(entry)
        place = path / entry.filename if not _leads_outside(entry.filename) else path
        if reason:
            refused.append(SkippedFile(place, reason))
        else:
            members[place] = None
    return ArchiveListing(tuple(members), tuple(refused))


def open_source(path: Path) -> BinaryIO:
    """Open a file of the disk, or a member of an archive.

    Raises
    ------
    UnreadableError
        The member is damaged, encrypted or beyond the limits.
    OSError
        There is no such file.
    """
    try:
        return path.open("rb")
    except (NotADirectoryError, FileNotFoundError):
        archive = archive_of(path)
        if archive is None:
            raise
        entries = _entries(archive, *source_stamp(archive))
        entry = entries.get(path.relative_to(archive).as_posix())
        if entry is None:
            raise UnreadableError("is not in its archive") from None
        if reason := _refusal(entry):
            raise UnreadableError(reason) from None
        return cast(BinaryIO, ArchiveMember(archive, entry))


def archive_of(path: Path) -> Path | None:
    """Return the file of which `path` may name a member; None when there is none."""
    for parent in path.parents:
        with suppress(OSError, ValueError):
            if parent.is_file():
                return parent
            if parent.is_dir():
                return None
    return None


def source_stamp(path: Path) -> tuple[int, int]:
    """Return size and modification time (ns) of a file, or of the archive of a member.

    Raises
    ------
    OSError
        There is neither.
    """
    try:
        status = path.stat()
    except (NotADirectoryError, FileNotFoundError):
        archive = archive_of(path)
        if archive is None:
            raise
        status = archive.stat()
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=4)
def _entries(path: Path, _size: int, _mtime_ns: int) -> dict[str, zipfile.ZipInfo]:
    """Return the files of an archive by name; the last of one name counts."""
    with path.open("rb") as stream:
        _check_end(stream)
        with _opened(stream) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    _check(entries)
    return {entry.filename: entry for entry in entries}


def _check_end(stream: BinaryIO) -> None:
    """Refuse a directory that is too large before zipfile reads all of it."""
    size = stream.seek(0, io.SEEK_END)
    start = max(size - _END.size - _LONGEST_COMMENT, 0)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise UnreadableError("is a damaged ZIP archive: it ends before its directory")
    fields = _END.unpack_from(tail, at)
    entries, directory_bytes = fields[4], fields[5]
    if entries > MAX_ENTRIES or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise UnreadableError(
            f"is a ZIP archive of more than {MAX_ENTRIES} files and is not opened; unpack it first"
        )


def _opened(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError) as error:
        raise UnreadableError("is a damaged ZIP archive", repr(error)) from error


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise UnreadableError(f"is a ZIP archive of more than {MAX_ENTRIES} files; unpack it first")
    names = [entry.filename for entry in entries]
    if any(name in _FOREIGN_NAMES for name in names) or (
        names and any(name.endswith(_FOREIGN_ENDS) for name in names)
    ):
        raise UnreadableError("is a document, a program or arrays in a ZIP archive, not DICOM")
    if entries and all(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise UnreadableError("is an encrypted ZIP archive; unpack it with its password first")
    ends = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    if any(start + size > after for (start, size), (after, _) in pairwise(ends)):
        raise UnreadableError("is a damaged ZIP archive: its files lie over each other")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise UnreadableError(
            f"is a ZIP archive of {total >> 30} GiB unpacked and is not opened; unpack it first"
        )
    if total > _RATIO_MATTERS_BYTES and total > MAX_RATIO * max(packed, 1):
        raise UnreadableError(
            f"is a ZIP archive that unpacks to {total // max(packed, 1)} times its size "
            "and is not opened"
        )


def _refusal(entry: zipfile.ZipInfo) -> str:
    """Complete "This file ..." for a member that is not read; empty for the others."""
    if _leads_outside(entry.filename):
        return f"holds a file whose name leads outside of the archive ({entry.filename[:80]!r})"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted; unpack its archive with the password first"
    if entry.compress_type not in _METHODS:
        return f"is compressed by a method that is not read (ZIP method {entry.compress_type})"
    if entry.file_size > MAX_MEMBER_BYTES:
        return f"is larger than {MAX_MEMBER_BYTES >> 20} MiB; unpack its archive first"
    return ""


def _leads_outside(name: str) -> bool:
    parts = name.split("/")
    return (
        any(part in ("", ".", "..") for part in parts)
        or any(character in name for character in "\\\0")
        or ":" in parts[0]
    )
