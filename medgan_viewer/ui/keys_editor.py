"""KeysEditor: gives actions other keys; a key that is taken is refused with a word."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.ui.actions import ACTIONS
from medgan_viewer.ui.foreign_text import PlainLabel
from medgan_viewer.ui.key_scheme import KeyScheme


class KeysEditor(QDialog):
    """Bound to a KeyScheme."""

    def __init__(self, scheme: KeyScheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 620)
        self._scheme = scheme
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search an action or a key")
        self.search.setAccessibleName("Search an action or a key")
        self.search.textChanged.connect(self._filter)
        self.table = QTableWidget(len(ACTIONS), 3)
        self.table.setHorizontalHeaderLabels(["", "Action", "Keys"])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(2, 180)
        self.table.currentCellChanged.connect(self._on_chosen)
        self.key = QKeySequenceEdit()
        self.key.setMaximumSequenceLength(1)
        self.key.setAccessibleName("New key")
        self.key.setToolTip("Press the key that the action is to have")
        self.message = PlainLabel()
        self.message.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.key, 1)
        for text, tip, act in (
            ("Set", "Give the action this key alone", self.set_key),
            ("Add", "Give the action this key too", self.add_key),
            ("None", "Take all keys from the action", self.clear_keys),
            ("As it was", "Give the action its first keys again", self.reset_key),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.setAutoDefault(False)
            button.clicked.connect(act)
            buttons.addWidget(button)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        all_back = close.addButton("All as they were", QDialogButtonBox.ButtonRole.ResetRole)
        all_back.clicked.connect(scheme.reset_all)
        close.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (self.search, self.table):
            column.addWidget(part)
        column.addLayout(buttons)
        column.addWidget(self.message)
        column.addWidget(close)
        scheme.changed.connect(self._show)
        self._show()
        self.table.setCurrentCell(0, 1)

    def choose(self, action_id: str) -> None:
        """Select the line of an action."""
        for row in range(self.table.rowCount()):
            if ACTIONS[row].action_id == action_id:
                self.table.setCurrentCell(row, 1)

    def set_key(self) -> None:
        self._give((self._typed(),))

    def add_key(self) -> None:
        self._give((*self._scheme.keys_of(self._chosen()), self._typed()))

    def clear_keys(self) -> None:
        self._give(())

    def reset_key(self) -> None:
        self._tell(self._scheme.reset(self._chosen()))

    def _give(self, keys: tuple[str, ...]) -> None:
        self._tell(self._scheme.set_keys(self._chosen(), keys))

    def _tell(self, obstacle: str) -> None:
        self.message.setText(f"⚠ {obstacle}" if obstacle else "")
        if not obstacle:
            self.key.clear()

    def _chosen(self) -> str:
        return ACTIONS[max(self.table.currentRow(), 0)].action_id

    def _typed(self) -> str:
        return self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _on_chosen(self) -> None:
        self.message.setText("")
        self.key.clear()

    def _show(self) -> None:
        for row, spec in enumerate(ACTIONS):
            keys = ", ".join(self._scheme.keys_of(spec.action_id))
            for column, text in enumerate((spec.group, spec.text, keys)):
                item = self.table.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.table.setItem(row, column, item)
                item.setText(text)

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for row in range(self.table.rowCount()):
            spec = ACTIONS[row]
            keys = " ".join(self._scheme.keys_of(spec.action_id))
            line = f"{spec.group} {spec.text} {keys}".lower()
            self.table.setRowHidden(row, not all(word in line for word in words))
