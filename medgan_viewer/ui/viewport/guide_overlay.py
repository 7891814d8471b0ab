"""Draws reference lines and the cursor of other tiles over an image."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from medgan_viewer.session.guides import TileGuides
from medgan_viewer.ui.theme import overlay_font
from medgan_viewer.ui.viewport.placement import Placement

# Told apart by the color-blind too; amber and red have other meanings.
PALETTE = (
    QColor(86, 180, 233),
    QColor(0, 200, 140),
    QColor(204, 121, 210),
    QColor(150, 150, 255),
    QColor(120, 220, 220),
    QColor(190, 220, 90),
    QColor(230, 160, 220),
    QColor(170, 200, 170),
    QColor(200, 200, 230),
)
_SHADOW = QColor(0, 0, 0, 160)
_CURSOR = QColor(255, 255, 255)
CURSOR_PX = 9.0
CURSOR_GAP_PX = 3.0
LABEL_INSET_PX = 14.0
LABEL_DOWN_PX = 48.0  # below the letter and the corner texts


def paint_guides(painter: QPainter, area: QRectF, placement: Placement, guides: TileGuides) -> None:
    """Draw lines and cursor into `area`, the part of the tile that is seen of it."""
    painter.save()
    painter.setFont(overlay_font())
    for line in guides.lines:
        start, end = (placement.to_widget(*place) for place in (line.line.start, line.line.end))
        color = PALETTE[line.color % len(PALETTE)]
        # Level and upright lines are crisp without.
        is_oblique = min(abs(start.x() - end.x()), abs(start.y() - end.y())) > 0.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, is_oblique)
        style = Qt.PenStyle.DotLine if line.is_edge else Qt.PenStyle.SolidLine
        if not line.is_edge:
            painter.setPen(QPen(_SHADOW, 3))
            painter.drawLine(start, end)
        painter.setPen(QPen(color, 1, style))
        painter.drawLine(start, end)
        if line.label:
            _paint_label(painter, area, start, end, line.label, color)
    if guides.own_color is not None:
        mark = QRectF(area.center().x() - 16, area.bottom() - 4, 32, 3)
        painter.fillRect(mark, PALETTE[guides.own_color % len(PALETTE)])
    if guides.cursor is not None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_cursor(painter, placement.to_widget(*guides.cursor))
    painter.restore()


def _paint_label(
    painter: QPainter, area: QRectF, start: QPointF, end: QPointF, text: str, color: QColor
) -> None:
    """Write the name of a line beside the end that is further right or up, inside the tile."""
    far = max((start, end), key=lambda point: point.x() - point.y())
    other = end if far is start else start
    inner = area.adjusted(LABEL_INSET_PX, LABEL_INSET_PX, -LABEL_INSET_PX, -LABEL_INSET_PX)
    length = max(abs(far.x() - other.x()), abs(far.y() - other.y()), 1.0)
    step = (other - far) / length
    place = QPointF(far)
    for _ in range(int(length)):
        if inner.contains(place):
            break
        place += step
    else:
        return  # the line does not pass through what is seen
    metrics = QFontMetricsF(painter.font())
    room = QRectF(0, 0, metrics.horizontalAdvance(text) + 6, metrics.height())
    is_level = abs(step.x()) > abs(step.y())
    if is_level:
        place += step * (24 + room.width() / 2)
        room.moveCenter(place - QPointF(0, room.height() * 0.7))
    else:
        place += step * LABEL_DOWN_PX
        room.moveCenter(place + QPointF(room.width() / 2 + 2, 0))
    painter.setPen(_SHADOW)
    painter.drawText(room.translated(1, 1), Qt.AlignmentFlag.AlignCenter, text)
    painter.setPen(color)
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)


def _paint_cursor(painter: QPainter, place: QPointF) -> None:
    """Draw a cross that leaves the point itself free."""
    for color, width in ((_SHADOW, 4.0), (_CURSOR, 1.5)):
        painter.setPen(QPen(color, width))
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(
                place + QPointF(x, y) * CURSOR_GAP_PX, place + QPointF(x, y) * CURSOR_PX
            )
