"""Keys and mouse as a table, the search over all actions, and what the program is for."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer import __version__
from medgan_viewer.ui.actions import ACTIONS, MOUSE_HELP

ABOUT = f"""
<h3>medgan-viewer {__version__}</h3>
<p>Browse real DICOM studies beside images that a generative network made.</p>
<p><b>For research and education. Not a medical device; not for diagnosis or patient
management.</b> A synthetic image shows what a network learned, not a patient.</p>
<p>Apache License 2.0</p>
"""


class KeysDialog(QDialog):
    """The live table of keys and mouse gestures."""

    def __init__(self, parent: QWidget, actions: Mapping[str, QAction]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and mouse")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 680)
        rows = [
            (spec.group, actions[spec.action_id], spec)
            for spec in ACTIONS
            if actions[spec.action_id].shortcuts()
        ]
        table = QTableWidget(len(rows) + len(MOUSE_HELP), 3)
        table.setHorizontalHeaderLabels(["", "Key or mouse", "What it does"])
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        for line, (gesture, meaning) in enumerate(MOUSE_HELP):
            for column, text in enumerate(("Mouse", gesture, meaning)):
                table.setItem(line, column, QTableWidgetItem(text))
        for line, (group, action, spec) in enumerate(rows, start=len(MOUSE_HELP)):
            keys = ", ".join(key.toString() for key in action.shortcuts())
            for column, text in enumerate((group, keys, spec.text)):
                table.setItem(line, column, QTableWidgetItem(text))
        table.resizeColumnsToContents()
        table.horizontalHeader().setStretchLastSection(True)
        table.setColumnWidth(2, 0)  # stretched to what is left
        table.resizeRowsToContents()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column_layout = QVBoxLayout(self)
        column_layout.addWidget(table)
        column_layout.addWidget(buttons)


class CommandPalette(QDialog):
    """Type a few letters of an action, press Enter."""

    def __init__(self, parent: QWidget, actions: Mapping[str, QAction]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Find an action")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(460, 420)
        self._actions = actions
        self.text = QLineEdit()
        self.text.setPlaceholderText("What do you want to do?")
        self.list = QListWidget()
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        column.addWidget(self.list)
        self.text.textChanged.connect(self._filter)
        self.text.installEventFilter(self)
        self.list.itemActivated.connect(self._run)
        self._filter("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys and Enter act on the list while the text has the focus."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            key = event.key()
            row = self.list.currentRow()
            if key == Qt.Key.Key_Down:
                self.list.setCurrentRow(min(row + 1, self.list.count() - 1))
                return True
            if key == Qt.Key.Key_Up:
                self.list.setCurrentRow(max(row - 1, 0))
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        self.list.clear()
        for spec in ACTIONS:
            haystack = f"{spec.group} {spec.text}".lower()
            action = self._actions[spec.action_id]
            if all(word in haystack for word in words) and action.isEnabled():
                keys = ", ".join(key.toString() for key in action.shortcuts())
                item = QListWidgetItem(f"{spec.text}    {keys}".rstrip())
                item.setData(Qt.ItemDataRole.UserRole, spec.action_id)
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        action = self._actions[item.data(Qt.ItemDataRole.UserRole)]
        self.accept()
        action.trigger()


class AboutDialog(QDialog):
    """What the program is for and is not for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = QLabel(ABOUT)
        text.setWordWrap(True)
        text.setFixedWidth(420)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(text)
        column.addWidget(buttons)
