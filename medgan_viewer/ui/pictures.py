"""Pictures of the window and exports of the synthetic image; every one carries the mark."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog, QWidget

from medgan_viewer.errors import InputError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.inference.jobs import CallJob

if TYPE_CHECKING:
    from medgan_viewer.ui.main_window import MainWindow

FORMATS = "DICOM (*.dcm);;PNG picture (*.png)"


def picture_of(widget: QWidget, *, holds_synthetic: bool) -> QImage:
    """Return the widget as it is on screen, marks and hidden identifiers included."""
    image = widget.grab().toImage()
    image.setText("Software", "medgan-viewer")
    image.setText("Synthetic", "YES, in part" if holds_synthetic else "NO")
    return image


def write_picture(image: QImage, path: Path) -> None:
    """Write a PNG file; InputError when the folder is not writable."""
    writer = QImageWriter(str(path), QByteArray(b"png"))
    if not writer.write(image):
        raise InputError(
            problem=f"{path.name} could not be written in {path.parent}.",
            action="Choose a folder in which you may write.",
            details=writer.errorString(),
        )


def save_picture(window: "MainWindow") -> None:
    """Ask where to, then save the whole window as it is."""
    image = picture_of(window, holds_synthetic=_shows_synthetic(window))
    name, _ = QFileDialog.getSaveFileName(window, "Save a picture", "", "PNG picture (*.png)")
    if name:
        path = Path(name).with_suffix(".png")
        job = CallJob(f"Saving {path.name}", lambda: write_picture(image, path))
        window.session.service.enqueue(job)


def copy_picture(window: "MainWindow") -> None:
    """Put the images, with their marks, on the clipboard."""
    image = picture_of(window.images, holds_synthetic=_shows_synthetic(window))
    QGuiApplication.clipboard().setImage(image)
    window.session.notices.post_info("The images were copied, with their marks.")


def export_synthetic(window: "MainWindow") -> None:
    """Ask where to, then write the synthetic image that is shown, with its recipe."""
    session = window.session
    frame = session.synthetic.frame
    if frame is None:
        session.notices.post_info(
            "There is no synthetic image to export.", "Make one in Generate or Translate."
        )
        return
    name, kind = QFileDialog.getSaveFileName(window, "Export the synthetic image", "", FORMATS)
    if not name:
        return
    suffix = ".png" if "png" in kind.lower() else ".dcm"
    path = Path(name).with_suffix(suffix)
    job = CallJob(f"Exporting {path.name}", lambda: write_frame(frame, path))
    session.service.enqueue(job)


def write_frame(frame: PixelFrame, path: Path) -> None:
    """Write one synthetic image in the format of the name's ending; runs in the batch lane."""
    from medgan_viewer.export.context import ExportContext
    from medgan_viewer.export.dicom_writer import write_secondary_capture
    from medgan_viewer.export.image_writer import write_png

    if path.suffix == ".png":
        write_png(frame, path, overwrite=True)
    else:
        write_secondary_capture(frame, path, ExportContext(), overwrite=True)


def _shows_synthetic(window: "MainWindow") -> bool:
    tiles = window.session.grid.tiles
    return any(tile.frame is not None and tile.frame.is_synthetic for tile in tiles)
