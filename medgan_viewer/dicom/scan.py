"""Finds the DICOM images in files and folders, by content and not by name.

Headers are read in chunks by the decoder pool, so results come in while the folders are still being
walked; whatever shows no image comes back with the reason.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from medgan_viewer.dicom.decoder import HEADERS, DecoderPool, Outcome, Ticket, pool_closed
from medgan_viewer.dicom.decoder_messages import ReadHeaders
from medgan_viewer.dicom.hierarchy import InstanceHeader, SkippedFile, Study, group_into_studies
from medgan_viewer.errors import InputError, MedganError
from medgan_viewer.files import status_of

CHUNK = 16  # an image to be shown waits for at most one chunk
_WAIT_S = 0.1  # how long a request to stop may go unseen


@dataclass(frozen=True, slots=True)
class ScanBatch:
    """What a scan found since the batch before.

    Attributes
    ----------
    files_found, files_read : since the start; found grows while folders are still walked
    is_done : this is the last batch
    """

    headers: tuple[InstanceHeader, ...]
    skipped: tuple[SkippedFile, ...]
    files_found: int
    files_read: int
    is_done: bool


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Everything that a scan found.

    Attributes
    ----------
    skipped : files and folders that show no image, copies among them
    files : number of files looked at
    """

    studies: tuple[Study, ...]
    skipped: tuple[SkippedFile, ...]
    files: int


def find_files(paths: Iterable[Path]) -> Iterator[Path | SkippedFile]:
    """Walk files and folders in order of names; links are followed, nothing comes twice.

    What is found is absolute: decoder processes keep the working folder they started in.

    Raises
    ------
    InputError
        One of `paths` does not exist; nothing has been yielded then.
    """
    given = tuple(path.absolute() for path in paths)
    for path in given:
        if status_of(path) is None:
            raise InputError(
                problem=f"{path} does not exist.",
                action="Check the spelling, or that the drive is connected.",
            )
    seen: set[tuple[int, int]] = set()
    for path in given:
        yield from _walk(path, seen)


def scan(
    paths: Iterable[Path],
    pool: DecoderPool,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ScanResult:
    """Scan to the end, or until `should_stop`.

    Parameters
    ----------
    on_progress : called with the number of files read and found so far

    Raises
    ------
    InputError
        One of `paths` does not exist.
    """
    headers: list[InstanceHeader] = []
    skipped: list[SkippedFile] = []
    files = 0

    def collect(batch: ScanBatch) -> None:
        nonlocal files
        headers.extend(batch.headers)
        skipped.extend(batch.skipped)
        files = batch.files_read
        if on_progress is not None:
            on_progress(batch.files_read, batch.files_found)

    scan_incrementally(paths, pool, collect, should_stop)
    studies, copies = group_into_studies(headers)
    return ScanResult(studies, (*skipped, *copies), files)


def scan_incrementally(
    paths: Iterable[Path],
    pool: DecoderPool,
    deliver: Callable[[ScanBatch], None],
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Scan on the calling thread and hand out what is found as it comes in.

    Parameters
    ----------
    deliver : called on this thread; the last batch says so, also after `should_stop`

    Raises
    ------
    InputError
        One of `paths` does not exist.
    """
    run = _Run(pool, deliver)
    try:
        chunk: list[Path] = []
        for found in find_files(paths):
            if should_stop is not None and should_stop():
                break
            if isinstance(found, SkippedFile):
                run.skip(found)
                continue
            chunk.append(found)
            if len(chunk) == CHUNK:
                run.request(tuple(chunk))
                chunk.clear()
        else:
            run.request(tuple(chunk))
            while run.is_waiting and not (should_stop is not None and should_stop()):
                run.collect(_WAIT_S)
    finally:
        run.cancel()
    run.finish()


class _Run:
    """One scan: what was asked of the pool, what came back, what was handed out."""

    def __init__(self, pool: DecoderPool, deliver: Callable[[ScanBatch], None]) -> None:
        self._pool = pool
        self._deliver = deliver
        self._answers: SimpleQueue[tuple[tuple[Path, ...], Outcome]] = SimpleQueue()
        self._tickets: list[Ticket] = []
        self._headers: list[InstanceHeader] = []
        self._skipped: list[SkippedFile] = []
        self._found = 0
        self._read = 0

    @property
    def is_waiting(self) -> bool:
        return self._read < self._found

    def request(self, paths: tuple[Path, ...]) -> None:
        self._found += len(paths)
        if paths:
            answer = partial(self._on_answer, paths)
            self._tickets.append(self._pool.submit(ReadHeaders(paths), answer, HEADERS))
        self._hand_out(is_done=False)

    def skip(self, skipped: SkippedFile) -> None:
        self._skipped.append(skipped)

    def collect(self, wait_s: float) -> None:
        """Wait for an answer and hand out all that are there."""
        if self._pool.is_closed:
            raise pool_closed()
        with suppress(Empty):
            self._take(*self._answers.get(timeout=wait_s))
        self._hand_out(is_done=False)

    def cancel(self) -> None:
        for ticket in self._tickets:
            ticket.cancel()

    def finish(self) -> None:
        self._hand_out(is_done=True)

    def _on_answer(self, paths: tuple[Path, ...], outcome: Outcome) -> None:
        self._answers.put((paths, outcome))  # on a thread of the pool

    def _hand_out(self, *, is_done: bool) -> None:
        with suppress(Empty):
            while True:
                self._take(*self._answers.get_nowait())
        if self._headers or self._skipped or is_done:
            batch = ScanBatch(
                tuple(self._headers), tuple(self._skipped), self._found, self._read, is_done
            )
            self._headers.clear()
            self._skipped.clear()
            self._deliver(batch)

    def _take(self, paths: tuple[Path, ...], outcome: Outcome) -> None:
        self._read += len(paths)
        if isinstance(outcome, tuple):
            self._headers.extend(h for h in outcome if isinstance(h, InstanceHeader))
            self._skipped.extend(s for s in outcome if isinstance(s, SkippedFile))
        elif isinstance(outcome, MedganError):
            reason = f"was not read: {outcome.problem}"
            self._skipped.extend(SkippedFile(path, reason) for path in paths)


def _walk(path: Path, seen: set[tuple[int, int]]) -> Iterator[Path | SkippedFile]:
    try:
        status = path.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            # A pipe or a device would block the reader.
            yield SkippedFile(path, "is neither a file nor a folder")
            return
        identity = (status.st_dev, status.st_ino)
        if status.st_ino and identity in seen:  # a link back, or given twice
            return
        seen.add(identity)
        if stat.S_ISREG(status.st_mode):
            yield path
            return
        with os.scandir(path) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError as error:
        yield SkippedFile(path, f"cannot be opened ({error.strerror or type(error).__name__})")
        return
    for name in names:
        yield from _walk(path / name, seen)
