"""RunList: the training runs of the user, newest first, each with its state."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from medgan_viewer.session.training import TrainingRuns
from medgan_viewer.ui.foreign_text import PlainLabel, plain_tooltip
from medgan_viewer.ui.training.run_words import minutes_words, model_words, state_words

EMPTY_TEXT = "No run yet. Fill in the fields above, then press Start."


class RunList(QWidget):
    """Bound to TrainingRuns.

    Signals
    -------
    run_chosen(Path) : folder of the run
    """

    run_chosen = Signal(object)

    def __init__(self, runs: TrainingRuns) -> None:
        super().__init__()
        self._runs = runs
        self._items: dict[Path, QTreeWidgetItem] = {}
        heading = PlainLabel("Runs")
        heading.setObjectName("heading")
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setAccessibleName("Training runs")
        self.tree.setMinimumHeight(96)
        self.tree.currentItemChanged.connect(self._on_current)
        self.empty = PlainLabel(EMPTY_TEXT)
        self.empty.setWordWrap(True)
        self.empty.setObjectName("secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(heading)
        column.addWidget(self.empty)
        column.addWidget(self.tree, 1)
        column.addStretch(0)
        runs.runs_changed.connect(self._show_runs)
        runs.chosen_changed.connect(self._show_chosen)
        self._show_runs()

    def _show_runs(self) -> None:
        runs = self._runs.runs
        is_empty = self._runs.was_read and not runs
        self.empty.setVisible(is_empty)
        self.tree.setVisible(not is_empty)
        with QSignalBlocker(self.tree):
            folders = [run.folder for run in runs]
            if folders != list(self._items):
                self.tree.clear()
                self._items = {folder: QTreeWidgetItem(self.tree) for folder in folders}
            for run in runs:
                item = self._items[run.folder]
                item.setText(0, f"{run.name}\n{state_words(run)} · {minutes_words(run)}")
                tip = f"{run.name}\n{model_words(run)}\n{run.folder}"
                item.setToolTip(0, plain_tooltip(tip))
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self._runs.chosen
        item = self._items.get(chosen.folder) if chosen is not None else None
        if item is not None and item is not self.tree.currentItem():
            with QSignalBlocker(self.tree):
                self.tree.setCurrentItem(item)

    def _on_current(self, item: QTreeWidgetItem | None) -> None:
        folder = next((f for f, known in self._items.items() if known is item), None)
        if folder is not None:
            self.run_chosen.emit(folder)
