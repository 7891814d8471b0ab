"""StudyIndex: the list of all studies ever opened, kept by a thread of its own.

Nothing of it is needed to see images: where the index cannot be used, a notice says so once, and
the program works without.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from queue import SimpleQueue

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import StudyFacts
from medgan_viewer.dicom.scan import FileMemory
from medgan_viewer.errors import MedganError
from medgan_viewer.index.catalog import Catalog, StudySummary
from medgan_viewer.index.database import PutAside, prepare_database, put_aside
from medgan_viewer.index.memory import IndexMemory
from medgan_viewer.session.notices import NoticeBoard

log = logging.getLogger(__name__)

RECENT = 8


class StudyIndex(QObject):
    """The index as the window sees it; `path` None is an index that holds nothing.

    Signals
    -------
    changed() : the list of studies
    files_found(list of Path) : of a study that is to be opened
    removed(list of StudyFacts) : studies that were taken off the list
    """

    changed = Signal()
    files_found = Signal(list)
    removed = Signal(list)
    _delivered = Signal(object)

    def __init__(self, path: Path | None, notices: NoticeBoard) -> None:
        super().__init__()
        self._path = path
        self._notices = notices
        self._studies: tuple[StudySummary, ...] = ()
        self._is_usable = path is not None
        self._lock = threading.Lock()
        self._is_prepared = False
        self._is_listing = False
        self._closed = False
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    @property
    def studies(self) -> tuple[StudySummary, ...]:
        """All studies of the list, used last first."""
        return self._studies

    @property
    def recent(self) -> tuple[StudySummary, ...]:
        return self._studies[:RECENT]

    def refresh(self) -> None:
        """Read the list anew, soon."""
        if not self._is_listing:
            self._is_listing = True
            self._do(self._list)

    def open_study(self, study_id: int) -> None:
        """Find the files of a study; `files_found` follows, or a notice."""
        self._do(lambda: self._find_files(study_id))

    def remove(self, studies: Sequence[StudySummary]) -> None:
        """Take studies off the list; no file of theirs is touched."""
        self._do(lambda: self._remove(studies))

    def mark_opened(self, facts: StudyFacts) -> None:
        """Note that an image of a study is on screen."""
        self._do(lambda: self._change_list(lambda catalog: catalog.mark_opened(facts)))

    def store_display_sets(
        self, studies: Iterable[tuple[StudyFacts, Sequence[DisplaySet]]]
    ) -> None:
        """Keep how studies fall into display sets."""
        kept = tuple(studies)
        self._do(lambda: self._change_list(lambda catalog: catalog.store_display_sets(kept)))

    def memory(self) -> IndexMemory | None:
        """Return what a scan asks, for the calling thread; None where there is no index."""
        if not self._prepare() or self._path is None:
            return None
        return IndexMemory(self._path)

    def scan_ended(self, memory: FileMemory | None) -> None:
        """Put the index aside where a scan found it broken; called on the thread of the scan."""
        if isinstance(memory, IndexMemory) and memory.is_damaged:
            self._start_anew()

    def close(self) -> None:
        """Finish what was begun."""
        self._closed = True
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(10)

    # ---- on the thread of the list ----

    def _do(self, job: Callable[[], None]) -> None:
        if self._closed or not self._is_usable:
            self._is_listing = False
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="medgan-catalog", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not self._prepare():
                continue
            try:
                job()
            except sqlite3.OperationalError as error:  # locked for long, disk full
                log.warning("the study index could not be used: %s", error)
            except sqlite3.Error as error:
                log.warning("the study index is damaged: %s", error)
                self._start_anew()

    def _prepare(self) -> bool:
        """Make the file usable, once; on whichever thread comes first."""
        with self._lock:
            if not self._is_prepared and self._is_usable:
                self._is_prepared = True
                self._make_usable()
            return self._is_usable

    def _make_usable(self) -> None:
        assert self._path is not None
        try:
            aside = prepare_database(self._path)
        except MedganError as error:
            self._is_usable = False
            self._delivered.emit(error)
            return
        if aside is not None:
            self._delivered.emit(aside)

    def _start_anew(self) -> None:
        assert self._path is not None
        with self._lock:
            try:
                aside = prepare_database(self._path) or put_aside(self._path, "is damaged")
            except MedganError as error:
                self._is_usable = False
                self._delivered.emit(error)
                return
            self._make_usable()
        self._delivered.emit(aside)
        self._delivered.emit(_Listed(()))

    def _catalog(self) -> Catalog:
        assert self._path is not None
        return Catalog(self._path)

    def _change_list(self, change: Callable[[Catalog], None]) -> None:
        """Change and list in one job: a listing that waits already would come before the change."""
        change(self._catalog())
        self._list()

    def _list(self) -> None:
        self._is_listing = False  # before it reads: what comes now needs another look
        studies = self._catalog().studies()
        if studies != self._studies:  # comparing thousands takes longer than the window may
            self._delivered.emit(_Listed(studies))

    def _find_files(self, study_id: int) -> None:
        files = self._catalog().files_of(study_id)
        self._delivered.emit(_Found(files))

    def _remove(self, studies: Sequence[StudySummary]) -> None:
        catalog = self._catalog()
        catalog.remove([study.study_id for study in studies])
        self._delivered.emit(_Removed(tuple(study.facts for study in studies)))
        self._delivered.emit(_Listed(catalog.studies()))

    # ---- on the window's thread ----

    def _on_delivered(self, delivered: object) -> None:
        if self._closed:
            return
        if isinstance(delivered, MedganError):
            self._notices.post_error(delivered)
        elif isinstance(delivered, PutAside):
            self._notices.post_warning(
                f"The list of studies {delivered.reason}; a new one was begun.",
                f"The old one is kept as {delivered.path}. Open your folders again to fill the "
                "new one.",
            )
        elif isinstance(delivered, _Removed):
            self.removed.emit(list(delivered.studies))
        elif isinstance(delivered, _Found):
            self._tell_files(delivered.files)
        elif isinstance(delivered, _Listed):
            self._studies = delivered.studies
            self.changed.emit()

    def _tell_files(self, files: tuple[Path, ...]) -> None:
        if files:
            self.files_found.emit(list(files))
        else:
            self._notices.post_info("This study is no longer on the list.", "Open its folder.")


class _Listed:
    def __init__(self, studies: tuple[StudySummary, ...]) -> None:
        self.studies = studies


class _Found:
    def __init__(self, files: tuple[Path, ...]) -> None:
        self.files = files


class _Removed:
    def __init__(self, studies: tuple[StudyFacts, ...]) -> None:
        self.studies = studies
