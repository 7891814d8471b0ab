"""TrainingRuns: the training runs of the user, each in a process of its own, as a list to steer."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.errors import MedganError
from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.training_curves import LossCurve
from medgan_viewer.session.training_folder import TrainingRun
from medgan_viewer.session.training_order import TrainingOrder
from medgan_viewer.session.training_process import program_command
from medgan_viewer.session.training_sheets import SampleSheet
from medgan_viewer.session.training_watcher import INTERVAL_S, RunsSeen, RunStarted, RunWatcher
from medgan_viewer.training.run_states import Wish


class TrainingRuns(QObject):
    """The runs of a folder, the one that is looked at, and what can be done with it.

    A run belongs to no window: it goes on when the program ends, and is found again by its folder.
    Files are read and written on a thread, which begins when somebody first looks.

    Signals
    -------
    runs_changed() : the list, or how far a run is
    chosen_changed() : another run is looked at
    curves_changed() : of the chosen run
    sheet_changed() : of the chosen run
    """

    runs_changed = Signal()
    chosen_changed = Signal()
    curves_changed = Signal()
    sheet_changed = Signal()
    _delivered = Signal(object)

    def __init__(
        self,
        root: Path,
        notices: NoticeBoard,
        command: Sequence[str] = (),
        interval_s: float = INTERVAL_S,
    ) -> None:
        """`command` is what `train CONFIG --out FOLDER` follows; usually this program itself."""
        super().__init__()
        self._root = root
        self._notices = notices
        self._command = tuple(command) or program_command()
        self._interval_s = interval_s
        self._watcher: RunWatcher | None = None
        self._runs: tuple[TrainingRun, ...] = ()
        self._was_read = False
        self._chosen: Path | None = None
        self._choice = 0
        self._curves: tuple[LossCurve, ...] = ()
        self._sheet: SampleSheet | None = None
        self._closed = False
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    @property
    def runs(self) -> tuple[TrainingRun, ...]:
        """All runs, newest first."""
        return self._runs

    @property
    def was_read(self) -> bool:
        """The folder was looked into, so that no runs means that there are none."""
        return self._was_read

    @property
    def chosen(self) -> TrainingRun | None:
        return next((run for run in self._runs if run.folder == self._chosen), None)

    @property
    def curves(self) -> tuple[LossCurve, ...]:
        return self._curves

    @property
    def sheet(self) -> SampleSheet | None:
        """The newest samples of the chosen run; synthetic, and marked so."""
        return self._sheet

    def watch(self, watches: bool) -> None:
        """Look at the runs every second, or no more."""
        if watches or self._watcher is not None:
            watcher = self._ready()
            if watcher is not None:
                watcher.watch(watches)

    def choose(self, folder: Path) -> None:
        """Look at another run."""
        if folder == self._chosen:
            return
        self._chosen = folder
        self._curves, self._sheet = (), None
        watcher = self._ready()
        if watcher is not None:
            self._choice = watcher.choose(folder)
        self.chosen_changed.emit()
        self.curves_changed.emit()
        self.sheet_changed.emit()

    def start(self, order: TrainingOrder) -> None:
        """Begin a new run and look at it; a notice says why when it cannot begin."""
        watcher = self._ready()
        if watcher is not None:
            watcher.start(order)

    def pause(self) -> None:
        """Let the chosen run wait; it keeps its process and memory."""
        self._tell(Wish.PAUSE)

    def resume(self) -> None:
        """Let the chosen run go on, from its checkpoint where its process is gone."""
        self._tell(Wish.RUN)

    def stop(self) -> None:
        """Let the chosen run keep a checkpoint and end."""
        self._tell(Wish.STOP)

    def close(self) -> None:
        """End the thread; the runs go on."""
        self._closed = True
        if self._watcher is not None:
            self._watcher.close()

    def _tell(self, wish: Wish) -> None:
        watcher = self._ready()
        if watcher is not None and self._chosen is not None:
            watcher.tell(self._chosen, wish)

    def _ready(self) -> RunWatcher | None:
        if self._watcher is None and not self._closed:
            self._watcher = RunWatcher(
                self._root, self._command, self._delivered.emit, self._interval_s
            )
        return None if self._closed else self._watcher

    def _on_delivered(self, outcome: object) -> None:
        if self._closed:  # posted before the thread ended
            return
        if isinstance(outcome, MedganError):
            self._notices.post_error(outcome)
        elif isinstance(outcome, RunStarted):
            self.choose(outcome.folder)
        elif isinstance(outcome, RunsSeen):
            self._take(outcome)

    def _take(self, seen: RunsSeen) -> None:
        first_look, self._was_read = not self._was_read, True
        if seen.runs != self._runs or first_look:
            self._runs = seen.runs
            self.runs_changed.emit()
        if self._chosen is None and self._runs:
            live = (run for run in self._runs if run.state.is_live)
            self.choose(next(live, self._runs[0]).folder)
        if seen.choice != self._choice:
            return
        if seen.curves is not None:
            self._curves = seen.curves
            self.curves_changed.emit()
        if seen.sheet is not None:
            self._sheet = seen.sheet
            self.sheet_changed.emit()
