"""Finds the DICOM images in files, folders and archives, by content and not by name.

Headers are read in chunks by the decoder pool, so results come in while the folders are still being
walked; whatever shows no image comes back with the reason. Files whose size and time are those of
an earlier scan are not read again where a FileMemory remembers them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol, cast

from medgan_viewer.dicom.decoder import (
    HEADERS,
    NOT_READ,
    DecoderPool,
    Headers,
    Outcome,
    Ticket,
    pool_closed,
)
from medgan_viewer.dicom.decoder_messages import Contents, HeaderOutcome, ReadHeaders
from medgan_viewer.dicom.file_walk import Listing, Seen, Stamp, walk
from medgan_viewer.dicom.hierarchy import InstanceHeader, SkippedFile, Study, group_into_studies
from medgan_viewer.errors import MedganError

CHUNK = 16  # at first, so that there is soon something to show
LARGE_CHUNK = 128  # later; an image to be shown waits for at most one chunk, some 20 ms
_WAIT_S = 0.1  # how long a request to stop may go unseen
_UNSTAMPED: Stamp = (-1, -1)  # never remembered


def is_transient(outcome: HeaderOutcome) -> bool:
    """Tell whether nobody got to look at the file, so that another try may show more."""
    return isinstance(outcome, SkippedFile) and outcome.reason.startswith(NOT_READ)


class FileMemory(Protocol):
    """What is known of files from before; called on the thread of the scan alone."""

    def recall(
        self, folder: str, stamps: Mapping[str, Stamp]
    ) -> Mapping[str, HeaderOutcome | None]:
        """Return the outcomes of files whose stamp is the one remembered, by name.

        None stands for one that needs no word, because whoever scans has it.
        """
        ...

    def vanished(self, folder: str, names: frozenset[str]) -> tuple[Path, ...]:
        """Forget and return the files remembered in a folder that are not among its names."""
        ...

    def remember(self, path: Path, stamp: Stamp, outcome: HeaderOutcome) -> None:
        """Keep an outcome."""
        ...


class NoMemory:
    """Remembers nothing: every file is read."""

    def recall(
        self, folder: str, stamps: Mapping[str, Stamp]
    ) -> Mapping[str, HeaderOutcome | None]:
        return {}

    def vanished(self, folder: str, names: frozenset[str]) -> tuple[Path, ...]:
        return ()

    def remember(self, path: Path, stamp: Stamp, outcome: HeaderOutcome) -> None:
        """Keep nothing."""


@dataclass(frozen=True, slots=True)
class ScanBatch:
    """What a scan found since the batch before.

    Attributes
    ----------
    files_found, files_read : since the start; found grows while folders are still walked
    files_known : of those read, how many were remembered
    is_done : this is the last batch
    gone : files known from before that are no longer there
    """

    headers: tuple[InstanceHeader, ...]
    skipped: tuple[SkippedFile, ...]
    files_found: int
    files_read: int
    is_done: bool
    files_known: int = 0
    gone: tuple[Path, ...] = ()


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

    Raises
    ------
    InputError
        One of `paths` does not exist; nothing has been yielded then.
    """
    for found in walk(paths):
        if isinstance(found, SkippedFile):
            yield found
        else:
            yield from map(found.path, found.stamps)


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
    memory: FileMemory | None = None,
) -> None:
    """Scan on the calling thread and hand out what is found as it comes in.

    Parameters
    ----------
    deliver : called on this thread; the last batch says so, also after `should_stop`
    memory : of earlier scans; without one every file is read

    Raises
    ------
    InputError
        One of `paths` does not exist.
    """
    seen = Seen()
    run = _Run(pool, deliver, memory or NoMemory(), seen)

    def is_stopped() -> bool:
        return should_stop is not None and should_stop()

    try:
        for found in walk(paths, seen):
            if is_stopped():
                break
            if isinstance(found, SkippedFile):
                run.skip(found)
            else:
                run.take_listing(found)
        else:
            run.flush()
            while run.is_waiting and not is_stopped():
                run.collect(_WAIT_S)
    finally:
        run.cancel()
    run.finish()


class _Run:
    """One scan: what was asked of the pool, what came back, what was handed out."""

    def __init__(
        self,
        pool: DecoderPool,
        deliver: Callable[[ScanBatch], None],
        memory: FileMemory,
        seen: Seen,
    ) -> None:
        self._pool = pool
        self._deliver = deliver
        self._memory = memory
        self._seen = seen
        self._answers: SimpleQueue[tuple[tuple[Path, ...], Outcome]] = SimpleQueue()
        self._tickets: list[Ticket] = []
        self._chunk: list[Path] = []
        self._stamps: dict[Path, Stamp] = {}  # of what was asked for and has not come
        self._headers: list[InstanceHeader] = []
        self._skipped: list[SkippedFile] = []
        self._gone: list[Path] = []
        self._asked = 0
        self._found = 0
        self._read = 0
        self._known = 0

    @property
    def is_waiting(self) -> bool:
        return self._read < self._found

    def take_listing(self, listing: Listing) -> None:
        """Ask for the files that are not remembered."""
        if listing.names is not None:
            self._gone += self._memory.vanished(listing.folder, listing.names)
        known = self._memory.recall(listing.folder, listing.stamps)
        self._found += len(listing.stamps)
        self._read += len(known)
        self._known += len(known)
        for name, stamp in listing.stamps.items():
            if name not in known:
                self._ask(listing.path(name), stamp)
            elif (outcome := known[name]) is not None:
                self._sort(outcome, listing.path(name), stamp)
        self._hand_out(is_done=False)

    def flush(self) -> None:
        """Ask for what is not yet a whole chunk."""
        if self._chunk:
            paths = tuple(self._chunk)
            self._chunk.clear()
            self._asked += len(paths)
            answer = partial(self._on_answer, paths)
            self._tickets.append(
                self._pool.submit(ReadHeaders(paths, follow=True), answer, HEADERS)
            )

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

    def _ask(self, path: Path, stamp: Stamp) -> None:
        self._stamps[path] = stamp
        self._chunk.append(path)
        if len(self._chunk) >= (CHUNK if self._asked < LARGE_CHUNK else LARGE_CHUNK):
            self.flush()
            self._hand_out(is_done=False)

    def _on_answer(self, paths: tuple[Path, ...], outcome: Outcome) -> None:
        self._answers.put((paths, outcome))  # on a thread of the pool

    def _hand_out(self, *, is_done: bool) -> None:
        with suppress(Empty):
            while True:
                self._take(*self._answers.get_nowait())
        if self._headers or self._skipped or self._gone or is_done:
            batch = ScanBatch(
                tuple(self._headers),
                tuple(self._skipped),
                self._found,
                self._read,
                is_done,
                self._known,
                tuple(self._gone),
            )
            for handed_out in (self._headers, self._skipped, self._gone):
                handed_out.clear()
            self._deliver(batch)

    def _take(self, paths: tuple[Path, ...], outcome: Outcome) -> None:
        self._read += len(paths)
        if isinstance(outcome, MedganError):
            reason = f"{NOT_READ}: {outcome.problem}"
            self._skipped.extend(SkippedFile(path, reason) for path in paths)
        elif isinstance(outcome, tuple):
            headers = cast(Headers, outcome)  # what ReadHeaders is answered with
            for path, found in zip(paths, headers, strict=True):
                stamp = self._stamps.pop(path, _UNSTAMPED)
                if stamp != _UNSTAMPED:
                    self._memory.remember(path, stamp, found)
                self._sort(found, path, stamp)

    def _sort(self, outcome: HeaderOutcome, path: Path, stamp: Stamp) -> None:
        if isinstance(outcome, InstanceHeader):
            self._headers.append(outcome)
        elif isinstance(outcome, SkippedFile):
            self._skipped.append(outcome)
        else:
            self._follow(outcome, stamp)

    def _follow(self, contents: Contents, stamp: Stamp) -> None:
        """Ask for the files that an archive or a DICOMDIR leads to, each once."""
        self._skipped.append(SkippedFile(contents.path, contents.note))
        self._skipped += contents.refused
        folders: dict[str, dict[str, Stamp]] = {}
        for member in contents.members:
            own = self._stamp_of(member, contents.path, stamp)
            if own is not None:
                folders.setdefault(str(member.parent), {})[member.name] = own
        for folder, stamps in folders.items():
            self.take_listing(Listing(folder, stamps))
        self.flush()

    def _stamp_of(self, member: Path, source: Path, stamp: Stamp) -> Stamp | None:
        """Return the archive's stamp for its members; None for a file that was met before."""
        if source in member.parents:
            return stamp
        try:
            status = member.stat()
        except OSError:
            return None
        return (status.st_size, status.st_mtime_ns) if self._seen.is_new(status) else None
