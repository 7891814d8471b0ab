"""DecoderProcess: one decoder process as the thread that owns it sees it."""

import multiprocessing
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np

from medgan_viewer.dicom.decoder_messages import (
    FrameInArena,
    HeaderOutcome,
    HeaderRecords,
    NeedArena,
    ReadFrame,
    ReadHeaders,
    ReadTags,
    UseArena,
)
from medgan_viewer.dicom.decoder_process import serve
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.tags import TagRow
from medgan_viewer.errors import MedganError
from medgan_viewer.imaging.frame import PixelFrame

START_TIMEOUT_S = 60.0  # a cold disk under load; the imports take half a second
DEATHS_BEFORE_REST = 3
REST_S = 60.0
_STOPPED = "could not be decoded (the decoder stopped)"
_SMALLEST_ARENA = 8 << 20
_BYTES_PER_S = 20e6  # slowest disk that does not count as a hang


class DecoderStoppedError(Exception):
    """The process died or was killed at a task; `reason` completes "This file ..."."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HeaderStoppedError(DecoderStoppedError):
    """The process died or was killed at the header of `path`."""

    def __init__(self, reason: str, path: Path) -> None:
        super().__init__(reason)
        self.path = path


class DecoderNotReadyError(Exception):
    """The process did not start, which no file is to blame for."""


class DecoderProcess:
    """Starts a process on first use, and again after each death; used by one thread only.

    `abort` alone may be called from another thread.
    """

    def __init__(self, header_timeout_s: float, frame_timeout_s: float, memory_limit: int) -> None:
        self._header_timeout_s = header_timeout_s
        self._frame_timeout_s = frame_timeout_s
        self._memory_limit = memory_limit
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._arena: SharedMemory | None = None
        self._deaths: deque[float] = deque(maxlen=DEATHS_BEFORE_REST)
        self._is_aborted = False
        # Number of the file that the process reads, among the paths of a task.
        self._at_file = multiprocessing.get_context("spawn").Value("q", 0, lock=False)

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None else None

    def rest_s(self) -> float:
        """Return for how long the process stays down after too many deaths; 0 when it may run."""
        if len(self._deaths) < DEATHS_BEFORE_REST:
            return 0.0
        return max(self._deaths[0] + REST_S - time.monotonic(), 0.0)

    def start(self) -> None:
        """Start the process unless it runs, and wait until it is ready.

        Raises
        ------
        DecoderNotReadyError
            The system refused it, it died or hung at its start, or `abort` was called.
        """
        if self._process is not None and self._process.is_alive():
            return
        self.stop()
        if self._is_aborted:
            raise DecoderNotReadyError
        context = multiprocessing.get_context("spawn")
        try:
            self._connection, theirs = context.Pipe()
            process = context.Process(
                target=serve, args=(theirs, self._memory_limit, self._at_file), daemon=True
            )
            process.start()
        except (OSError, RuntimeError) as error:  # no memory, no handles, a main module unguarded
            raise DecoderNotReadyError from error
        self._process = process
        theirs.close()  # so that the death of the process closes the pipe
        try:
            self._receive(START_TIMEOUT_S)
        except DecoderStoppedError as error:
            raise DecoderNotReadyError from error

    def read_headers(self, task: ReadHeaders) -> Iterator[tuple[Path, HeaderOutcome]]:
        """Yield each path with its outcome, in order.

        Raises
        ------
        HeaderStoppedError
            At the path that it names; paths before it may lack their outcome too.
        DecoderNotReadyError
            The process could not be started.
        """
        self.start()
        paths = task.paths
        self._at_file.value = 0
        try:
            self._send(task)
            done = 0
            while done < len(paths):
                self._wait_for_headers(paths)
                answer: HeaderRecords = self._receive(0)
                yield from answer.outcomes(paths[done:])
                done += len(answer.answers)
        except DecoderStoppedError as error:
            raise HeaderStoppedError(error.reason, paths[self._at_file.value]) from error

    def _wait_for_headers(self, paths: tuple[Path, ...]) -> None:
        """Return when an answer is there, or the process is dead; raise when one file hangs."""
        limit_s = self._header_timeout_s
        while not self._is_readable(limit_s):
            at_file = self._at_file.value
            allowed_s = _size_of(paths[at_file]) / _BYTES_PER_S
            if not self._is_readable(allowed_s) and self._at_file.value == at_file:
                raise self._death(f"took longer than {limit_s + allowed_s:.0f} s to read")

    def _is_readable(self, wait_s: float) -> bool:
        try:
            return self._open_connection.poll(wait_s)
        except OSError as error:
            raise self._death(_STOPPED) from error

    def read_frame(self, ref: FrameRef) -> PixelFrame | MedganError:
        """Return the frame, or why there is none.

        Raises
        ------
        DecoderStoppedError
            The process died, or took longer than allowed.
        DecoderNotReadyError
            The process could not be started.
        """
        self.start()
        self._send(ReadFrame(ref))
        deadline = time.monotonic() + self._frame_timeout_s
        while True:
            answer = self._receive(max(deadline - time.monotonic(), 0.0), self._frame_timeout_s)
            if isinstance(answer, NeedArena):
                self._enlarge_arena(answer.size_bytes)
            elif isinstance(answer, FrameInArena):
                return self._frame_from_arena(answer)
            else:
                error: MedganError = answer
                return error

    def read_tags(self, path: Path) -> tuple[TagRow, ...] | MedganError:
        """Return all elements of a file, or why there are none; raises like `read_frame`."""
        self.start()
        self._send(ReadTags(path))
        rows: list[TagRow] = []
        limit_s = self._frame_timeout_s + _size_of(path) / _BYTES_PER_S
        while True:
            answer = self._receive(limit_s)
            if isinstance(answer, MedganError):
                return answer
            if not answer.rows:
                return tuple(rows)
            rows += answer.rows

    def abort(self) -> None:
        """Kill the process for good; whatever it does ends in an error."""
        self._is_aborted = True
        process = self._process
        if process is not None:
            with suppress(ValueError):  # `stop` was faster
                process.kill()

    def stop(self) -> None:
        """End the process and free its memory; `start` may follow."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
            process.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._arena is not None:  # after the process, which may just have opened it
            _remove(self._arena)
            self._arena = None

    def _send(self, message: object) -> None:
        try:
            self._open_connection.send(message)
        except OSError as error:
            raise self._death(_STOPPED) from error

    def _receive(self, wait_s: float, limit_s: float | None = None) -> Any:
        """Return the next message within `wait_s`, which is what is left of `limit_s`."""
        connection = self._open_connection
        try:
            if connection.poll(wait_s):
                return connection.recv()
        except (EOFError, OSError) as error:
            raise self._death(_STOPPED) from error
        raise self._death(f"took longer than {limit_s or wait_s:.0f} s to read")

    @property
    def _open_connection(self) -> Connection:
        if self._connection is None:
            raise ValueError("the process is not running")
        return self._connection

    def _death(self, reason: str) -> DecoderStoppedError:
        """Note a death and clear up after it; the caller raises what comes back."""
        self._deaths.append(time.monotonic())
        self.stop()
        return DecoderStoppedError(reason)

    def _enlarge_arena(self, size_bytes: int) -> None:
        if self._arena is not None:
            _remove(self._arena)
            self._arena = None
        try:
            self._arena = SharedMemory(create=True, size=max(size_bytes, _SMALLEST_ARENA))
        except OSError as error:
            raise self._death("needs more shared memory than the system has") from error
        self._send(UseArena(self._arena.name))

    def _frame_from_arena(self, answer: FrameInArena) -> PixelFrame:
        if self._arena is None:
            raise ValueError("no block of shared memory was given to the process")
        shared = np.ndarray(answer.shape, answer.dtype, self._arena.buf)
        return replace(answer.frame, stored=shared.copy())


def _remove(arena: SharedMemory) -> None:
    arena.close()
    arena.unlink()


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
