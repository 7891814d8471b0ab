"""StudyTableModel: the studies of the index as rows, filtered."""

import operator
from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from medgan_viewer.index.catalog import StudySummary
from medgan_viewer.index.search import StudyFilter
from medgan_viewer.ui.foreign_text import plain_tooltip
from medgan_viewer.ui.studies.study_words import (
    PatientNumbers,
    date_words,
    modality_words,
    patient_words,
    series_words,
    title_words,
    used_words,
)
from medgan_viewer.ui.theme import AMBER

SORT_ROLE = Qt.ItemDataRole.UserRole + 1
HEADINGS = ("Patient", "ID", "Date", "Modality", "Study", "Series", "Images", "Last used")
PATIENT, ID, DATE, MODALITY, STUDY, SERIES, IMAGES, USED = range(8)
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class StudyTableModel(QAbstractTableModel):
    """Rows in the order of the index: used last first."""

    def __init__(self) -> None:
        super().__init__()
        self._studies: tuple[StudySummary, ...] = ()
        self._numbers = PatientNumbers()
        self._hidden = False

    def show(
        self, studies: Sequence[StudySummary], wanted: StudyFilter, *, identity_hidden: bool
    ) -> None:
        """Show the studies that a filter asks for."""
        shown = tuple(s for s in studies if wanted.matches(s, identity_hidden=identity_hidden))
        same = len(shown) == len(self._studies) and all(map(operator.is_, shown, self._studies))
        if same and identity_hidden == self._hidden:
            return
        self.beginResetModel()
        self._studies, self._hidden = shown, identity_hidden
        self.endResetModel()

    def study(self, row: int) -> StudySummary:
        return self._studies[row]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._studies)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        study = self._studies[index.row()]
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(study, column)
        if role == SORT_ROLE:
            return self._sort_key(study, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(self._tooltip(study, column))
        if role == Qt.ItemDataRole.ForegroundRole and column == MODALITY and study.is_synthetic:
            return QColor(AMBER)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == IMAGES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, study: StudySummary, column: int) -> str:
        hidden = self._hidden
        texts: dict[int, Callable[[], str]] = {
            PATIENT: lambda: patient_words(study, self._numbers, identity_hidden=hidden),
            ID: lambda: "" if hidden else study.facts.patient_id,
            DATE: lambda: date_words(study, identity_hidden=hidden),
            MODALITY: lambda: modality_words(study),
            STUDY: lambda: title_words(study),
            SERIES: lambda: series_words(study),
            IMAGES: lambda: str(study.images),
            USED: lambda: used_words(study),
        }
        return texts[column]()

    def _sort_key(self, study: StudySummary, column: int) -> str | int | float:
        if column == IMAGES:
            return study.images
        return study.used_at if column == USED else self._text(study, column).casefold()

    def _tooltip(self, study: StudySummary, column: int) -> str:
        if column == SERIES:
            return series_words(study).replace(", ", "\n")
        if column == PATIENT and not self._hidden:  # a folder may hold the patient's name
            return f"{self._text(study, column)}\n{study.folder}"
        return self._text(study, column)
