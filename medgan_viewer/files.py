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


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raise InputError when `path` exists and may not be replaced."""
    if path.exists() and not overwrite:
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
