"""CurvePlot: loss curves over the images that were seen, painted by ourselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from medgan_viewer.session.training_curves import LossCurve
from medgan_viewer.ui.theme import SECONDARY, TRACK, overlay_font
from medgan_viewer.ui.training.axis import decade_ticks, round_ticks, short_number

_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 10, 40
_TICK_PX = 72  # of the lower axis; of the other, half of it
_FONT_PX = 11
# Neither amber, which means SYNTHETIC, nor red, which means an error.
_COLORS = ("#5b9bff", "#7bd389", "#c792ea", "#4dd0e1", "#f5a3c7", "#d4e157", "#b0bec5", "#b39c8f")
_DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)


def line_pen(index: int) -> QPen:
    """Return the pen of the curve with this place; neighbours differ in color and in dashes."""
    pen = QPen(QColor(_COLORS[index % len(_COLORS)]), 1.6, _DASHES[index % len(_DASHES)])
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


def line_sample(index: int, pixel_ratio: float) -> QPixmap:
    """Return a short piece of the curve's line, for a legend."""
    pixmap = QPixmap(round(24 * pixel_ratio), round(12 * pixel_ratio))
    pixmap.setDevicePixelRatio(pixel_ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = line_pen(index)
    pen.setWidthF(2.0)
    painter.setPen(pen)
    painter.drawLine(QPointF(0, 6), QPointF(24, 6))
    painter.end()
    return pixmap


@dataclass(frozen=True, slots=True)
class _Scale:
    """Limits of the axes; those of a logarithmic one are powers of ten."""

    images: float
    low: float
    high: float


class CurvePlot(QWidget):
    """Paints the curves it is given; keeps nothing of the run.

    Signals
    -------
    cursor_moved() : the mouse is over another number of images, or over none
    """

    cursor_moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Loss curves")
        self._curves: Sequence[LossCurve] = ()
        self._hidden: frozenset[str] = frozenset()
        self._is_logarithmic = False
        self._empty_text = ""
        self._cursor: float | None = None

    def sizeHint(self) -> QSize:
        return QSize(420, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    @property
    def leaves_out(self) -> bool:
        """Some means are 0 or below, which a logarithmic axis cannot show."""
        return self._is_logarithmic and any((c.means <= 0).any() for _, c in self._shown())

    @property
    def cursor_images(self) -> float | None:
        """Where the mouse is on the lower axis."""
        return self._cursor

    def show_curves(self, curves: Sequence[LossCurve]) -> None:
        self._curves = curves
        self.update()

    def set_empty_text(self, text: str) -> None:
        """Say what stands here while there is no curve."""
        self._empty_text = text
        self.update()

    def hide_curves(self, names: frozenset[str]) -> None:
        self._hidden = names
        self.update()

    def set_logarithmic(self, is_logarithmic: bool) -> None:
        self._is_logarithmic = is_logarithmic
        self.update()

    # ---- mouse ----

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area = self._area()
        inside = area.contains(event.position()) and bool(self._shown())
        part = (event.position().x() - area.left()) / max(area.width(), 1)
        self._set_cursor(part * self._last_image() if inside else None)

    def leaveEvent(self, _: object) -> None:
        self._set_cursor(None)

    def _set_cursor(self, images: float | None) -> None:
        if images != self._cursor:
            self._cursor = images
            self.cursor_moved.emit()
            self.update()

    # ---- painting ----

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(overlay_font(_FONT_PX))
        shown = self._shown()
        scale = self._scale(shown)
        if scale is None:
            painter.setPen(SECONDARY)
            hint = "No loss is above 0." if shown else self._empty_text
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, hint)
            painter.end()
            return
        self._paint_axes(painter, scale)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self._area().adjusted(-1, -1, 1, 1))
        for index, curve in shown:
            painter.setPen(line_pen(index))
            for piece in self._pieces(curve, scale):
                painter.drawPolyline(piece)
        if self._cursor is not None:
            x = self._area().left() + self._cursor / scale.images * self._area().width()
            painter.setPen(QPen(SECONDARY, 1))
            painter.drawLine(QPointF(x, self._area().top()), QPointF(x, self._area().bottom()))
        painter.end()

    def _paint_axes(self, painter: QPainter, scale: _Scale) -> None:
        area = self._area()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        count = max(int(area.height() / (_TICK_PX / 2)), 2)
        for value in self._value_ticks(scale, count):
            y = self._y(np.array([value]), scale)[0]
            painter.setPen(QPen(TRACK, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(SECONDARY)
            place = QRectF(0, y - 8, _LEFT - 6, 16)
            painter.drawText(place, right, short_number(value))
        middle = Qt.AlignmentFlag.AlignCenter
        rows = (QRectF(0, area.bottom() + 4, 0, 16), QRectF(0, area.bottom() + 20, 0, 16))
        for row, title in zip(rows, ("images", "minutes"), strict=True):
            painter.drawText(QRectF(0, row.top(), _LEFT - 6, 16), right, title)
        longest = max((curve for _, curve in self._shown()), key=lambda curve: len(curve.images))
        ticks = round_ticks(0, scale.images, max(int(area.width() / _TICK_PX), 1))
        for images in ticks:
            x = area.left() + images / scale.images * area.width()
            painter.setPen(QPen(TRACK, 1))
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4))
            painter.setPen(SECONDARY)
            minutes = np.interp(images, [0, *longest.images], [0, *longest.minutes])
            for row, text in zip(rows, (images, round(float(minutes), 1)), strict=True):
                place = QRectF(x - _TICK_PX / 2, row.top(), _TICK_PX, 16)
                painter.drawText(place, middle, short_number(text))
        painter.setPen(QPen(SECONDARY, 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _value_ticks(self, scale: _Scale, count: int) -> list[float]:
        if self._is_logarithmic:
            return decade_ticks(10**scale.low, 10**scale.high, count)
        return round_ticks(scale.low, scale.high, count)

    # ---- where things are ----

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)

    def _shown(self) -> list[tuple[int, LossCurve]]:
        """Return the curves that are not hidden, each with its place, which decides its line."""
        return [(i, c) for i, c in enumerate(self._curves) if c.name not in self._hidden]

    def _last_image(self) -> float:
        return max((float(c.images[-1]) for _, c in self._shown() if c.images.size), default=0.0)

    def _scale(self, shown: Sequence[tuple[int, LossCurve]]) -> _Scale | None:
        """Return the limits of both axes; None when there is nothing to draw."""
        values = np.concatenate([curve.means for _, curve in shown] or [np.empty(0)])
        if self._is_logarithmic:
            values = np.log10(values[values > 0])
        if not values.size or not self._last_image() > 0:
            return None
        low, high = float(values.min()), float(values.max())
        margin = (high - low) * 0.04 or (0.1 if self._is_logarithmic else abs(high) * 0.1 or 1.0)
        if not self._is_logarithmic and 0 <= low < (high - low) * 0.2:
            return _Scale(self._last_image(), 0.0, high + margin)
        return _Scale(self._last_image(), low - margin, high + margin)

    def _y(self, values: npt.NDArray[np.float64], scale: _Scale) -> npt.NDArray[np.float64]:
        """Return where values lie, in pixels; those that a logarithmic axis has not are NaN."""
        if self._is_logarithmic:
            values = np.array([log10(v) if v > 0 else np.nan for v in values])
        area = self._area()
        part = (values - scale.low) / (scale.high - scale.low)
        return area.bottom() - part * area.height()

    def _pieces(self, curve: LossCurve, scale: _Scale) -> list[QPolygonF]:
        """Return the curve in pixels, as mean of what falls into one column, cut at gaps."""
        area = self._area()
        x = area.left() + curve.images / scale.images * area.width()
        columns = x.astype(np.int64)
        starts = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
        counts = np.diff(starts, append=x.size)
        x = np.add.reduceat(x, starts) / counts
        y = self._y(np.add.reduceat(curve.means, starts) / counts, scale)
        pieces: list[QPolygonF] = []
        for part in np.split(np.arange(y.size), np.flatnonzero(np.isnan(y))):
            points = [QPointF(x[i], y[i]) for i in part if not np.isnan(y[i])]
            if len(points) == 1:  # a point alone is seen too
                points.append(points[0] + QPointF(2, 0))
            if points:
                pieces.append(QPolygonF(points))
        return pieces
