"""Placement: where an image lies in a tile, and the way between tile and image coordinates."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF

from medgan_viewer.imaging.turn import fit_scale
from medgan_viewer.session.tile_view import View


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
        room = (self.tile.width(), self.tile.height())
        return fit_scale(room, self.columns, self.rows, self.aspect, self.view.turn)

    @property
    def scale(self) -> tuple[float, float]:
        """Widget pixels per image column and per image row."""
        across = self.fit_scale * self.view.zoom
        return across, across * self.aspect

    @property
    def image_rect(self) -> QRectF:
        """The whole image in widget coordinates; it may reach beyond the tile."""
        half = self.columns - 0.5, self.rows - 0.5
        return QRectF(self.to_widget(-0.5, -0.5), self.to_widget(*half)).normalized()

    def to_image(self, point: QPointF) -> tuple[float, float]:
        """Return (column, row) of a widget point; 0-based, pixel centres at whole numbers."""
        across, down = self._from_center(point)
        column, row = self._center_pixel
        return column + across / self.scale[0], row + down / self.scale[1]

    def to_widget(self, column: float, row: float) -> QPointF:
        """Return the widget point of an image point."""
        center_column, center_row = self._center_pixel
        across, down = self.scale
        offset = self.view.turn.to_screen(
            (column - center_column) * across, (row - center_row) * down
        )
        return self.tile.center() + QPointF(*offset)

    def moved(self, dx: float, dy: float) -> View:
        """Return the view after the image was dragged by (dx, dy) widget pixels."""
        across, down = self.view.turn.to_image(dx, dy)
        width, height = self._size
        pan_x, pan_y = self.view.pan
        return replace(self.view, pan=(pan_x - across / width, pan_y - down / height))

    def zoomed(self, factor: float, anchor: QPointF) -> View:
        """Return the view enlarged by `factor` with the image point under `anchor` kept there."""
        across, down = self._from_center(anchor)
        width, height = self._size
        # The middle of the view comes nearer to the point under the anchor.
        nearer = 1 - 1 / factor
        pan_x, pan_y = self.view.pan
        pan = (pan_x + across / width * nearer, pan_y + down / height * nearer)
        return replace(self.view, zoom=self.view.zoom * factor, pan=pan)

    @property
    def _center_pixel(self) -> tuple[float, float]:
        """The (column, row) in the middle of the tile."""
        pan_x, pan_y = self.view.pan
        return (0.5 + pan_x) * self.columns - 0.5, (0.5 + pan_y) * self.rows - 0.5

    @property
    def _size(self) -> tuple[float, float]:
        """Width and height of the upright image in widget pixels."""
        across, down = self.scale
        return self.columns * across, self.rows * down

    def _from_center(self, point: QPointF) -> tuple[float, float]:
        """Return the way from the tile's middle, (along columns, along rows) in widget pixels."""
        center = self.tile.center()
        return self.view.turn.to_image(point.x() - center.x(), point.y() - center.y())
