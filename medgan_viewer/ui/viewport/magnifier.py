"""The magnifier: a round lens under the mouse that shows the image enlarged while one drags."""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.theme import TEXT
from medgan_viewer.ui.viewport.placement import Placement
from medgan_viewer.ui.viewport.tile_painter import TilePainter

RADIUS = 110.0
ENLARGEMENT = 3.0


class Magnifier:
    """Draws the lens of one tile; keeps its own layer, as its enlargement is another one."""

    def __init__(self, state: ViewportState) -> None:
        self._painter = TilePainter(state)

    def paint(
        self, painter: QPainter, placement: Placement, point: QPointF, pixel_ratio: float
    ) -> None:
        """Draw the lens around `point`; it stays inside the image area, so below the mark."""
        enlarged = replace(placement, view=placement.zoomed(ENLARGEMENT, point))
        circle = QPainterPath()
        circle.addEllipse(point, RADIUS, RADIUS)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(placement.tile, Qt.ClipOperation.IntersectClip)
        painter.setClipPath(circle, Qt.ClipOperation.IntersectClip)
        layer = self._painter.image_layer(enlarged, pixel_ratio)
        painter.drawPixmap(placement.tile.topLeft(), layer)
        painter.restore()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(placement.tile, Qt.ClipOperation.IntersectClip)
        painter.setPen(QPen(TEXT, 1.5))
        painter.drawEllipse(QRectF(point.x() - RADIUS, point.y() - RADIUS, 2 * RADIUS, 2 * RADIUS))
        painter.restore()
