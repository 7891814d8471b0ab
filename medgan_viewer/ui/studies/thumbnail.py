"""Thumbnails as pixmaps of one size, with the synthetic mark drawn in."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from medgan_viewer.imaging.display import DisplayImage
from medgan_viewer.ui.theme import SECONDARY, overlay_font
from medgan_viewer.ui.viewport.synthetic_mark import paint_small_mark
from medgan_viewer.ui.viewport.tile_painter import to_qimage

SIDE_PX = 56


def thumbnail_pixmap(
    image: DisplayImage | None, *, synthetic: bool, sign: str = "…", pixel_ratio: float = 1.0
) -> QPixmap:
    """Return a square pixmap with the picture in its middle, or the sign in place of one."""
    pixmap = QPixmap(round(SIDE_PX * pixel_ratio), round(SIDE_PX * pixel_ratio))
    pixmap.setDevicePixelRatio(pixel_ratio)
    pixmap.fill(QColor(0, 0, 0))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    whole = QRectF(0, 0, SIDE_PX, SIDE_PX)
    if image is None:
        painter.setPen(SECONDARY)
        painter.setFont(overlay_font(11))
        painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, sign)
    else:
        picture = to_qimage(image)
        scale = SIDE_PX / max(picture.width(), picture.height())
        width, height = picture.width() * scale, picture.height() * scale
        place = QRectF((SIDE_PX - width) / 2, (SIDE_PX - height) / 2, width, height)
        painter.drawImage(place, picture)
    if synthetic:
        paint_small_mark(painter, whole)
    painter.end()
    return pixmap
