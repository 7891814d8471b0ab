"""ViewportWidget: one tile of the window, bound to one ViewportState; holds no image state."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QEnterEvent,
    QFocusEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.probe import value_text
from medgan_viewer.session.annotations import Annotations
from medgan_viewer.session.measuring import Measuring
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.theme import ACCENT
from medgan_viewer.ui.viewport.annotation_mouse import MEASURE_TOOLS, AnnotationMouse
from medgan_viewer.ui.viewport.annotation_painter import AnnotationPainter
from medgan_viewer.ui.viewport.magnifier import Magnifier
from medgan_viewer.ui.viewport.mouse_tools import WHEEL_ZOOM, Drag, MouseTool, tool_for
from medgan_viewer.ui.viewport.placement import Placement
from medgan_viewer.ui.viewport.tile_painter import TilePainter
from medgan_viewer.ui.viewport.words_edit import WordsEdit

SET_MIME = "application/x-medgan-display-set"
CLICK_PIXELS = 4
WHEEL_NOTCH = 120


class ViewportWidget(QWidget):
    """A tile.

    Signals
    -------
    activated() : the user did something in this tile
    maximize_wanted() : double click
    menu_wanted(QPoint) : right click without a drag, in global coordinates
    set_dropped(str) : a display set of the study panel was dropped here
    """

    activated = Signal()
    maximize_wanted = Signal()
    menu_wanted = Signal(QPoint)
    set_dropped = Signal(str)

    def __init__(self, state: ViewportState) -> None:
        super().__init__()
        self.state = state
        self.painter_of_tile = TilePainter(state)
        self._magnifier = Magnifier(state)
        self.left_tool = "window"
        self.drawing: AnnotationMouse | None = None
        self._words: WordsEdit | None = None
        self._is_active = False
        self._hide_identity = False
        self._tool: MouseTool | None = None
        self._start = QPointF()
        self._before = QPointF()
        self._hover: QPointF | None = None
        self._wheel_rest = 0
        self._painted: PixelFrame | None = None
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Image")
        state.content_changed.connect(self._on_content_changed)
        state.voi_changed.connect(self.update)
        state.view_changed.connect(self.update)
        state.guides.changed.connect(self.update)
        state.loaded_changed.connect(self.update)
        state.look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(512, 512)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 120)

    def use_annotations(self, annotations: Annotations, measuring: Measuring) -> None:
        """Draw and show annotations on the image of this tile."""
        self.drawing = AnnotationMouse(self.state, annotations)
        self.painter_of_tile.annotations = AnnotationPainter(annotations, measuring)
        self._words = WordsEdit(self, annotations)
        self.drawing.words_wanted.connect(self._ask_for_words)
        annotations.changed.connect(self.update)
        measuring.ready.connect(self.update)

    def _ask_for_words(self, uid: str) -> None:
        if self._words is not None:
            self._words.open_for(uid, self._before)

    def set_active(self, active: bool) -> None:
        """Draw the edge that says which tile the keys act on."""
        if active != self._is_active:
            self._is_active = active
            self.update()

    def set_hide_identity(self, hide: bool) -> None:
        self._hide_identity = hide
        self.update()

    # ---- painting ----

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._measure()

    def _on_content_changed(self) -> None:
        self._measure()
        self.update()

    def _measure(self) -> None:
        """Tell the state how much room the image has; the bar of the mark comes and goes."""
        area = self.painter_of_tile.image_area(QRectF(self.rect()))
        self.state.tile_size = (max(area.width(), 1.0), max(area.height(), 1.0))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # ends also after a fault, or nothing is painted again
            self.painter_of_tile.paint(
                painter,
                QRectF(self.rect()),
                pixel_ratio=self.devicePixelRatioF(),
                probe=self._probe_text(),
                hide_identity=self._hide_identity,
            )
            if self._tool is not None and self._tool.name == "region window":
                painter.setPen(QPen(ACCENT, 1, Qt.PenStyle.DashLine))
                painter.drawRect(QRectF(self._start, self._before).normalized())
            lens_at = self._placement()
            if lens_at is not None and self._tool is not None and self._tool.name == "magnify":
                self._magnifier.paint(painter, lens_at, self._before, self.devicePixelRatioF())
            if self._is_active or self.hasFocus():
                width = 3 if self.hasFocus() else 1
                painter.setPen(QPen(ACCENT, width))
                inset = width / 2
                inside = self.painter_of_tile.inside_mark(QRectF(self.rect()))
                painter.drawRect(inside.adjusted(inset, inset, -inset, -inset))
        if self.state.frame is not None and self.state.frame is not self._painted:
            self._painted = self.state.frame
            self.state.painted.emit(self._painted)

    def _placement(self) -> Placement | None:
        return self.painter_of_tile.placement(QRectF(self.rect()))

    def _probe_text(self) -> str:
        """Return place and value under the mouse: "x 120 y 88 · 41 HU"."""
        frame, placement = self.state.frame, self._placement()
        if frame is None or placement is None or self._hover is None:
            return ""
        x, y = placement.to_image(self._hover)
        column, row = round(x), round(y)
        if not (0 <= column < frame.columns and 0 <= row < frame.rows):
            return ""
        return f"x {column} y {row} · {value_text(frame, row, column)}"

    # ---- mouse ----

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()
        if self._draws(event):
            return
        self._tool = tool_for(event, self.left_tool)
        self._start = self._before = event.position()
        placement = self._placement()
        if self._tool is not None and self._tool.name == "crosshair" and placement is not None:
            self._tool.drag(self.state, placement, Drag(self._start, self._start, self._start))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        now = event.position()
        self._hover = now
        placement = self._placement()
        if self.drawing is not None and self._tool is None:
            self.drawing.move(now, placement)
            shape = self.drawing.cursor(now, placement, self.left_tool)
            self.setCursor(Qt.CursorShape.ArrowCursor if shape is None else shape)
        if self._tool is not None and placement is not None:
            step = Drag(self._start, self._before, now)
            self._tool.drag(self.state, placement, step)
        elif placement is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.state.guides.point_at(*placement.to_image(now))
        else:
            self.state.guides.leave()
        self._before = now
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        tool, self._tool = self._tool, None
        placement = self._placement()
        is_left = event.button() is Qt.MouseButton.LeftButton
        if tool is None and is_left and self.drawing is not None:
            self.drawing.release(event.position(), placement)
        moved = (event.position() - self._start).manhattanLength() > CLICK_PIXELS
        if tool is not None and placement is not None and moved:
            tool.finish(self.state, placement, Drag(self._start, self._before, event.position()))
        if event.button() is Qt.MouseButton.RightButton and not moved:
            self.menu_wanted.emit(event.globalPosition().toPoint())
        self.update()

    def _draws(self, event: QMouseEvent) -> bool:
        """Hand a plain press of the left button to the annotations first."""
        is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        is_left = event.button() is Qt.MouseButton.LeftButton
        if self.drawing is None or not is_plain or not is_left:
            return False
        return self.drawing.press(event.position(), self._placement(), self.left_tool)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.left_tool in MEASURE_TOOLS and self._draws(event):
            return  # the second of two quick clicks
        if event.button() is Qt.MouseButton.LeftButton:
            self.maximize_wanted.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu key opens the menu; a right click does so on release, in case it is a drag."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.menu_wanted.emit(self.mapToGlobal(self.rect().center()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.activated.emit()
        placement = self._placement()
        notches = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if placement is not None:
                factor = WHEEL_ZOOM ** (notches / WHEEL_NOTCH)
                self.state.set_view(placement.zoomed(factor, event.position()))
        else:
            self._wheel_rest -= notches
            steps = int(self._wheel_rest / WHEEL_NOTCH)
            if steps:
                self._wheel_rest -= steps * WHEEL_NOTCH
                self.state.scroll(steps)
        event.accept()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.state.guides.leave()
        self.update()

    # ---- keyboard ----

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.activated.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    # ---- drops ----

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(SET_MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        data = bytes(event.mimeData().data(SET_MIME).data())
        event.acceptProposedAction()
        self.set_dropped.emit(data.decode("utf-8"))
