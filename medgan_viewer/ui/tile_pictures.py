"""The image of one tile as a picture: copied, saved with or without annotations, printed.

A synthetic image carries its mark in all of them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPageLayout, QPainter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QFileDialog

from medgan_viewer import __version__
from medgan_viewer.export.target import check_target
from medgan_viewer.inference.jobs import CallJob
from medgan_viewer.ui.pictures import agreed_path, picture_of, shows_synthetic, write_picture
from medgan_viewer.ui.theme import overlay_font
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget

if TYPE_CHECKING:
    from medgan_viewer.ui.main_window import MainWindow

WITH_TEXT = "As on screen, with annotations (*.png)"
PIXELS = "The image alone, pixel by pixel (*.png)"
NOTE = f"medgan-viewer {__version__} · for research and education, not for diagnosis"


def tile_picture(widget: ViewportWidget, *, hide_identity: bool) -> QImage:
    """Return a tile at the resolution of the screen, with its text and its mark."""
    ratio = widget.devicePixelRatioF()
    size = QSize(round(widget.width() * ratio), round(widget.height() * ratio))
    image = QImage(size, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    with QPainter(image) as painter:
        widget.painter_of_tile.paint(
            painter, QRectF(widget.rect()), pixel_ratio=ratio, hide_identity=hide_identity
        )
    image.setText("Software", "medgan-viewer")
    image.setText("Synthetic", "YES" if widget.painter_of_tile.is_marked else "NO")
    return image


def _active_widget(window: "MainWindow") -> ViewportWidget | None:
    tile = window.session.grid.active
    if tile is None or tile.frame is None:
        window.session.notices.post_info("There is no image in this tile.", "Show one first.")
        return None
    return window.images.widget_of(tile)


def copy_tile(window: "MainWindow") -> None:
    """Put the image of the active tile on the clipboard."""
    widget = _active_widget(window)
    if widget is None:
        return
    image = tile_picture(widget, hide_identity=window.session.identity_hidden)
    QGuiApplication.clipboard().setImage(image)
    marked = ", with its mark" if widget.painter_of_tile.is_marked else ""
    window.session.notices.post_info(f"The image was copied{marked}.")


def save_tile(window: "MainWindow") -> None:
    """Ask where to, then save the image of the active tile as PNG."""
    widget = _active_widget(window)
    if widget is None:
        return
    name, kind = QFileDialog.getSaveFileName(window, "Save the image", "", f"{WITH_TEXT};;{PIXELS}")
    path = agreed_path(window, name, (".png",), ".png")
    if path is None:
        return
    state, sources = widget.state, window.session.studies.opened
    frame, voi = state.frame, state.voi
    inverted, colormap = state.is_inverted, state.look.colormap
    if kind == PIXELS and frame is not None:

        def save() -> Path:
            from medgan_viewer.export.image_writer import write_png

            write_png(
                frame,
                path,
                voi,
                inverted=inverted,
                colormap=colormap,
                overwrite=True,
                source_paths=sources,
            )
            return path

    else:
        image = tile_picture(widget, hide_identity=window.session.identity_hidden)

        def save() -> Path:
            check_target(path, overwrite=True, source_paths=sources)
            write_picture(image, path)
            return path

    window.session.service.enqueue(CallJob(f"Saving {path.name}", save))


def print_images(window: "MainWindow") -> None:
    """Ask for a printer, then print the images on one page, with their marks."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setPageOrientation(QPageLayout.Orientation.Landscape)
    holds_synthetic = shows_synthetic(window)
    image = picture_of(window.images, holds_synthetic=holds_synthetic)
    dialog = QPrintDialog(printer, window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def send() -> None:
        if print_page(printer, image, holds_synthetic=holds_synthetic):
            window.session.notices.post_info("The images were sent to the printer.")
        else:
            window.session.notices.post_warning(
                "The images could not be printed.", "Check the printer, or print into a PDF file."
            )

    dialog.accepted.connect(send)
    dialog.setModal(True)
    dialog.show()


def print_page(printer: QPrinter, image: QImage, *, holds_synthetic: bool) -> bool:
    """Paint a picture as large as the page allows, and below it what it is not for.

    Returns
    -------
    False where the printer or the file of the printer cannot be written
    """
    painter = QPainter()
    if not painter.begin(printer):
        return False
    try:
        page = QRectF(painter.viewport())
        note_height = page.height() * 0.03
        room = page.adjusted(0, 0, 0, -1.5 * note_height)
        scale = min(room.width() / image.width(), room.height() / image.height())
        width, height = image.width() * scale, image.height() * scale
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(room.left(), room.top(), width, height), image)
        painter.setFont(overlay_font(max(round(note_height * 0.6), 6)))
        note = f"{NOTE} · holds SYNTHETIC images" if holds_synthetic else NOTE
        painter.drawText(QRectF(page.left(), room.bottom(), page.width(), 1.5 * note_height), note)
    finally:
        painter.end()
    return True
