"""TagModel: TagLines as a Qt model; shows texts as they are and hides what must be hidden."""

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from medgan_viewer.dicom.tag_comparison import Mark
from medgan_viewer.dicom.tag_lines import TagLines, arrange, value_text
from medgan_viewer.ui.foreign_text import plain_tooltip
from medgan_viewer.ui.theme import ACCENT, SECONDARY

Index = QModelIndex | QPersistentModelIndex

TAG, NAME, VR, VALUE, MARK, OTHER_VALUE = range(6)
HEADERS = ("Tag", "Name", "VR", "Value", "", "Value in the second file")
SIGNS = {
    Mark.SAME: "",
    Mark.DIFFERS: "≠",
    Mark.LEFT_ONLY: "◀",
    Mark.RIGHT_ONLY: "▶",
    Mark.NOT_COMPARED: "?",
}
_ROOT = QModelIndex()


class TagModel(QAbstractItemModel):
    """Read only; the id of an index is the place of its line."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines = arrange(())
        self._shows_two = False
        self._hide_identity = False

    @property
    def lines(self) -> TagLines:
        return self._lines

    def show(self, lines: TagLines, *, shows_two: bool, hide_identity: bool) -> None:
        self.beginResetModel()
        self._lines = lines
        self._shows_two = shows_two
        self._hide_identity = hide_identity
        self.endResetModel()

    def index_of(self, place: int) -> QModelIndex:
        return self.createIndex(self._lines.places_in_parent[place], TAG, place)

    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        siblings = self._children(parent)
        if 0 <= row < len(siblings) and 0 <= column < self.columnCount():
            return self.createIndex(row, column, siblings[row])
        return QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        place = self._lines.parents[index.internalId()] if index.isValid() else -1
        return self.index_of(place) if place >= 0 else QModelIndex()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return len(self._children(parent)) if parent.column() <= 0 else 0

    def columnCount(self, parent: Index = _ROOT) -> int:
        return len(HEADERS) if self._shows_two else VALUE + 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return HEADERS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        place, column = index.internalId(), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.text(place, column)
            case Qt.ItemDataRole.ToolTipRole:
                if column == MARK:
                    mark = self._lines.pairs[place].mark
                    return "" if mark is Mark.SAME else mark.value
                return plain_tooltip(self.text(place, column))
            case Qt.ItemDataRole.ForegroundRole:
                return self._color(place, column)
            case Qt.ItemDataRole.TextAlignmentRole if column == MARK:
                return Qt.AlignmentFlag.AlignCenter
            case _:
                return None

    def text(self, place: int, column: int) -> str:
        """Return what stands in a column of a line."""
        pair = self._lines.pairs[place]
        hide = self._hide_identity
        match column:
            case 0:
                return pair.row.tag or pair.row.name
            case 1:
                return pair.row.name if pair.row.tag else ""
            case 2:
                vrs = dict.fromkeys(one.vr for one in (pair.left, pair.right) if one is not None)
                return "/".join(vrs)
            case 3:
                return value_text(pair.left, hide_identity=hide)
            case 4:
                return SIGNS[pair.mark]
            case _:
                return value_text(pair.right, hide_identity=hide)

    def _children(self, parent: Index) -> tuple[int, ...]:
        place = parent.internalId() if parent.isValid() else -1
        return self._lines.children[place]

    def _color(self, place: int, column: int) -> QColor | None:
        pair = self._lines.pairs[place]
        if self._shows_two and pair.mark is not Mark.SAME and column >= VALUE:
            return ACCENT
        if column == VR or not pair.row.tag or (self._hide_identity and pair.may_identify):
            return SECONDARY
        return None
