"""Placement: where an image lies in a tile, and the way between tile and image coordinates."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from medgan_viewer.session.viewports import View


@dataclass(frozen=True, slots=True)
class Placement:
    """An image of `columns` x `rows` pixels inside `tile`.

    Attributes
    ----------
    tile : rectangle in widget coordinates
    aspect : height of a pixel divided by its width
    """

    tile: QRectF
    columns: int
    rows: int
    aspect: float
    view: View

    @property
    def fit_scale(self) -> float:
        """Widget pixels per image column at zoom 1."""
        wide = self.tile.width() / self.columns
        high = self.tile.height() / (self.rows * self.aspect)
        return max(min(wide, high), 1e-6)

    @property
    def scale(self) -> tuple[float, float]:
        """Widget pixels per image column and per image row."""
        across = self.fit_scale * self.view.zoom
        return across, across * self.aspect

    @property
    def image_rect(self) -> QRectF:
        """The whole image in widget coordinates; it may reach beyond the tile."""
        across, down = self.scale
        width, height = self.columns * across, self.rows * down
        center = self.tile.center()
        left = center.x() - width * (0.5 + self.view.pan[0])
        top = center.y() - height * (0.5 + self.view.pan[1])
        return QRectF(left, top, width, height)

    def to_image(self, point: QPointF) -> tuple[float, float]:
        """Return (column, row) of a widget point; 0-based, pixel centres at whole numbers."""
        rect = self.image_rect
        across, down = self.scale
        return (
            (point.x() - rect.left()) / across - 0.5,
            (point.y() - rect.top()) / down - 0.5,
        )

    def to_widget(self, column: float, row: float) -> QPointF:
        """Return the widget point of an image point."""
        rect = self.image_rect
        across, down = self.scale
        return QPointF(
            rect.left() + (column + 0.5) * across,
            rect.top() + (row + 0.5) * down,
        )

    def moved(self, dx: float, dy: float) -> View:
        """Return the view after the image was dragged by (dx, dy) widget pixels."""
        rect = self.image_rect
        pan_x, pan_y = self.view.pan
        return View(self.view.zoom, (pan_x - dx / rect.width(), pan_y - dy / rect.height()))

    def zoomed(self, factor: float, anchor: QPointF) -> View:
        """Return the view enlarged by `factor` with the image point under `anchor` kept there."""
        rect = self.image_rect
        center = self.tile.center()
        # Part of the image under the anchor, from the image's centre; it must not move.
        part_x = (anchor.x() - rect.left()) / rect.width() - 0.5
        part_y = (anchor.y() - rect.top()) / rect.height() - 0.5
        pan_x = part_x - (anchor.x() - center.x()) / (rect.width() * factor)
        pan_y = part_y - (anchor.y() - center.y()) / (rect.height() * factor)
        return View(self.view.zoom * factor, (pan_x, pan_y))
