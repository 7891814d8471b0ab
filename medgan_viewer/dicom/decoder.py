"""DecoderPool: a queue of headers and frames to read, served by a few decoder processes.

Each process belongs to one thread, which sends it a task, waits for the answer and hands it on. A
file that crashes or hangs its process is named in an error and not tried again; the process is
started anew and everything else in the queue is unaffected.
"""

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from medgan_viewer.dicom.decoder_client import (
    DEATHS_BEFORE_REST,
    REST_S,
    DecoderNotReadyError,
    DecoderProcess,
    DecoderStoppedError,
    HeaderStoppedError,
)
from medgan_viewer.dicom.decoder_messages import HeaderOutcome, ReadFrame, ReadHeaders, Task
from medgan_viewer.dicom.decoder_process import MEMORY_LIMIT
from medgan_viewer.dicom.hierarchy import SkippedFile
from medgan_viewer.dicom.tags import TagRow
from medgan_viewer.errors import CancelledError, InputError, MedganError, unexpected
from medgan_viewer.imaging.frame import PixelFrame

VISIBLE, INFERENCE, THUMBNAIL, HEADERS, PREFETCH = range(5)  # priorities, the first is served first

Headers = tuple[HeaderOutcome, ...]
Tags = tuple[TagRow, ...]
Outcome = PixelFrame | Headers | Tags | MedganError

NOT_READ = "was not read"  # begins the reason of a file that nobody got to look at
_REST_REASON = (
    f"the decoder stopped {DEATHS_BEFORE_REST} times within {REST_S:.0f} s and is not started "
    "again for now"
)

log = logging.getLogger(__name__)


class Ticket:
    """A task in the queue of a pool."""

    def __init__(self, task: Task, deliver: Callable[[Outcome], None]) -> None:
        self.task = task
        self.deliver = deliver
        self.is_cancelled = False

    def cancel(self) -> None:
        """Drop the task; one that already runs is left to finish and its outcome is dropped."""
        self.is_cancelled = True


class DecoderPool:
    """Reads headers and frames in decoder processes; see the module's text.

    Threads start with the first task, processes with it or with `warm_up`. Close it, or use it as
    a context manager.
    """

    def __init__(
        self,
        workers: int = 2,
        *,
        header_timeout_s: float = 2.0,
        frame_timeout_s: float = 10.0,
        memory_limit: int = MEMORY_LIMIT,
    ) -> None:
        """Prepare a pool; the timeouts hold for each file, the limit in bytes for each process."""
        self._processes = tuple(
            DecoderProcess(header_timeout_s, frame_timeout_s, memory_limit) for _ in range(workers)
        )
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._queue: list[tuple[int, int, Ticket]] = []  # priority, order of submission
        self._numbers = itertools.count()
        self._resting: set[DecoderProcess] = set()
        self._guilty: dict[Path, str] = {}
        self._waiting_callers: set[SimpleQueue[Outcome]] = set()
        self._is_closing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def is_closed(self) -> bool:
        return self._is_closing

    def warm_up(self) -> None:
        """Start the processes in the background, so that the first image need not wait for it."""
        self._start_threads()

    def submit(
        self, task: Task, deliver: Callable[[Outcome], None], priority: int = VISIBLE
    ) -> Ticket:
        """Queue a task.

        Parameters
        ----------
        deliver : called once, on a thread of the pool, with a PixelFrame for ReadFrame, a tuple
            in order of the paths for ReadHeaders, one of all elements for ReadTags, or a
            MedganError; it must return soon. Not
            called when the ticket is cancelled or the pool closed.
        priority : VISIBLE ... PREFETCH; equal ones are served in order of submission
        """
        with self._changed:
            if self._is_closing:
                raise pool_closed()
            ticket = Ticket(task, deliver)
            heapq.heappush(self._queue, (priority, next(self._numbers), ticket))
            self._changed.notify_all()
        self._start_threads()
        return ticket

    def run(self, task: Task, priority: int = VISIBLE) -> PixelFrame | Headers | Tags:
        """Wait for a task; never from within `deliver`.

        Raises
        ------
        MedganError
            What `deliver` would have got; CancelledError when the pool is closed meanwhile.
        """
        answers: SimpleQueue[Outcome] = SimpleQueue()
        with self._changed:
            self._waiting_callers.add(answers)
        try:
            self.submit(task, answers.put, priority)
            outcome = answers.get()
        finally:
            with self._changed:
                self._waiting_callers.discard(answers)
        if isinstance(outcome, MedganError):
            raise outcome
        return outcome

    def process_ids(self) -> tuple[int, ...]:
        """Return the processes that run now."""
        return tuple(pid for process in self._processes if (pid := process.pid) is not None)

    def close(self) -> None:
        """Abort what runs, drop what waits, and end all threads and processes."""
        with self._changed:
            self._is_closing = True
            self._queue.clear()
            for caller in self._waiting_callers:
                caller.put(pool_closed())
            self._changed.notify_all()
            threads = tuple(self._threads)
        for process in self._processes:
            process.abort()
        for thread in threads:
            thread.join()

    def _start_threads(self) -> None:
        with self._changed:
            if self._threads or self._is_closing:
                return
            for number, process in enumerate(self._processes, start=1):
                thread = threading.Thread(
                    target=self._serve, args=(process,), name=f"medgan-load-{number}", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def _serve(self, process: DecoderProcess) -> None:
        try:
            with suppress(DecoderNotReadyError):  # the first task will say so
                process.start()
            while (ticket := self._next(process)) is not None:
                self._finish(ticket, self._outcome(process, ticket.task))
        finally:
            process.stop()

    def _next(self, process: DecoderProcess) -> Ticket | None:
        """Wait for the next task; None when the pool closes.

        A process that rests leaves the tasks to the others; when all rest, they take tasks again
        to refuse them.
        """
        with self._changed:
            while not self._is_closing:
                rest_s = process.rest_s()
                (self._resting.add if rest_s else self._resting.discard)(process)
                is_served = not rest_s or len(self._resting) == len(self._processes)
                if not self._queue or not is_served:
                    self._changed.wait(rest_s or None)
                    continue
                ticket = heapq.heappop(self._queue)[2]
                if not ticket.is_cancelled:
                    return ticket
        return None

    def _finish(self, ticket: Ticket, outcome: Outcome) -> None:
        with self._changed:
            is_dropped = self._is_closing or ticket.is_cancelled
        if is_dropped:
            return
        try:
            ticket.deliver(outcome)
        except Exception:  # the thread must outlive a bug in its caller
            log.exception("the outcome of a task could not be delivered")

    def _outcome(self, process: DecoderProcess, task: Task) -> Outcome:
        try:
            if isinstance(task, ReadHeaders):
                return self._headers(process, task)
            if isinstance(task, ReadFrame):
                return self._answer(process, task.ref.path, partial(process.read_frame, task.ref))
            return self._answer(process, task.path, partial(process.read_tags, task.path))
        except DecoderNotReadyError as error:
            return MedganError(
                problem="The process that decodes images could not be started.",
                action="Close other programs to free memory, then start this one again.",
                details=repr(error.__cause__),
            )
        except Exception as error:  # the thread must outlive a bug, and the user must see it
            log.exception("a task of the decoder failed")
            process.stop()  # it may still be sending what nobody reads any more
            return unexpected(error)

    def _answer(self, process: DecoderProcess, path: Path, read: Callable[[], Outcome]) -> Outcome:
        """Return what `read` gives, unless the file has stopped a process, or does so now."""
        if path not in self._guilty:
            if process.rest_s():
                return InputError(
                    problem=f"{path.name} was not decoded: {_REST_REASON}.",
                    action="Wait a minute, then open the image again.",
                )
            try:
                return read()
            except DecoderStoppedError as error:
                self._guilty[path] = error.reason
        return InputError(
            problem=f"{path.name} {self._guilty[path]}.",
            action="Open another image; this file is not tried again until the next start.",
            details=str(path),
        )

    def _headers(self, process: DecoderProcess, task: ReadHeaders) -> Headers:
        paths = task.paths
        outcomes: dict[Path, HeaderOutcome] = {
            path: SkippedFile(path, self._guilty[path]) for path in paths if path in self._guilty
        }
        while waiting := tuple(path for path in dict.fromkeys(paths) if path not in outcomes):
            if process.rest_s():
                reason = f"{NOT_READ}: {_REST_REASON}"
                outcomes |= {path: SkippedFile(path, reason) for path in waiting}
                break
            try:
                for path, outcome in process.read_headers(replace(task, paths=waiting)):
                    outcomes[path] = outcome
            except HeaderStoppedError as error:
                self._guilty[error.path] = error.reason
                outcomes[error.path] = SkippedFile(error.path, error.reason)
        return tuple(outcomes[path] for path in paths)


def pool_closed() -> CancelledError:
    """Return the error of whoever still wants something from a closed pool."""
    return CancelledError(
        problem="The decoder was closed before the file was read.",
        action="Open the file again.",
    )
