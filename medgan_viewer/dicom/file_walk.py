"""walk: files below folders with their stamps, in order of names; links are followed, once."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from medgan_viewer.dicom.hierarchy import SkippedFile
from medgan_viewer.errors import InputError
from medgan_viewer.files import status_of

Stamp = tuple[int, int]  # size in bytes, modification time in ns
_RUN = 512  # files handed out together; a folder may hold a hundred thousand


@dataclass(frozen=True, slots=True)
class Listing:
    """Some files of one folder, in order of names.

    Attributes
    ----------
    folder : absolute
    stamps : by name
    names : all names in the folder; None when only some of its files were asked for
    """

    folder: str
    stamps: dict[str, Stamp]
    names: frozenset[str] | None = None

    def path(self, name: str) -> Path:
        return Path(self.folder, name)


@dataclass
class Seen:
    """Files and folders that a walk has met, by device and number."""

    identities: set[tuple[int, int]] = field(default_factory=set)

    def is_new(self, status: os.stat_result) -> bool:
        """Note a file; False when it was met before, by a link or because it is given twice."""
        identity = (status.st_dev, status.st_ino)
        if not status.st_ino:  # a file system without numbers
            return True
        if identity in self.identities:
            return False
        self.identities.add(identity)
        return True


def walk(paths: Iterable[Path], seen: Seen | None = None) -> Iterator[Listing | SkippedFile]:
    """Walk files and folders; the nesting of folders is limited by the system alone.

    Paths that come out are absolute: decoder processes keep the working folder they started in.

    Raises
    ------
    InputError
        One of `paths` does not exist; nothing has been yielded then.
    """
    given = tuple(path.absolute() for path in paths)
    for path in given:
        if status_of(path) is None and not _is_member(path):
            raise InputError(
                problem=f"{path} does not exist.",
                action="Check the spelling, or that the drive is connected.",
            )
    seen = seen or Seen()
    folder, stamps = "", dict[str, Stamp]()
    for path in given:
        found = _status(path, seen)
        is_file = isinstance(found, os.stat_result) and stat.S_ISREG(found.st_mode)
        if stamps and not (is_file and str(path.parent) == folder):
            yield Listing(folder, stamps)
            stamps = {}
        if isinstance(found, SkippedFile):
            yield found
        elif is_file and found is not None:
            folder = str(path.parent)
            stamps[path.name] = (found.st_size, found.st_mtime_ns)
        elif found is not None:
            yield from _folders(str(path), seen)
    if stamps:
        yield Listing(folder, stamps)


def _is_member(path: Path) -> bool:
    return any(parent.is_file() for parent in path.parents)


def _status(path: Path, seen: Seen) -> os.stat_result | SkippedFile | None:
    """Return what a given path is; None when it was met before."""
    try:
        status = path.stat()
    except OSError as error:
        return SkippedFile(path, f"cannot be opened ({error.strerror or type(error).__name__})")
    return _judged(path, status, seen)


def _judged(
    path: str | Path, status: os.stat_result, seen: Seen
) -> os.stat_result | SkippedFile | None:
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        # A pipe or a device would block the reader.
        return SkippedFile(Path(path), "is neither a file nor a folder")
    return status if seen.is_new(status) else None


def _folders(top: str, seen: Seen) -> Iterator[Listing | SkippedFile]:
    """Walk a folder and those below it, without recursion."""
    waiting: list[Iterator[Listing | SkippedFile | str]] = [_entries(top, seen)]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
        elif isinstance(found, str):
            waiting.append(_entries(found, seen))
        else:
            yield found


def _entries(folder: str, seen: Seen) -> Iterator[Listing | SkippedFile | str]:
    """Yield the files of a folder in runs, and each folder in it, in order of names."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=_name)
    except OSError as error:
        reason = f"cannot be opened ({error.strerror or type(error).__name__})"
        yield SkippedFile(Path(folder), reason)
        return
    names = frozenset(entry.name for entry in entries)
    stamps: dict[str, Stamp] = {}
    for entry in entries:
        try:
            status = entry.stat()
        except OSError as error:
            reason = f"cannot be opened ({error.strerror or type(error).__name__})"
            yield SkippedFile(Path(entry.path), reason)
            continue
        if stat.S_ISREG(status.st_mode):
            if seen.is_new(status):
                stamps[entry.name] = (status.st_size, status.st_mtime_ns)
                if len(stamps) == _RUN:
                    yield Listing(folder, stamps, names)
                    stamps = {}
            continue
        judged = _judged(entry.path, status, seen)
        if stamps and judged is not None:
            yield Listing(folder, stamps, names)
            stamps = {}
        if isinstance(judged, SkippedFile):
            yield judged
        elif judged is not None:
            yield entry.path
    yield Listing(folder, stamps, names)  # also without a file: others may have been here


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
