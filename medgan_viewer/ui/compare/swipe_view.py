"""SwipeView: two images under one movable edge, acquired left of it, synthetic right."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from medgan_viewer.session.comparison import ComparisonState
from medgan_viewer.session.viewports import View
from medgan_viewer.ui.theme import ACCENT, TEXT
from medgan_viewer.ui.viewport.mouse_tools import WHEEL_ZOOM
from medgan_viewer.ui.viewport.synthetic_mark import paint_mark
from medgan_viewer.ui.viewport.tile_painter import TilePainter
from medgan_viewer.ui.viewport.viewport_widget import WHEEL_NOTCH

GRIP_PX = 6
KEY_STEP = 0.02
EDGE_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right)


class SwipeView(QWidget):
    """Draws both tiles in one place; each half keeps its own captions and its own mark.

    Signals
    -------
    activated() : the user did something here
    """

    activated = Signal()

    def __init__(self, state: ComparisonState) -> None:
        super().__init__()
        self._state = state
        self._left = TilePainter(state.reference)
        self._right = TilePainter(state.candidate)
        for painter in (self._left, self._right):
            painter.leaves_room = True  # or one image would lie higher than the other
        self._before: QPointF | None = None
        self._hide_identity = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setAccessibleName("Swipe between the acquired and the synthetic image")
        self.setToolTip("Drag the edge; wheel scrolls, Ctrl and wheel enlarges")
        state.swipe_changed.connect(self.update)
        for tile in (state.reference, state.candidate):
            tile.content_changed.connect(self.update)
            tile.voi_changed.connect(self.update)
            tile.view_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(512, 512)

    def set_hide_identity(self, hide: bool) -> None:
        self._hide_identity = hide
        self.update()

    def _edge(self) -> float:
        return self._state.swipe * self.width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        for painter in (self._left, self._right):
            area = painter.image_area(QRectF(self.rect()))
            painter.state.tile_size = (max(area.width(), 1.0), max(area.height(), 1.0))

    def paintEvent(self, event: QPaintEvent) -> None:
        whole = QRectF(self.rect())
        edge = self._edge()
        ratio = self.devicePixelRatioF()
        with QPainter(self) as painter:  # as in ViewportWidget
            for side, clip in (
                (self._left, QRectF(0, 0, edge, whole.height())),
                (self._right, QRectF(edge, 0, whole.width() - edge, whole.height())),
            ):
                painter.save()
                painter.setClipRect(clip)
                side.paint(
                    painter,
                    whole,
                    pixel_ratio=ratio,
                    hide_identity=self._hide_identity,
                    marked=False,
                )
                if side.is_marked and clip.width() > 0:
                    # Around its own half, so that the word is never behind the edge.
                    paint_mark(painter, clip, side.mark_text)
                painter.restore()
            painter.setPen(QPen(ACCENT if self.hasFocus() else TEXT, 2))
            painter.drawLine(QPointF(edge, 0), QPointF(edge, whole.height()))
            painter.setBrush(TEXT)
            painter.drawEllipse(QPointF(edge, whole.height() / 2), GRIP_PX, GRIP_PX)
        for side in (self._left, self._right):
            if side.state.frame is not None:
                side.state.painted.emit(side.state.frame)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()
        self._before = event.position()
        if event.button() is Qt.MouseButton.LeftButton:
            self._state.set_swipe(event.position().x() / max(self.width(), 1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        now, before = event.position(), self._before
        if before is None:
            return
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._state.set_swipe(now.x() / max(self.width(), 1))
        elif event.buttons() & Qt.MouseButton.MiddleButton:
            placement = self._left.placement(QRectF(self.rect()))
            if placement is not None:
                step = now - before
                self._look(placement.moved(step.x(), step.y()))
        self._before = now

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._before = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / WHEEL_NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            placement = self._left.placement(QRectF(self.rect()))
            if placement is not None:
                self._look(placement.zoomed(WHEEL_ZOOM**notches, event.position()))
        else:
            self._state.reference.scroll(-round(notches))
        event.accept()

    def _look(self, view: View) -> None:
        """Zoom and move both images, linked or not; where they are, the first one leads."""
        for tile in (self._state.candidate, self._state.reference):
            tile.set_view(view)

    def event(self, event: QEvent) -> bool:
        """Keep the arrow keys, which change the series in the other views."""
        is_mine = isinstance(event, QKeyEvent) and event.key() in EDGE_KEYS
        if is_mine and event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Left:
            self._state.set_swipe(self._state.swipe - KEY_STEP)
        elif event.key() == Qt.Key.Key_Right:
            self._state.set_swipe(self._state.swipe + KEY_STEP)
        else:
            event.ignore()
