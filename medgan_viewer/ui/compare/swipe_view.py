"""SwipeView: two images under one movable edge, acquired left of it, synthetic right."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.session.annotations import Annotations
from medgan_viewer.session.comparison import ComparisonState
from medgan_viewer.session.measuring import Measuring
from medgan_viewer.session.tile_view import View
from medgan_viewer.ui.theme import ACCENT, TEXT
from medgan_viewer.ui.viewport.annotation_painter import AnnotationPainter
from medgan_viewer.ui.viewport.mouse_tools import WHEEL_ZOOM, Drag, MouseTool, tool_for
from medgan_viewer.ui.viewport.synthetic_mark import paint_mark
from medgan_viewer.ui.viewport.tile_painter import TilePainter
from medgan_viewer.ui.viewport.viewport_widget import CLICK_PIXELS, WHEEL_NOTCH

GRIP_PX = 6
GRAB_PX = 12  # a press this near to the edge takes hold of it
KEY_STEP = 0.02
EDGE_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right)


class SwipeView(QWidget):
    """Draws both tiles in one place; each half keeps its own captions and its own mark.

    The mouse moves the edge where it takes hold of it; elsewhere its tools act on the image under
    it, as in a tile, but zoom and position change for both.

    Signals
    -------
    activated(ViewportState) : the user did something on the side of this tile
    menu_wanted(ViewportState, QPoint) : right click without a drag, in global coordinates
    """

    activated = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(self, state: ComparisonState) -> None:
        super().__init__()
        self._state = state
        self._left = TilePainter(state.reference)
        self._right = TilePainter(state.candidate)
        for painter in (self._left, self._right):
            painter.leaves_room = True  # or one image would lie higher than the other
        self.left_tool = "window"
        self._side = self._left
        self._tool: MouseTool | None = None
        self._holds_edge = False
        self._start = QPointF()
        self._before = QPointF()
        self._hide_identity = False
        self._painted: dict[TilePainter, PixelFrame] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setAccessibleName("Swipe between the acquired and the synthetic image")
        self.setToolTip("Drag the edge; beside it the mouse acts on the image under it")
        state.swipe_changed.connect(self.update)
        for tile in (state.reference, state.candidate):
            tile.content_changed.connect(self.update)
            tile.voi_changed.connect(self.update)
            tile.view_changed.connect(self.update)
            tile.look.changed.connect(self.update)

    def show_annotations(self, annotations: Annotations, measuring: Measuring) -> None:
        """Show what is drawn on both images; it is drawn in the other views."""
        for painter in (self._left, self._right):
            painter.annotations = AnnotationPainter(annotations, measuring)
        annotations.changed.connect(self.update)
        measuring.ready.connect(self.update)

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
                    visible=clip,
                )
                if side.is_marked and clip.width() > 0:
                    # Around its own half, so that the word is never behind the edge.
                    paint_mark(painter, clip, side.mark_text)
                painter.restore()
            if self._tool is not None and self._tool.name == "region window":
                painter.setPen(QPen(ACCENT, 1, Qt.PenStyle.DashLine))
                painter.drawRect(QRectF(self._start, self._before).normalized())
            painter.setPen(QPen(ACCENT if self.hasFocus() else TEXT, 2))
            painter.drawLine(QPointF(edge, 0), QPointF(edge, whole.height()))
            painter.setBrush(TEXT)
            painter.drawEllipse(QPointF(edge, whole.height() / 2), GRIP_PX, GRIP_PX)
        for side in (self._left, self._right):
            frame = side.state.frame
            if frame is not None and frame is not self._painted.get(side):
                self._painted[side] = frame
                side.state.painted.emit(frame)

    # ---- mouse ----

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        self._side = self._left if place.x() < self._edge() else self._right
        self._start = self._before = place
        is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        self._holds_edge = (
            event.button() is Qt.MouseButton.LeftButton and is_plain and self._is_at_edge(place)
        )
        self._tool = None if self._holds_edge else tool_for(event, self.left_tool)
        self.activated.emit(self._side.state)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        now = event.position()
        grabs = self._holds_edge or (self._tool is None and self._is_at_edge(now))
        self.setCursor(Qt.CursorShape.SplitHCursor if grabs else Qt.CursorShape.ArrowCursor)
        placement = self._side.placement(QRectF(self.rect()))
        if self._holds_edge:
            self._state.set_swipe(now.x() / max(self.width(), 1))
        elif self._tool is not None and placement is not None:
            state = self._side.state
            view = state.view
            self._tool.drag(state, placement, Drag(self._start, self._before, now))
            if state.view != view:
                self._look(state.view)
            self.update()
        self._before = now

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        tool, self._tool = self._tool, None
        self._holds_edge = False
        placement = self._side.placement(QRectF(self.rect()))
        moved = (event.position() - self._start).manhattanLength() > CLICK_PIXELS
        if tool is not None and placement is not None and moved:
            step = Drag(self._start, self._before, event.position())
            tool.finish(self._side.state, placement, step)
        if event.button() is Qt.MouseButton.RightButton and not moved:
            self.menu_wanted.emit(self._side.state, event.globalPosition().toPoint())
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """As in ViewportWidget."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.menu_wanted.emit(self._side.state, self.mapToGlobal(self.rect().center()))

    def _is_at_edge(self, place: QPointF) -> bool:
        return abs(place.x() - self._edge()) <= GRAB_PX

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
