"""WordsEdit: a line over the image in which the words of an arrow or a text are typed."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from medgan_viewer.imaging.annotation import MAX_TEXT, AnnotationKind
from medgan_viewer.session.annotations import Annotations

_WIDTH_PX = 180


class WordsEdit(QLineEdit):
    """Enter keeps the words, Escape does not; a text without words goes."""

    def __init__(self, parent: QWidget, annotations: Annotations) -> None:
        super().__init__(parent)
        self._tile = parent
        self._annotations = annotations
        self._uid = ""
        self.setMaxLength(MAX_TEXT)
        self.setPlaceholderText("Words, then Enter")
        self.setAccessibleName("Words beside the drawing")
        self.returnPressed.connect(self._finish)
        self.hide()

    def open_for(self, uid: str, place: QPointF) -> None:
        """Ask for the words of what was just added; the edit that added it is still open."""
        self._uid = uid
        found = self._annotations.find(uid)
        self.clear()
        if found is not None and found.kind is not AnnotationKind.TEXT:
            self.setText(found.text)
        parent = self._tile
        room = max(parent.width() - _WIDTH_PX, 0), max(parent.height() - self.height(), 0)
        self.setGeometry(
            min(max(round(place.x()), 0), room[0]),
            min(max(round(place.y()), 0), room[1]),
            _WIDTH_PX,
            self.sizeHint().height(),
        )
        self.show()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        """Keep every key, also those that do something else in the images."""
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self._finish()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._finish()

    def _finish(self) -> None:
        uid, self._uid = self._uid, ""
        if not uid:
            return
        found = self._annotations.find(uid)
        if found is not None and found.kind is AnnotationKind.TEXT and not self.text().strip():
            self._annotations.remove(uid)
        else:
            self._annotations.rename(uid, self.text())
        self._annotations.end_edit()
        self.hide()
        self._tile.setFocus()
