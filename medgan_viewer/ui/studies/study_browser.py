"""StudyBrowser: all studies ever opened, with search and filters; open, or take off the list."""

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QSignalBlocker,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.index.catalog import StudySummary
from medgan_viewer.index.search import StudyFilter
from medgan_viewer.session.session import Session
from medgan_viewer.ui.foreign_text import PlainLabel
from medgan_viewer.ui.studies.study_table_model import DATE, ID, SERIES, SORT_ROLE, StudyTableModel
from medgan_viewer.ui.studies.study_words import count_words

_ALL = "All modalities"
_SEARCH = "Search name, ID, date, modality, description"
_OPEN_SEARCH = "Search modality, description (identifiers are hidden)"
_WIDTHS = (170, 100, 90, 110, 190, 300, 64, 130)
_DATE_TIP = "Studies of this day and {}: year, year and month, or a whole date as 2024-05-01"


class StudyBrowser(QWidget):
    """Bound to the study index.

    Signals
    -------
    opened() : a study is on its way to the screen
    closed() : back to the images
    """

    opened = Signal()
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._session = session
        self.model = StudyTableModel()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(SORT_ROLE)
        self.search = _field(_SEARCH, "Show only studies that contain all of these words")
        self.modality = QComboBox()
        self.modality.setToolTip("Show only studies with this modality")
        self.modality.setAccessibleName("Modality")
        self.date_from = _field("From date", _DATE_TIP.format("later"))
        self.date_to = _field("To date", _DATE_TIP.format("earlier"))
        self.count = PlainLabel()
        self.count.setObjectName("secondary")
        self.table = QTableView()
        self.empty = PlainLabel()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open = _button("Open", "Show the chosen studies (Enter, double click)")
        self.remove = _button(
            "Take off the list", "The files stay on the disk and can be opened again (Del)"
        )
        self.back = _button("Back to the images", "Esc")
        self._set_up_table()
        self._lay_out()
        self._connect()
        self._refresh()

    def chosen(self) -> list[StudySummary]:
        """Return the studies that are marked."""
        rows = self.table.selectionModel().selectedRows()
        return [self.model.study(self._sorted.mapToSource(index).row()) for index in rows]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._session.index.refresh()
        self.search.setFocus()
        self.search.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open_chosen()
        else:
            super().keyPressEvent(event)

    # ---- building ----

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self._sorted)
        table.setSortingEnabled(True)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._sorted.sort(-1)  # as the index has them, used last first
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(28)
        table.setAccessibleName("All studies")
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate(_WIDTHS):
            table.setColumnWidth(column, width)
        header.setSectionResizeMode(SERIES, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        filters, actions = QHBoxLayout(), QHBoxLayout()
        filters.addWidget(self.search, 3)
        for widget in (self.modality, self.date_from, self.date_to):
            filters.addWidget(widget, 1)
        actions.addWidget(self.count)
        actions.addStretch(1)
        for button in (self.back, self.remove, self.open):
            actions.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(filters)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty, 1)
        column.addLayout(actions)

    def _connect(self) -> None:
        for field in (self.search, self.date_from, self.date_to):
            field.textChanged.connect(self._refresh)
        self.modality.currentTextChanged.connect(self._refresh)
        self.table.doubleClicked.connect(self._open_chosen)
        self.table.selectionModel().selectionChanged.connect(self._show_buttons)
        self.open.clicked.connect(self._open_chosen)
        self.remove.clicked.connect(self._remove_chosen)
        self.back.clicked.connect(self.closed)
        for key, slot in ((Qt.Key.Key_Escape, self.closed.emit),):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._remove_chosen)
        self._session.index.changed.connect(self._refresh)
        self._session.identity_changed.connect(self._refresh)

    # ---- showing ----

    def _refresh(self) -> None:
        studies = self._session.index.studies
        hidden = self._session.identity_hidden
        self._show_modalities(studies)
        chosen = self.modality.currentText()
        wanted = StudyFilter(
            self.search.text(),
            "" if chosen == _ALL else chosen,
            _first_day(self.date_from.text()),
            _last_day(self.date_to.text()),
        )
        marked = {study.study_id for study in self.chosen()}
        self.model.show(studies, wanted, identity_hidden=hidden)
        self._mark_again(marked)
        shown = self.model.rowCount()
        for field in (self.date_from, self.date_to):
            field.setVisible(not hidden)
        for column in (ID, DATE):
            self.table.setColumnHidden(column, hidden)
        self.search.setPlaceholderText(_OPEN_SEARCH if hidden else _SEARCH)
        self.count.setText(
            count_words(shown, "study", "studies")
            if shown == len(studies)
            else f"{shown} of {count_words(len(studies), 'study', 'studies')}"
        )
        self.empty.setText(
            "No study fits. Search for less, or clear the filters."
            if studies
            else "Nothing was opened yet. Open a folder (Ctrl+O), and its studies are listed here."
        )
        self.empty.setVisible(not shown)
        self.table.setVisible(bool(shown))
        self._show_buttons()

    def _mark_again(self, study_ids: set[int]) -> None:
        """Mark studies that are still shown; the list may change under the user's hands."""
        if not study_ids or self.table.selectionModel().hasSelection():
            return
        flags = QItemSelectionModel.SelectionFlag
        for row in range(self.model.rowCount()):
            if self.model.study(row).study_id in study_ids:
                index = self._sorted.mapFromSource(self.model.index(row, 0))
                self.table.selectionModel().select(index, flags.Select | flags.Rows)

    def _show_modalities(self, studies: tuple[StudySummary, ...]) -> None:
        found = [_ALL, *sorted({m for study in studies for m in study.modalities})]
        if found == [self.modality.itemText(i) for i in range(self.modality.count())]:
            return
        chosen = self.modality.currentText()
        with QSignalBlocker(self.modality):
            self.modality.clear()
            self.modality.addItems(found)
            self.modality.setCurrentIndex(max(self.modality.findText(chosen), 0))

    def _show_buttons(self) -> None:
        has_chosen = self.table.selectionModel().hasSelection()
        self.open.setEnabled(has_chosen)
        self.remove.setEnabled(has_chosen)

    # ---- actions ----

    def _open_chosen(self, _index: QModelIndex | None = None) -> None:
        chosen = self.chosen()
        if not chosen and self.model.rowCount() == 1:  # one hit needs no click
            chosen = [self.model.study(0)]
        for study in chosen:
            self._session.index.open_study(study.study_id)
        if chosen:
            self.opened.emit()

    def _remove_chosen(self) -> None:
        chosen = self.chosen()
        if chosen:
            self._session.index.remove(chosen)
            self._session.notices.post_info(
                f"{count_words(len(chosen), 'study was', 'studies were')} taken off the list.",
                "The files stay where they are; open their folder to list them again.",
            )


def _field(placeholder: str, tooltip: str) -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText(placeholder)
    field.setClearButtonEnabled(True)
    field.setToolTip(tooltip)
    field.setAccessibleName(placeholder)
    return field


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    return button


def _first_day(text: str) -> str:
    """Return the first day of a year, month or day that is typed, as YYYYMMDD."""
    digits = "".join(c for c in text if c.isdecimal())[:8]
    return digits and digits.ljust(8, "0")


def _last_day(text: str) -> str:
    digits = "".join(c for c in text if c.isdecimal())[:8]
    return digits and digits.ljust(8, "9")
