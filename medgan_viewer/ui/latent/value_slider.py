"""ValueSlider: a slider for a real number, with a mark at its rest value and fine steps."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from medgan_viewer.ui.theme import ACCENT, PANEL, SECONDARY, TEXT, TRACK

THUMB_PX = 14.0
FINE = 0.1
MAGNET = 0.012  # part of the range around the rest value that a coarse drag lands on


class ValueSlider(QWidget):
    """A horizontal slider.

    Drag the thumb or click beside it; Shift makes fine steps; arrows step, Page keys leap, Home and
    End go to the ends; Ctrl and wheel step without scrolling the panel; double click or Delete goes
    to the rest value.

    Signals
    -------
    value_moved(float) : by the user
    drag_started(), drag_ended() : around one gesture of the user, for undo
    """

    value_moved = Signal(float)
    drag_started = Signal()
    drag_ended = Signal()

    def __init__(self, low: float, high: float, rest: float, step: float) -> None:
        super().__init__()
        self._low, self._high, self._rest, self._step = low, high, rest, step
        self._value = rest
        self._grabbed_at: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return QSize(120, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 24)

    @property
    def value(self) -> float:
        return self._value

    @property
    def limits(self) -> tuple[float, float]:
        return self._low, self._high

    def show_value(self, value: float) -> None:
        """Show a value that comes from the state; nothing is emitted."""
        value = min(max(value, self._low), self._high)
        if value != self._value:
            self._value = value
            self.update()

    def x_of(self, value: float) -> float:
        """Return the widget x of a value."""
        part = (value - self._low) / (self._high - self._low)
        return THUMB_PX / 2 + part * (self.width() - THUMB_PX)

    def _value_at(self, x: float) -> float:
        part = (x - THUMB_PX / 2) / max(self.width() - THUMB_PX, 1)
        return self._low + min(max(part, 0.0), 1.0) * (self._high - self._low)

    def _move_to(self, value: float, *, magnet: bool = False) -> None:
        value = min(max(value, self._low), self._high)
        if magnet and abs(value - self._rest) < (self._high - self._low) * MAGNET:
            value = self._rest
        if value != self._value:
            self._value = value
            self.update()
            self.value_moved.emit(value)

    def _single_edit(self, value: float) -> None:
        self.drag_started.emit()
        self._move_to(value)
        self.drag_ended.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), PANEL)
        middle = self.height() / 2
        left, right = self.x_of(self._low), self.x_of(self._high)
        enabled = self.isEnabled()
        painter.fillRect(QRectF(left, middle - 2, right - left, 4), TRACK)
        rest, now = self.x_of(self._rest), self.x_of(self._value)
        if enabled:
            painter.fillRect(QRectF(min(rest, now), middle - 2, abs(now - rest), 4), ACCENT)
        painter.setPen(QPen(SECONDARY, 1))
        painter.drawLine(QPointF(rest, middle - 8), QPointF(rest, middle + 8))
        painter.setPen(QPen(ACCENT if self.hasFocus() else PANEL, 2))
        painter.setBrush(TEXT if enabled else TRACK)
        painter.drawEllipse(QPointF(now, middle), THUMB_PX / 2 - 1, THUMB_PX / 2 - 1)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.drag_started.emit()
            x = event.position().x()
            on_thumb = abs(x - self.x_of(self._value)) <= THUMB_PX
            self._grabbed_at = x if on_thumb else self.x_of(self._value_at(x))
            if not on_thumb:
                self._move_to(self._value_at(x), magnet=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed_at is None:
            return
        x = event.position().x()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            span = (self._high - self._low) / max(self.width() - THUMB_PX, 1)
            self._move_to(self._value + (x - self._grabbed_at) * span * FINE)
        else:
            self._move_to(self._value_at(x), magnet=True)
        self._grabbed_at = x

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grabbed_at is not None and event.button() is Qt.MouseButton.LeftButton:
            self._grabbed_at = None
            self.drag_ended.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._single_edit(self._rest)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()  # the panel scrolls
            return
        self._single_edit(self._value + self._step * event.angleDelta().y() / 120)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        fine = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        steps = {
            Qt.Key.Key_Left: -1.0,
            Qt.Key.Key_Down: -1.0,
            Qt.Key.Key_Right: 1.0,
            Qt.Key.Key_Up: 1.0,
            Qt.Key.Key_PageDown: -10.0,
            Qt.Key.Key_PageUp: 10.0,
        }
        key = Qt.Key(event.key())
        if key in steps:
            self._single_edit(self._value + steps[key] * self._step * fine)
        elif key is Qt.Key.Key_Home:
            self._single_edit(self._low)
        elif key is Qt.Key.Key_End:
            self._single_edit(self._high)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._single_edit(self._rest)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
