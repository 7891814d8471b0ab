"""DICOMDIR (PS3.10 section 8): the files it names, as a hint of what to read and nothing more.

Each name is looked up below the folder of the DICOMDIR; what leads outside, by its name or by a
link, is refused. Studies and series are taken from the files themselves.
"""

from pathlib import Path

from medgan_viewer.dicom.attributes import items, texts
from medgan_viewer.dicom.dicom_file import DicomFile
from medgan_viewer.dicom.hierarchy import SkippedFile
from medgan_viewer.dicom.unreadable import UnreadableError

MEDIA_DIRECTORY = b"1.2.840.10008.1.3.10"
MAX_RECORDS = 100_000
MAX_REFUSED = 1000
_OUTSIDE = "is named by the DICOMDIR and lies outside of its folder"
_MISSING = "is named by the DICOMDIR and is not there"


def is_media_directory(path: Path) -> bool:
    """Tell whether a file of the disk says in its first bytes that it is a DICOMDIR."""
    try:
        with path.open("rb") as stream:
            return MEDIA_DIRECTORY in stream.read(512)
    except OSError:
        return False


def referenced_files(path: Path) -> tuple[tuple[Path, ...], tuple[SkippedFile, ...]]:
    """Return the files below the folder of a DICOMDIR that it names, and what was refused.

    Raises
    ------
    UnreadableError
        It cannot be read, or names more than MAX_RECORDS files.
    OSError
        It cannot be opened.
    """
    with DicomFile(path) as file:
        records = items(file.dataset, "DirectoryRecordSequence")
        if len(records) > MAX_RECORDS:
            raise UnreadableError(f"is a DICOMDIR of more than {MAX_RECORDS} records")
        names = [texts(record, "ReferencedFileID") for record in records]
    folder = path.parent
    root = folder.resolve()
    known_names: dict[Path, dict[str, str]] = {}
    found: dict[Path, None] = {}
    refused: dict[Path, SkippedFile] = {}
    for parts in filter(None, names):
        if any(part in ("", ".", "..") or set(part) & set("/\\:\0") for part in parts):
            refused.setdefault(path / str(len(refused)), SkippedFile(path, _named_outside(parts)))
            continue
        place = _existing(folder, parts, known_names)
        if place is None:
            missing = folder.joinpath(*parts)
            refused.setdefault(missing, SkippedFile(missing, _MISSING))
        elif not place.resolve().is_relative_to(root):
            refused.setdefault(place, SkippedFile(place, _OUTSIDE))
        else:
            found[place] = None
    return tuple(found), tuple(refused.values())[:MAX_REFUSED]


def _named_outside(parts: tuple[str, ...]) -> str:
    name = "\\".join(parts)[:80]
    return f"names a file outside of its folder, which is not opened ({name!r})"


def _existing(
    folder: Path, parts: tuple[str, ...], known_names: dict[Path, dict[str, str]]
) -> Path | None:
    """Return the file, also where a copied medium has its names in the other case."""
    place = folder
    for part in parts:
        if place not in known_names:
            try:
                known_names[place] = {
                    entry.name.casefold(): entry.name for entry in place.iterdir()
                }
            except OSError:
                known_names[place] = {}
        exact = place / part
        name = known_names[place].get(part.casefold())
        if name is None:
            return None
        place = exact if exact.exists() else place / name
    return place if place.is_file() else None
