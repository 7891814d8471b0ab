"""RunPanel: the chosen training run: how far it is, its curves and samples, and what to do."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.session.training import TrainingRuns
from medgan_viewer.session.training_folder import TrainingRun
from medgan_viewer.training.run_states import RunState
from medgan_viewer.ui.foreign_text import PlainLabel, plain_tooltip
from medgan_viewer.ui.training.curve_panel import CurvePanel
from medgan_viewer.ui.training.run_words import (
    done_part,
    model_words,
    progress_words,
    state_words,
)
from medgan_viewer.ui.training.sheet_view import SheetView

NOTHING_CHOSEN = "Train a model on images of your own, and see here how it learns."
READING = "Looking for runs …"
CURVES_TO_COME, NO_CURVES = "The curves begin with the first steps.", "This run wrote no losses."
SHEET_TO_COME, NO_SHEET = "The first samples come after some minutes.", "This run made no samples."
_STEPS = 1000  # of the progress bar


class RunPanel(QWidget):
    """Bound to TrainingRuns.

    Signals
    -------
    package_wanted(Path) : the finished package in this folder is to be used
    folder_wanted() : the user wants to choose a data folder
    """

    package_wanted = Signal(object)
    folder_wanted = Signal()

    def __init__(self, runs: TrainingRuns) -> None:
        super().__init__()
        self._runs = runs
        self.name = PlainLabel()
        self.name.setObjectName("heading")
        self.state = PlainLabel()
        self.pause = _button("Pause", "Let the training wait; it keeps its memory")
        self.resume = _button("Resume", "Let it go on, from its last checkpoint if it has ended")
        self.stop = _button("Stop", "Keep a checkpoint and end; Resume goes on from there")
        self.show_package = _button("Show package", "Use the finished model in the window")
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.progress = PlainLabel()
        self.progress.setObjectName("secondary")
        self.problem = _Problem()
        self.curves = CurvePanel()
        self.sheet = SheetView()
        self.empty = PlainLabel()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose_folder = _button("Choose a data folder…", "The folder with training images")
        self.choose_folder.clicked.connect(self.folder_wanted)
        self._content = QWidget()
        self._nothing = QWidget()
        self._lay_out()
        self.pause.clicked.connect(runs.pause)
        self.resume.clicked.connect(runs.resume)
        self.stop.clicked.connect(runs.stop)
        self.show_package.clicked.connect(self._on_show_package)
        runs.runs_changed.connect(self._show_run)
        runs.chosen_changed.connect(self._show_run)
        runs.curves_changed.connect(self._show_curves)
        runs.sheet_changed.connect(self._show_sheet)
        self._show_run()
        self._show_curves()
        self._show_sheet()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.name)
        head.addWidget(self.state, 1)
        for button in (self.pause, self.resume, self.stop, self.show_package):
            head.addWidget(button)
        pictures = QHBoxLayout()
        pictures.setSpacing(12)
        pictures.addWidget(self.curves, 1)
        pictures.addWidget(self.sheet, 1)
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.progress)
        column.addWidget(self.problem)
        column.addLayout(pictures, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._content, 1)
        whole.addWidget(self._nothing, 1)
        middle = QVBoxLayout(self._nothing)
        middle.addStretch(1)
        middle.addWidget(self.empty)
        middle.addWidget(self.choose_folder, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)

    def _show_run(self) -> None:
        run = self._runs.chosen
        self._content.setVisible(run is not None)
        self._nothing.setVisible(run is None)
        self.empty.setText(NOTHING_CHOSEN if self._runs.was_read else READING)
        self.choose_folder.setVisible(self._runs.was_read)
        if run is None:
            return
        self.name.setText(run.name)
        self.name.setToolTip(plain_tooltip(str(run.folder)))
        self.state.setText(f"{state_words(run)}   {model_words(run)}")
        self.progress.setText(progress_words(run))
        self.bar.setValue(round(done_part(run) * _STEPS))
        self.bar.setAccessibleName(f"Done: {done_part(run):.0%}")
        self.problem.show_run(run)
        is_live = run.state.is_live
        self.curves.plot.set_empty_text(CURVES_TO_COME if is_live else NO_CURVES)
        self.sheet.set_empty_text(SHEET_TO_COME if is_live else NO_SHEET)
        for button, enabled in (
            (self.pause, run.can_pause),
            (self.resume, run.can_resume),
            (self.stop, run.can_stop),
            (self.show_package, run.package is not None and run.state is RunState.FINISHED),
        ):
            button.setEnabled(enabled)

    def _show_curves(self) -> None:
        self.curves.show_curves(self._runs.curves)

    def _show_sheet(self) -> None:
        self.sheet.show_sheet(self._runs.sheet)

    def _on_show_package(self) -> None:
        run = self._runs.chosen
        if run is not None and isinstance(run.package, Path):
            self.package_wanted.emit(run.package)


class _Problem(QFrame):
    """What went wrong, with the last lines of the log folded."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("noticeError")
        self.text = PlainLabel()
        self.text.setWordWrap(True)
        self.details = PlainLabel()
        self.details.setObjectName("secondary")
        self.details.setWordWrap(True)
        self.details.hide()
        self.fold = QToolButton()
        self.fold.setObjectName("flat")
        self.fold.setText("Details")
        self.fold.setCheckable(True)
        self.fold.setToolTip("The last lines of the log of this run")
        self.fold.toggled.connect(self.details.setVisible)
        for label in (self.text, self.details):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.addWidget(self.text, 1)
        row.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 4)
        column.addLayout(row)
        column.addWidget(self.details)

    def show_run(self, run: TrainingRun) -> None:
        is_wrong = run.state in (RunState.FAILED, RunState.INTERRUPTED)
        self.setVisible(is_wrong and bool(run.message))
        self.setObjectName("noticeError" if run.state is RunState.FAILED else "noticeWarning")
        self.style().polish(self)
        self.text.setText(run.message)
        self.details.setText(run.details)
        self.fold.setVisible(bool(run.details) and run.details != run.message)


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    return button
