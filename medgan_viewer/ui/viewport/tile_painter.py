"""TilePainter: draws one ViewportState into a rectangle, image first, synthetic mark last.

The image layer is kept as long as frame, window, view and size stay the same, so that moving the
mouse over a tile costs only the overlays.
"""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from medgan_viewer.imaging.display import DisplayImage, Region, reduce_frame, render_display
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.session.tile_view import Role
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.theme import IMAGE_BLACK, SECONDARY, overlay_font
from medgan_viewer.ui.viewport.annotation_painter import AnnotationPainter
from medgan_viewer.ui.viewport.guide_overlay import paint_guides
from medgan_viewer.ui.viewport.overlays import paint_overlays
from medgan_viewer.ui.viewport.placement import Placement
from medgan_viewer.ui.viewport.synthetic_mark import FRAME_PX, bar_height, paint_mark

# Images up to this size are rendered whole, so that moving them costs no rendering.
WHOLE_IMAGE_PIXELS = 1 << 20


def to_qimage(image: DisplayImage) -> QImage:
    """Copy 8-bit pixels into the format that Qt scales fastest."""
    rows, columns = image.pixels.shape[:2]
    if image.is_color:
        form = QImage.Format.Format_RGB888
        wrapped = QImage(image.pixels.data, columns, rows, 3 * columns, form)
        return wrapped.convertToFormat(QImage.Format.Format_RGB32)
    # Not by convertToFormat: it waits for threads of its own, 2 ms where other programs compute.
    made = QImage(columns, rows, QImage.Format.Format_RGB32)
    words = np.frombuffer(made.bits(), np.uint32).reshape(rows, columns)
    np.multiply(image.pixels, np.uint32(0x010101), out=words, dtype=np.uint32)
    np.bitwise_or(words, np.uint32(0xFF000000), out=words)
    return made


class TilePainter:
    """Keeps what can be kept between two paintings of a state."""

    def __init__(self, state: ViewportState) -> None:
        self.state = state
        self._reduced: tuple[PixelFrame, int, PixelFrame] | None = None
        self._image_key: tuple[object, ...] | None = None
        self._image: QImage | None = None
        self._image_region = Region(0, 0, 0, 0)
        self._layer_key: tuple[object, ...] | None = None
        self._layer: QPixmap | None = None
        self.colormap = "gray"
        self.annotations: AnnotationPainter | None = None
        self.leaves_room = False  # for the bar of the mark, also where it has none

    def image_area(self, tile: QRectF) -> QRectF:
        """Return the part of the tile for image and overlays: all but the bar of the mark."""
        if self.is_marked or self.leaves_room:
            return tile.adjusted(0, bar_height(tile), 0, 0)
        return tile

    def inside_mark(self, tile: QRectF) -> QRectF:
        """Return the part of the tile that neither bar nor frame of the mark covers."""
        if self.is_marked:
            return tile.adjusted(FRAME_PX, bar_height(tile), -FRAME_PX, -FRAME_PX)
        return tile

    def placement(self, tile: QRectF) -> Placement | None:
        """Return where the image lies; None without an image."""
        frame = self.state.frame
        if frame is None:
            return None
        area = self.image_area(tile)
        return Placement(area, frame.columns, frame.rows, frame.aspect, self.state.view)

    def paint(
        self,
        painter: QPainter,
        tile: QRectF,
        *,
        pixel_ratio: float = 1.0,
        probe: str = "",
        hide_identity: bool = False,
        marked: bool = True,
        visible: QRectF | None = None,
    ) -> None:
        """Draw the tile.

        Parameters
        ----------
        pixel_ratio : device pixels per widget pixel
        marked : False only where the caller draws the mark itself, around what it clips the tile to
        visible : the part of the tile that the caller's clip leaves, for the texts; None is all
        """
        visible = tile if visible is None else visible
        painter.fillRect(tile, IMAGE_BLACK)
        placement = self.placement(tile)
        if placement is None:
            self._paint_message(painter, visible)
        else:
            painter.save()
            # Within the clip of the caller: in a swipe each image ends at the edge.
            painter.setClipRect(placement.tile, Qt.ClipOperation.IntersectClip)
            layer = self.image_layer(placement, pixel_ratio)
            painter.drawPixmap(placement.tile.topLeft(), layer)
            seen = placement.tile.intersected(visible)
            paint_guides(painter, seen, placement, self.state.guides)
            if self.annotations is not None and self.state.frame is not None:
                self.annotations.paint(painter, seen, placement, self.state.frame)
            paint_overlays(
                painter,
                seen,
                placement,
                self.state,
                probe=probe,
                hide_identity=hide_identity,
            )
            painter.restore()
        if marked and self.is_marked:
            paint_mark(painter, tile, self.mark_text)

    @property
    def is_marked(self) -> bool:
        """A tile for synthetic images keeps its mark also while it is empty."""
        frame = self.state.frame
        if frame is not None:
            return frame.is_synthetic
        return self.state.role is Role.SYNTHETIC

    @property
    def mark_text(self) -> str:
        """What stands beside the word SYNTHETIC."""
        frame = self.state.frame
        if frame is None or frame.provenance is None:
            return ""
        provenance = frame.provenance
        return " · ".join(part for part in (provenance.model_name, provenance.summary) if part)

    def _paint_message(self, painter: QPainter, tile: QRectF) -> None:
        painter.setFont(overlay_font(13))
        painter.setPen(SECONDARY)
        room = tile.adjusted(24, 24, -24, -24)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(room, flags, self.state.message)

    def image_layer(self, placement: Placement, pixel_ratio: float) -> QPixmap:
        """Return the image as it lies in the area, scaled and moved, without overlays."""
        image, region = self._rendered(placement, pixel_ratio)
        area = placement.tile
        key = (
            self._image_key,
            placement.view,
            area.width(),
            area.height(),
            pixel_ratio,
            self.state.is_smooth,
        )
        if self._layer is not None and key == self._layer_key:
            return self._layer
        width, height = (
            math.ceil(area.width() * pixel_ratio),
            math.ceil(area.height() * pixel_ratio),
        )
        layer = QPixmap(max(width, 1), max(height, 1))
        layer.setDevicePixelRatio(pixel_ratio)
        layer.fill(QColor(0, 0, 0))
        painter = QPainter(layer)
        smooth = self.state.is_smooth or placement.scale[0] < 1
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        top_left = placement.to_widget(region.column - 0.5, region.row - 0.5) - area.topLeft()
        corner = placement.to_widget(region.column_end - 0.5, region.row_end - 0.5) - area.topLeft()
        painter.drawImage(QRectF(QPointF(top_left), QPointF(corner)).normalized(), image)
        painter.end()
        self._layer, self._layer_key = layer, key
        return layer

    def _rendered(self, placement: Placement, pixel_ratio: float) -> tuple[QImage, Region]:
        """Return the visible part in 8 bit at about the resolution of the view."""
        state = self.state
        frame, voi = state.frame, state.voi
        assert frame is not None
        assert voi is not None
        step = max(int(1 / (placement.scale[0] * pixel_ratio)), 1)
        reduced = self._reduced_frame(frame, step)
        region = _visible(placement, reduced, step)
        turn = placement.view.turn
        colormap = state.look.colormap if self.colormap == "gray" else self.colormap
        key = (reduced, voi, state.is_inverted, region, colormap, state.shows_graphics, turn)
        if self._image is None or key != self._image_key:
            shown = render_display(
                reduced,
                voi,
                inverted=state.is_inverted,
                colormap=colormap,
                region=region,
                overlays=state.shows_graphics,
            )
            turned = DisplayImage(np.ascontiguousarray(turn.apply(shown.pixels)))
            self._image, self._image_key = to_qimage(turned), key
            self._image_region = Region(
                region.row * step,
                region.column * step,
                min(region.row_end * step, frame.rows),
                min(region.column_end * step, frame.columns),
            )
        return self._image, self._image_region

    def _reduced_frame(self, frame: PixelFrame, step: int) -> PixelFrame:
        kept = self._reduced
        if kept is None or kept[0] is not frame or kept[1] != step:
            kept = (frame, step, reduce_frame(frame, step))
            self._reduced = kept
        return kept[2]


def _visible(placement: Placement, reduced: PixelFrame, step: int) -> Region:
    """Return the part of the reduced image that the tile shows, with a pixel of margin."""
    whole = Region(0, 0, reduced.rows, reduced.columns)
    if reduced.rows * reduced.columns <= WHOLE_IMAGE_PIXELS:
        return whole
    first = placement.to_image(placement.tile.topLeft())
    last = placement.to_image(placement.tile.bottomRight())
    left, right = sorted((first[0], last[0]))  # the image may be rotated
    top, bottom = sorted((first[1], last[1]))
    region = Region(
        max(math.floor(top / step) - 1, 0),
        max(math.floor(left / step) - 1, 0),
        min(math.ceil(bottom / step) + 2, reduced.rows),
        min(math.ceil(right / step) + 2, reduced.columns),
    )
    if region.row >= region.row_end or region.column >= region.column_end:
        return Region(0, 0, 1, 1)
    return region
