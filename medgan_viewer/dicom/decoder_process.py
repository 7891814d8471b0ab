"""What runs inside a decoder process: headers and frames, one task after the other.

The process imports pydicom and codecs, never Qt or torch, and is limited in memory, so that a
hostile file ends here. Arrays go back through a block of shared memory that the parent owns: half a
megabyte takes 0.05 ms that way and 1.2 ms through the pipe.
"""

import logging
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from medgan_viewer.dicom.contents import contents_of
from medgan_viewer.dicom.decoder_messages import (
    FrameInArena,
    HeaderOutcome,
    HeaderRecords,
    NeedArena,
    ReadFrame,
    ReadHeaders,
    ReadTags,
    SomeTags,
)
from medgan_viewer.dicom.hierarchy import SkippedFile
from medgan_viewer.dicom.instance_header import read_header
from medgan_viewer.dicom.reader import FrameReader
from medgan_viewer.dicom.tags import read_tags
from medgan_viewer.errors import MedganError, unexpected

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

log = logging.getLogger(__name__)

_ANSWER_INTERVAL_S = 0.02
ROWS_PER_MESSAGE = 1000
MEMORY_LIMIT = 1536 << 20  # beyond what the process uses after its imports


def serve(connection: Connection, memory_limit: int, at_file: "Synchronized[int]") -> None:
    """Answer tasks until the connection closes or None comes.

    ReadHeaders is answered by HeaderRecords, as many as it takes, and `at_file` counts its paths;
    ReadFrame by FrameInArena or a MedganError, with NeedArena before it where the block is too
    small; ReadTags by SomeTags until they are empty, or a MedganError.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    import_codecs()
    limit_memory(memory_limit)
    reader = FrameReader()
    arena = _Arena(connection)
    try:
        connection.send(None)  # ready
        while (task := connection.recv()) is not None:
            if isinstance(task, ReadHeaders):
                _answer_headers(connection, task, at_file)
            elif isinstance(task, ReadTags):
                for answer in _tag_answers(task.path):
                    connection.send(answer)
            else:
                connection.send(_frame_answer(reader, task, arena))
    except (EOFError, OSError):
        return  # the parent is gone
    finally:
        arena.close()


def import_codecs() -> None:
    """Load the codecs now: the first image waits for it otherwise."""
    import imagecodecs

    for name in ("jpeg8_decode", "jpegls_decode", "jpeg2k_decode", "dicomrle_decode"):
        getattr(imagecodecs, name)


def limit_memory(limit: int) -> None:
    """Limit the address space to what is used now and `limit` bytes; no core files. Linux only."""
    if sys.platform != "linux":
        return
    import resource

    used_pages = int(Path("/proc/self/statm").read_text().split()[0])
    ceiling = used_pages * resource.getpagesize() + limit
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer_headers(
    connection: Connection, task: ReadHeaders, at_file: "Synchronized[int]"
) -> None:
    """Send the outcomes together, but none later than a moment after it is there."""
    waiting: list[HeaderOutcome] = []
    sent = time.monotonic()
    for number, path in enumerate(task.paths):
        at_file.value = number  # whoever finds this process dead knows which file it was
        waiting.append(_header_answer(path, follow=task.follow))
        if time.monotonic() - sent > _ANSWER_INTERVAL_S:
            connection.send(HeaderRecords.of(waiting))
            waiting.clear()
            sent = time.monotonic()
    if waiting:
        connection.send(HeaderRecords.of(waiting))


def _header_answer(path: Path, *, follow: bool) -> HeaderOutcome:
    try:
        outcome = read_header(path)
        if follow and isinstance(outcome, SkippedFile):
            return contents_of(path) or outcome
        return outcome
    except Exception as error:  # the process must outlive a bug, and the file must not disappear
        log.exception("a header could not be read")
        return SkippedFile(path, f"could not be read ({type(error).__name__}: {error})")


def _tag_answers(path: Path) -> Iterator[SomeTags | MedganError]:
    try:
        rows = read_tags(path)
    except MedganError as error:
        yield error
        return
    except Exception as error:  # the process must outlive a bug, and the parent must hear of it
        log.exception("the elements of a file could not be read")
        yield unexpected(error)
        return
    for start in range(0, len(rows), ROWS_PER_MESSAGE):
        yield SomeTags(rows[start : start + ROWS_PER_MESSAGE])
    yield SomeTags(())


def _frame_answer(
    reader: FrameReader, task: ReadFrame, arena: "_Arena"
) -> FrameInArena | MedganError:
    try:
        frame = reader.load(task.ref)
        arena.write(frame.stored)
    except MedganError as error:
        return error
    except Exception as error:  # the process must outlive a bug, and the parent must hear of it
        log.exception("a frame could not be read")
        return unexpected(error)
    one_pixel = frame.stored[:1, :1]
    return FrameInArena(
        replace(frame, stored=one_pixel), frame.stored.shape, frame.stored.dtype.str
    )


class _Arena:
    """The process's end of the shared block; asks for a larger one when it must."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._memory: SharedMemory | None = None

    def write(self, array: npt.NDArray[np.generic]) -> None:
        """Copy `array` to the start of the block."""
        if self._memory is None or self._memory.size < array.nbytes:
            self._connection.send(NeedArena(array.nbytes))
            answer = self._connection.recv()
            self.close()
            self._memory = SharedMemory(answer.name)
        shared = np.ndarray(array.shape, array.dtype, self._memory.buf)
        shared[...] = array

    def close(self) -> None:
        if self._memory is not None:
            self._memory.close()
        self._memory = None
