"""Atomic writes: a file appears complete or not at all, and left-over parts are swept."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from medgan_viewer.errors import InputError

PART_SUFFIX = ".medgan-part"


def write_atomically(path: Path, content: bytes | Callable[[BinaryIO], object]) -> None:
    """Write `content` beside `path`, flush it to the disk, then rename it into place.

    Parameters
    ----------
    path : the file to make or to replace; its folder must exist
    content : the bytes, or a function that writes them into an open binary file

    Raises
    ------
    InputError
        The folder is missing, full or not writable; an older file at `path` is untouched.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}{PART_SUFFIX}")
    try:
        with part.open("wb") as stream:
            if callable(content):
                content(stream)
            else:
                stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise InputError(
            problem=f"{path.name} could not be written in {path.parent}.",
            action="Choose a folder with free space in which you may write.",
            details=f"{type(error).__name__}: {error}",
        ) from error
    finally:
        with contextlib.suppress(OSError):  # gone after the rename, or never made
            part.unlink()


def write_new(
    path: Path, content: bytes | Callable[[BinaryIO], object], *, overwrite: bool
) -> None:
    """Write like `write_atomically`, but refuse to replace a file unless `overwrite`."""
    refuse_existing(path, overwrite=overwrite)
    write_atomically(path, content)


def status_of(path: Path) -> os.stat_result | None:
    """Return what the system says of a path; None when nothing is there.

    Raises
    ------
    InputError
        It may not be looked at; `Path.exists` would let the PermissionError through.
    """
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise InputError(
            problem=f"{path} may not be read.",
            action="Ask for the permission to read it, or choose another place.",
            details=f"{type(error).__name__}: {error}",
        ) from error


def is_there(path: Path) -> bool:
    """Return whether a file or folder can be seen; False also where looking is not allowed."""
    try:
        return status_of(path) is not None
    except InputError:
        return False


def is_file(path: Path) -> bool:
    """Return whether it is a file that can be seen."""
    return is_there(path) and path.is_file()


def is_folder(path: Path) -> bool:
    """Return whether it is a folder that can be seen; it may still refuse to be listed."""
    return is_there(path) and path.is_dir()


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raise InputError when `path` exists and may not be replaced."""
    if not overwrite and status_of(path) is not None:
        raise InputError(
            problem=f"{path} exists already.",
            action="Choose another folder, or add --force to replace it.",
        )


def sweep_parts(folder: Path) -> int:
    """Remove parts that a crash left in `folder`; return how many."""
    count = 0
    for part in folder.glob(f".*{PART_SUFFIX}"):
        part.unlink(missing_ok=True)
        count += 1
    return count


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder for syncing
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
