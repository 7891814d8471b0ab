"""The mark of a synthetic image: amber frame, and a bar with the word SYNTHETIC and a hatched edge.

Drawn into the picture itself after everything else, so that no key, layout, thumbnail or grab of
the widget can leave it out.
"""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QFont, QFontMetricsF, QPainter, QPen

from medgan_viewer.ui.theme import AMBER, AMBER_HATCH, ON_AMBER, overlay_font

WORD = "SYNTHETIC"
MIN_BAR_PX = 24
BAR_PART = 0.03
FRAME_PX = 3


def bar_height(tile: QRectF) -> float:
    """Return the height of the bar: 24 px, 3 % of the tile, whichever is more."""
    return max(MIN_BAR_PX, round(tile.height() * BAR_PART))


def paint_mark(painter: QPainter, tile: QRectF, text: str = "") -> None:
    """Draw frame and bar at the inner edge of `tile`; `text` follows the word if it has room."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    height = bar_height(tile)
    bar = QRectF(tile.left(), tile.top(), tile.width(), height)
    painter.fillRect(bar, AMBER)
    hatched = QRectF(bar.left(), bar.bottom() - 5, bar.width(), 5)
    painter.fillRect(hatched, QBrush(AMBER_HATCH, Qt.BrushStyle.BDiagPattern))
    painter.setPen(_frame_pen(FRAME_PX))
    half = FRAME_PX / 2
    painter.drawRect(tile.adjusted(half, half, -half, -half))
    _write(painter, bar.adjusted(8, 0, -8, -4), text)
    painter.restore()


def paint_small_mark(painter: QPainter, picture: QRectF) -> None:
    """Draw the mark on a thumbnail: frame and a bar with the word as large as fits."""
    painter.save()
    height = max(12.0, round(picture.height() * 0.16))
    bar = QRectF(picture.left(), picture.bottom() - height, picture.width(), height)
    painter.fillRect(bar, AMBER)
    painter.setPen(_frame_pen(2))
    painter.drawRect(picture.adjusted(1, 1, -1, -1))
    font = _font_that_fits(WORD, bar.width() - 4, int(height) - 2)
    fits = QFontMetricsF(font).horizontalAdvance(WORD) <= bar.width()
    painter.setFont(font)
    painter.setPen(ON_AMBER)
    # Where the word is cut, its beginning stays.
    side = Qt.AlignmentFlag.AlignHCenter if fits else Qt.AlignmentFlag.AlignLeft
    painter.drawText(bar, side | Qt.AlignmentFlag.AlignVCenter, WORD)
    painter.restore()


def _frame_pen(width: int) -> QPen:
    pen = QPen(AMBER, width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)  # closed at the corners
    return pen


def _write(painter: QPainter, place: QRectF, text: str) -> None:
    font = _font_that_fits(WORD, place.width(), int(place.height() * 0.8))
    painter.setFont(font)
    painter.setPen(ON_AMBER)
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(place, left, WORD)
    used = QFontMetricsF(font).horizontalAdvance(WORD) + 12
    plain = QFont(font)
    plain.setBold(False)
    plain.setPixelSize(max(min(font.pixelSize() - 2, 13), 8))
    metrics = QFontMetricsF(plain)
    rest = place.adjusted(used, 0, 0, 0)
    if text and rest.width() > 40:
        painter.setFont(plain)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, left, shown)


def _font_that_fits(text: str, width: float, height: int) -> QFont:
    font = overlay_font(max(height, 7))
    font.setBold(True)
    while font.pixelSize() > 7 and QFontMetricsF(font).horizontalAdvance(text) > width:
        font.setPixelSize(font.pixelSize() - 1)
    return font
