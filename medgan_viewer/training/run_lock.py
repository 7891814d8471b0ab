"""A lock on the folder of a run: two processes must not write the same checkpoint."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from medgan_viewer.errors import InputError

if sys.platform == "win32":
    import msvcrt

    def _lock(stream: BinaryIO) -> None:
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(stream: BinaryIO) -> None:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


log = logging.getLogger(__name__)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's folder; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    InputError
        Another process trains in this folder, or it is not writable.
    """
    try:
        stream = (folder / ".lock").open("ab")
    except OSError as error:
        raise InputError(
            f"The folder {folder} of the run cannot be written ({error.strerror}).",
            "Choose a folder with free space in which you may write.",
        ) from error
    with stream:
        try:
            _lock(stream)
        except (BlockingIOError, PermissionError) as error:
            raise InputError(
                f"Another process trains in {folder}.",
                "Wait until it ends, or give another folder with --out.",
            ) from error
        except OSError as error:
            log.warning("this file system has no locks (%s)", error.strerror)
        yield
