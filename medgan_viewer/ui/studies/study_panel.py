"""StudyPanel: what is open, as a tree with thumbnails; search; open."""

from PySide6.QtCore import (
    QModelIndex,
    QSignalBlocker,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QLineEdit, QPushButton, QTreeView, QVBoxLayout, QWidget

from medgan_viewer.imaging.display import DisplayImage
from medgan_viewer.session.session import Session
from medgan_viewer.ui.foreign_text import PlainLabel
from medgan_viewer.ui.studies.recent_list import RecentList
from medgan_viewer.ui.studies.study_tree_model import KEY_ROLE, SET_ROLE, StudyTreeModel
from medgan_viewer.ui.studies.thumbnail import SIDE_PX


class StudyPanel(QWidget):
    """Bound to OpenStudies.

    Signals
    -------
    set_chosen(str) : a display set or synthetic set is to be shown
    open_wanted()
    """

    set_chosen = Signal(str)
    open_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._session = session
        self._folded = {"skipped"}
        self._awaited = ""  # a set on screen that the tree does not have yet
        self.model = StudyTreeModel()
        self.model.pixel_ratio = self.devicePixelRatioF()
        self._filter = QSortFilterProxyModel(self)
        self._filter.setSourceModel(self.model)
        self._filter.setRecursiveFilteringEnabled(True)
        self._filter.setAutoAcceptChildRows(True)
        self._filter.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search name, ID, date, series")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Show only what contains this text")
        self.search.setAccessibleName("Search the studies")
        self.search.textChanged.connect(self._on_searched)
        self.tree = QTreeView()
        self.tree.setModel(self._filter)
        self.tree.setHeaderHidden(True)
        self.tree.setIconSize(QSize(SIDE_PX, SIDE_PX))
        self.tree.setIndentation(10)
        self.tree.setDragEnabled(True)
        self.tree.setAccessibleName("Studies")
        self.tree.activated.connect(self._on_activated)
        self.tree.clicked.connect(self._on_activated)
        self.tree.collapsed.connect(self._on_collapsed)
        self.tree.expanded.connect(self._on_expanded)
        self.empty = PlainLabel("Nothing is open.\nDrop a folder with DICOM images here, or")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open = QPushButton("Open a folder…")
        self.open.setToolTip("Choose a folder with DICOM images (Ctrl+O)")
        self.open.clicked.connect(self.open_wanted)
        self.recent = RecentList(session)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addStretch(0)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        column.addWidget(self.empty)
        column.addWidget(self.open)
        column.addWidget(self.recent)
        column.addStretch(0)
        self._column = column
        session.studies.changed.connect(self._refresh)
        session.identity_changed.connect(self._refresh)
        session.thumbnails.thumbnail_ready.connect(self._on_thumbnail)
        self._refresh()

    def select_set(self, set_id: str) -> None:
        """Mark the set that is on screen, as soon as the tree has it."""
        index = self._filter.mapFromSource(self.model.index_of_set(set_id))
        self._awaited = "" if index.isValid() else set_id
        self.tree.setAutoScroll(self._is_unfolded(index.parent()))  # scrolling to it unfolds
        if index.isValid():
            self.tree.setCurrentIndex(index)

    def _refresh(self) -> None:
        studies = self._session.studies
        new = self.model.show(
            studies.studies,
            studies.synthetic_sets,
            studies.skipped,
            identity_hidden=self._session.identity_hidden,
        )
        for display_set in new:
            self._session.thumbnails.request(display_set)
        self._unfold()
        if self._awaited:
            self.select_set(self._awaited)
        is_empty = not studies.studies and not studies.skipped
        for end in (0, self._column.count() - 1):  # text and button stand in the middle
            self._column.setStretch(end, int(is_empty))
        self.empty.setVisible(is_empty)
        self.recent.setVisible(is_empty)
        self.tree.setVisible(not is_empty)
        self.search.setVisible(not is_empty)

    def _unfold(self, parent: QModelIndex | None = None) -> None:
        """Unfold all but what the user folded and 'Not shown'; while searching, all."""
        parent = parent or QModelIndex()
        for row in range(self._filter.rowCount(parent)):
            index = self._filter.index(row, 0, parent)
            if self._filter.hasChildren(index):
                with QSignalBlocker(self.tree):  # not the user's doing
                    folded = not self.search.text() and index.data(KEY_ROLE) in self._folded
                    self.tree.setExpanded(index, not folded)
                self._unfold(index)

    def _is_unfolded(self, index: QModelIndex) -> bool:
        while index.isValid():
            if not self.tree.isExpanded(index):
                return False
            index = index.parent()
        return True

    def _on_collapsed(self, index: QModelIndex) -> None:
        self._folded.add(index.data(KEY_ROLE))

    def _on_expanded(self, index: QModelIndex) -> None:
        self._folded.discard(index.data(KEY_ROLE))

    def _on_searched(self, text: str) -> None:
        self._filter.setFilterFixedString(text)
        self._unfold()

    def _on_activated(self, index: QModelIndex) -> None:
        set_id = index.data(SET_ROLE)
        if set_id:
            self.set_chosen.emit(set_id)

    def _on_thumbnail(self, set_id: str, image: DisplayImage | None, synthetic: bool) -> None:
        self.model.set_picture(set_id, image, synthetic=synthetic)
