"""Where an export may go: never over a source file, never into a folder of sources."""

from collections.abc import Iterable
from pathlib import Path

from medgan_viewer.errors import InputError
from medgan_viewer.files import is_there, refuse_existing


def check_target(path: Path, *, overwrite: bool, source_paths: Iterable[Path] = ()) -> None:
    """Raise InputError unless a file may be written at `path`.

    Parameters
    ----------
    source_paths : opened files and folders; compared by inode, so that links do not hide them
    """
    refuse_existing(path, overwrite=overwrite)
    for source in source_paths:
        if not is_there(source):
            continue
        if any(is_there(place) and place.samefile(source) for place in (path, *path.parents)):
            raise InputError(
                problem=f"{path.name} would be written among the source images in {source}.",
                action="Choose a folder outside the opened studies.",
            )


def make_folder(folder: Path) -> None:
    """Make a folder for output, with those above it; InputError when that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            problem=f"The folder {folder} could not be made.",
            action="Choose a folder in which you may write.",
            details=f"{type(error).__name__}: {error}",
        ) from error
