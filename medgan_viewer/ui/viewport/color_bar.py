"""The color bar of a tile whose grays are shown in colors: which value has which color."""

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from medgan_viewer.imaging import colormaps
from medgan_viewer.imaging.voi import VoiLut
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.theme import TEXT

WIDTH = 10.0
RIGHT = 18.0  # room for the place in the stack
_SHADOW = QColor(0, 0, 0, 200)


def end_values(state: ViewportState) -> tuple[float, float]:
    """Return the modality values at the lower and the upper end of the window."""
    voi = state.voi
    assert voi is not None
    window = voi.as_window() if isinstance(voi, VoiLut) else voi
    return window.center - window.width / 2, window.center + window.width / 2


def paint_color_bar(painter: QPainter, area: QRectF, state: ViewportState) -> None:
    """Draw the bar at the right edge, its end values beside it."""
    frame = state.frame
    assert frame is not None
    height = max(area.height() * 0.28, 40.0)  # above the letter of the patient's side
    bar = QRectF(area.right() - RIGHT - WIDTH, area.top() + area.height() * 0.15, WIDTH, height)
    is_reversed = state.is_inverted != frame.inverted
    painter.drawImage(bar, _bar_image(state.look.colormap, is_reversed))
    painter.setPen(TEXT)
    painter.drawRect(bar)
    low, high = end_values(state)
    unit = f" {frame.unit}" if frame.unit else ""
    for value, y in ((high, bar.top()), (low, bar.bottom() - 16)):
        place = QRectF(bar.left() - 166, y, 160, 16)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        text = f"{value:.5g}{unit}"
        painter.setPen(_SHADOW)
        painter.drawText(place.translated(1, 1), flags, text)
        painter.setPen(TEXT)
        painter.drawText(place, flags, text)


@lru_cache(maxsize=16)
def _bar_image(colormap: str, is_reversed: bool) -> QImage:
    colors = colormaps.table(colormap)
    # The first row is the top, where the highest value stands.
    rows = np.ascontiguousarray((colors if is_reversed else colors[::-1])[:, None, :])
    return QImage(rows.data, 1, 256, 3, QImage.Format.Format_RGB888).copy()
