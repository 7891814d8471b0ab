"""SheetView: the newest samples of a training run, under the synthetic mark."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from medgan_viewer.session.training_sheets import SampleSheet
from medgan_viewer.ui.theme import IMAGE_BLACK, SECONDARY, overlay_font
from medgan_viewer.ui.viewport.synthetic_mark import FRAME_PX, MIN_BAR_PX, bar_height, paint_mark
from medgan_viewer.ui.viewport.tile_painter import to_qimage

MIN_MARK_PX = 120


class SheetView(QWidget):
    """Paints a sheet as large as fits, with the mark above and around it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Synthetic samples")
        self.setToolTip(
            "Random samples, not chosen. Made by the network as it is at this point of its training"
        )
        self._sheet: SampleSheet | None = None
        self._scaled: QPixmap | None = None
        self._empty_text = ""

    @property
    def sheet(self) -> SampleSheet | None:
        return self._sheet

    def show_sheet(self, sheet: SampleSheet | None) -> None:
        self._sheet = sheet
        self._scaled = None
        self.setAccessibleDescription(_caption(sheet))
        self.update()

    def set_empty_text(self, text: str) -> None:
        """Say what stands here while there is no sheet."""
        self._empty_text = text
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(420, 420 + MIN_BAR_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._sheet is None:
            painter.fillRect(self.rect(), IMAGE_BLACK)
            painter.setFont(overlay_font())
            painter.setPen(SECONDARY)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty_text)
        else:
            self._paint_sheet(painter, self._sheet)
        painter.end()

    def _paint_sheet(self, painter: QPainter, sheet: SampleSheet) -> None:
        whole = QRectF(self.rect())
        room = whole.adjusted(FRAME_PX, bar_height(whole), -FRAME_PX, -FRAME_PX)
        picture = self._fitting(sheet, room)
        width, height = (n / picture.devicePixelRatio() for n in picture.size().toTuple())
        # The mark is about the picture and not about the room, but wide enough for its word.
        marked = QRectF(0, 0, max(width + 2 * FRAME_PX, MIN_MARK_PX), height + FRAME_PX)
        bar = bar_height(marked)
        marked.setHeight(marked.height() + bar)
        marked.moveLeft(round((whole.width() - marked.width()) / 2))
        painter.fillRect(marked, IMAGE_BLACK)
        left = marked.left() + round((marked.width() - width) / 2)
        painter.drawPixmap(QPointF(left, bar), picture)
        paint_mark(painter, marked, _caption(sheet))

    def _fitting(self, sheet: SampleSheet, room: QRectF) -> QPixmap:
        """Return the sheet at the size of the room, scaled once for each size."""
        ratio = self.devicePixelRatioF()
        size = QSize(max(round(room.width() * ratio), 1), max(round(room.height() * ratio), 1))
        scaled = self._scaled
        whole = QSize(*reversed(sheet.picture.pixels.shape[:2]))
        wanted = whole.scaled(size, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
        if scaled is None or scaled.size() != wanted:
            image = to_qimage(sheet.picture).scaled(
                wanted,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            scaled = QPixmap.fromImage(image)
            scaled.setDevicePixelRatio(ratio)
            self._scaled = scaled
        return scaled


def _caption(sheet: SampleSheet | None) -> str:
    return "" if sheet is None else f"random samples after {sheet.images:,} images"
