"""OpenStudies: what was opened, found by a thread of its own, and what could not be shown."""

import logging
import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import (
    FrameRef,
    SkippedFile,
    StudyFacts,
)
from medgan_viewer.dicom.scan import NoMemory, ScanBatch, scan_incrementally
from medgan_viewer.errors import CancelledError, MedganError, unexpected
from medgan_viewer.files import is_file
from medgan_viewer.session.found_headers import FoundHeaders
from medgan_viewer.session.found_headers import StudyEntry as StudyEntry
from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.study_index import StudyIndex
from medgan_viewer.session.translation import SyntheticSet

log = logging.getLogger(__name__)

SNAPSHOT_INTERVAL_S = 0.3
SNAPSHOT_SHARE = 4  # a snapshot of many files may take a quarter of the scan's time, not more


@dataclass(frozen=True, slots=True)
class ScanStatus:
    """How far the scan is.

    Attributes
    ----------
    files : looked at so far
    found : known of so far; grows while folders are still walked
    known : of `files`, how many were as the index knows them
    rate : files per second
    error : why the scan stopped early
    """

    running: bool = False
    files: int = 0
    shown: int = 0
    rate: float = 0.0
    error: MedganError | None = None
    found: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class _Snapshot:
    studies: tuple[StudyEntry, ...]
    skipped: tuple[SkippedFile, ...]
    status: ScanStatus


class OpenStudies(QObject):
    """Studies, synthetic sets made here, and the scan that finds more.

    Signals
    -------
    changed() : studies, synthetic sets or skipped files
    scan_changed()
    first_set_found(DisplaySet) : once per opening, as soon as there is something to show
    """

    changed = Signal()
    scan_changed = Signal()
    first_set_found = Signal(object)
    _delivered = Signal(int, object)

    def __init__(
        self, pool: DecoderPool, notices: NoticeBoard, index: StudyIndex | None = None
    ) -> None:
        super().__init__()
        self._pool = pool
        self._notices = notices
        self._index = index or StudyIndex(None, notices)
        self._found = FoundHeaders()
        self._studies: tuple[StudyEntry, ...] = ()
        self._skipped: tuple[SkippedFile, ...] = ()
        self._synthetic: list[SyntheticSet] = []
        self._status = ScanStatus()
        self._known_sets: set[str] = set()
        self._thread: threading.Thread | None = None
        self._run = 0
        self._stopped_run = 0  # this scan and those before it are to end
        self._announced = False
        self._first_path: Path | None = None
        self._closed = False
        self._opened: dict[Path, None] = {}
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    @property
    def studies(self) -> tuple[StudyEntry, ...]:
        return self._studies

    @property
    def skipped(self) -> tuple[SkippedFile, ...]:
        """Files that show no image, each with the reason."""
        return self._skipped

    @property
    def synthetic_sets(self) -> tuple[SyntheticSet, ...]:
        return tuple(self._synthetic)

    @property
    def opened(self) -> tuple[Path, ...]:
        """Files and folders that were opened; nothing is written over or into them."""
        return tuple(self._opened)

    @property
    def status(self) -> ScanStatus:
        return self._status

    def display_set(self, set_id: str) -> DisplaySet | None:
        for study in self._studies:
            for display_set in study.display_sets:
                if display_set.uid == set_id:
                    return display_set
        return None

    def grown(self, before: DisplaySet, shown: FrameRef | None) -> DisplaySet | None:
        """Return what a display set has become, by name or by the frame of it that is shown.

        More images can show that a series falls into parts, which then have other names.
        """
        same = self.display_set(before.uid)
        if same is not None and shown in same.frames:
            return same
        parts = (s for study in self._studies for s in study.display_sets)
        series_uid = before.series.series_uid
        holding = (s for s in parts if s.series.series_uid == series_uid and shown in s.frames)
        return next(holding, same)

    def synthetic_set(self, set_id: str) -> SyntheticSet | None:
        return next((s for s in self._synthetic if s.set_id == set_id), None)

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Scan files and folders in the background, after any scan that still runs."""
        wanted = tuple(paths)
        self._opened |= dict.fromkeys(wanted)
        self._announced = False
        self._first_path = wanted[0] if wanted else None
        self._start(wanted, ())

    def drop(self, studies: Iterable[StudyFacts]) -> None:
        """Take studies off what is open, after any scan that still runs."""
        self._start((), tuple(studies))

    def _start(self, wanted: tuple[Path, ...], dropped: tuple[StudyFacts, ...]) -> None:
        if self._closed:  # dropped on a window that is closing
            return
        before = self._thread
        self._run += 1
        self._known_sets = {s.uid for study in self._studies for s in study.display_sets}
        self._thread = threading.Thread(
            target=self._scan,
            args=(self._run, wanted, dropped, before),
            name="medgan-index",
            daemon=True,
        )
        self._status = ScanStatus(running=True)
        self._thread.start()
        self.scan_changed.emit()

    def cancel_scan(self) -> None:
        """Stop looking for more, also where a scan still waits; what was found stays."""
        self._stopped_run = self._run

    def add_synthetic(self, made: SyntheticSet) -> None:
        self._synthetic.append(made)
        self.changed.emit()

    def close(self) -> None:
        self._closed = True
        self.cancel_scan()
        if self._thread is not None:
            self._thread.join(10)

    # ---- on the scan thread ----

    def _scan(
        self,
        run: int,
        paths: tuple[Path, ...],
        dropped: tuple[StudyFacts, ...],
        before: threading.Thread | None,
    ) -> None:
        if before is not None:
            before.join()
        self._found.drop(dropped)
        started = time.monotonic()
        last = -math.inf  # the first files are shown at once
        pause = SNAPSHOT_INTERVAL_S
        files = found = known = 0

        def status(*, running: bool, error: MedganError | None = None) -> ScanStatus:
            elapsed = max(time.monotonic() - started, 1e-3)
            shown = len(self._found.headers)
            return ScanStatus(running, files, shown, files / elapsed, error, found, known)

        def take(batch: ScanBatch) -> None:
            nonlocal files, found, known, last, pause
            self._found.add(batch)
            files, found, known = batch.files_read, batch.files_found, batch.files_known
            begun = time.monotonic()
            if begun - last >= pause:
                self._delivered.emit(run, _Snapshot(*self._found.studies(), status(running=True)))
                last = time.monotonic()
                pause = max(SNAPSHOT_INTERVAL_S, SNAPSHOT_SHARE * (last - begun))

        error: MedganError | None = None
        memory = self._index.memory() if paths else None
        held = self._found.held.before(memory or NoMemory())
        try:
            scan_incrementally(paths, self._pool, take, lambda: run <= self._stopped_run, held)
        except CancelledError:
            log.info("scan cancelled after %d files", files)
        except MedganError as problem:
            error = problem
        except Exception as problem:  # the thread must not die silently
            log.exception("scan failed")
            error = unexpected(problem)
        finally:
            if memory is not None:
                memory.close()
                self._index.scan_ended(memory)
        final = _Snapshot(*self._found.studies(), status(running=False, error=error))
        self._delivered.emit(run, final)

    # ---- on the window's thread ----

    def _on_delivered(self, run: int, snapshot: _Snapshot) -> None:
        if self._closed:  # posted before the thread ended
            return
        self._studies = snapshot.studies
        self._skipped = snapshot.skipped
        if run == self._run:
            self._status = snapshot.status
            self._announce_first()
        if snapshot.status.error is not None:
            self._notices.post_error(snapshot.status.error)
        elif run == self._run and not snapshot.status.running and not self._announced:
            self._tell_nothing_found()
        if not snapshot.status.running:
            self._index.store_display_sets((s.facts, s.display_sets) for s in self._studies)
        self.changed.emit()
        self.scan_changed.emit()

    def _announce_first(self) -> None:
        """Name what is to be shown: the set with the first file given, else the first new one.

        With a file given, the choice waits until it was read.
        """
        if self._announced:
            return
        sets = [s for study in self._studies for s in study.display_sets]
        waits = self._first_path is not None and is_file(self._first_path)
        given = (s for s in sets if waits and any(map(self._is_first, s.frames)))
        chosen = next(given, None)
        if chosen is None and not (waits and self._status.running):
            chosen = next((s for s in sets if s.uid not in self._known_sets), None)
        if chosen is not None:
            self._announced = True
            self.first_set_found.emit(chosen)

    def _is_first(self, ref: FrameRef) -> bool:
        """Tell whether a frame is of the file given first, or of a member of that archive."""
        return ref.path == self._first_path or self._first_path in ref.path.parents

    def _tell_nothing_found(self) -> None:
        if self._first_path is not None and self._run > self._stopped_run:
            skipped = len(self._skipped)
            text = (
                f"Nothing new to show; {skipped} files stand under 'Not shown' with the reason."
                if skipped
                else "There are no DICOM images here."
            )
            self._notices.post_info(text, "Open another folder or file.")
