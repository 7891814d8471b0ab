"""Pictures of the window and exports of the synthetic image; every one carries the mark."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QBuffer, QByteArray, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.export.target import check_target
from medgan_viewer.files import is_there, write_atomically
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.inference.jobs import CallJob, ShouldStop, new_job_id
from medgan_viewer.session.session import Mode

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
    """Write a PNG file, complete or not at all; InputError when the folder is not writable."""
    content = QBuffer()
    content.open(QBuffer.OpenModeFlag.WriteOnly)
    QImageWriter(content, QByteArray(b"png")).write(image)
    write_atomically(path, bytes(content.data().data()))


def save_picture(window: "MainWindow") -> None:
    """Ask where to, then save the whole window as it is."""
    image = picture_of(window, holds_synthetic=shows_synthetic(window))
    name, _ = QFileDialog.getSaveFileName(window, "Save a picture", "", "PNG picture (*.png)")
    path = agreed_path(window, name, (".png",), ".png")
    if path is None:
        return
    sources = window.session.studies.opened

    def save() -> Path:
        check_target(path, overwrite=True, source_paths=sources)
        write_picture(image, path)
        return path

    window.session.service.enqueue(CallJob(f"Saving {path.name}", save))


def copy_picture(window: "MainWindow") -> None:
    """Put the images, with their marks, on the clipboard."""
    image = picture_of(window.images, holds_synthetic=shows_synthetic(window))
    QGuiApplication.clipboard().setImage(image)
    window.session.notices.post_info("The images were copied, with their marks.")


def export_synthetic(window: "MainWindow") -> None:
    """Write the synthetic image that is shown, or the whole series that is translated."""
    session = window.session
    frame = session.synthetic.frame
    if frame is None:
        session.notices.post_info(
            "There is no synthetic image to export.", "Make one in Generate or Translate."
        )
        return
    frames = session.translation.frames if session.source_mode is Mode.TRANSLATE else None
    if frames is None or len(frames) < 2:
        _export_plane(window, frame)
        return
    box = QMessageBox(window)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setText("Export this plane, or the whole translated series?")
    box.setInformativeText("The series is written as DICOM into a new folder.")
    plane = box.addButton("This plane…", QMessageBox.ButtonRole.AcceptRole)
    series = box.addButton(f"All {len(frames)} planes…", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    plane.clicked.connect(lambda: _export_plane(window, frame))
    series.clicked.connect(lambda: _export_series(window, frames))
    box.open()


def _export_plane(window: "MainWindow", frame: PixelFrame) -> None:
    """Ask where to, then write one image with its recipe."""
    session = window.session
    name, kind = QFileDialog.getSaveFileName(window, "Export the synthetic image", "", FORMATS)
    usual = ".png" if "png" in kind.lower() else ".dcm"
    path = agreed_path(window, name, (".png", ".dcm"), usual)
    if path is None:
        return
    source, opened = session.translation.source, session.studies.opened
    head = _shows_head(session.translation.package)

    def export() -> Path:
        return write_frame(frame, path, source, opened, shows_head=head)

    session.service.enqueue(CallJob(f"Exporting {path.name}", export))


def _export_series(window: "MainWindow", frames: tuple[PixelFrame, ...]) -> None:
    """Ask for a new folder, then write all planes of the translated series into it."""
    session = window.session
    source, package = session.translation.source, session.translation.package
    if source is None or package is None:
        return
    name, _ = QFileDialog.getSaveFileName(window, "Name of the new folder", package.id)
    if not name:
        return
    folder = Path(name)
    if is_there(folder):
        session.notices.post_warning(
            f"{folder.name} exists already in {folder.parent}.", "Type the name of a new folder."
        )
        return
    opened = session.studies.opened
    head = _shows_head(package)
    session.service.enqueue(SeriesExport(frames, folder, source, opened, shows_head=head))


def _shows_head(translator: ModelPackage | None) -> bool:
    return translator is not None and translator.manifest.shows_head


class SeriesExport:
    """A job of one step that writes a translated series; a cancel ends it between two files."""

    def __init__(
        self,
        frames: tuple[PixelFrame, ...],
        folder: Path,
        source: DisplaySet,
        opened: tuple[Path, ...],
        *,
        shows_head: bool,
    ) -> None:
        self.job_id = new_job_id()
        self.title = f"Exporting {folder.name}"
        self.total = 1
        self._frames = frames
        self._folder = folder
        self._source = source
        self._opened = opened
        self._shows_head = shows_head

    def step(self, engine: Any, index: int, should_stop: ShouldStop) -> Path:
        from medgan_viewer.export.context import context_of_translation
        from medgan_viewer.export.dicom_writer import write_series

        context = context_of_translation(
            self._source, shows_head=self._shows_head, source_paths=self._opened
        )
        write_series(self._frames, self._folder, context, should_stop=should_stop)
        return self._folder


def agreed_path(
    window: "MainWindow", name: str, endings: tuple[str, ...], usual: str
) -> Path | None:
    """Return the name that was typed, with an ending; None when there is no such agreement.

    The dialog asked before it gave the name of a file that exists, but not for the one with the
    ending.
    """
    if not name:
        return None
    if name.lower().endswith(endings):
        return Path(name)
    path = Path(name + usual)
    if not is_there(path):
        return path
    window.session.notices.post_warning(
        f"{path.name} exists already in {path.parent}.", "Type its whole name to replace it."
    )
    return None


def write_frame(
    frame: PixelFrame,
    path: Path,
    source: DisplaySet | None,
    opened: tuple[Path, ...] = (),
    *,
    shows_head: bool = False,
) -> Path:
    """Write one synthetic image in the format of the name's ending; runs in the batch lane.

    Parameters
    ----------
    source : the series that a translated image was computed from
    shows_head : a face may be recognised in what was translated
    opened : files and folders over and into which nothing is written; others are replaced
    """
    from medgan_viewer.export.context import ExportContext, context_of_translation
    from medgan_viewer.export.dicom_writer import write_secondary_capture
    from medgan_viewer.export.image_writer import write_png

    if path.suffix.lower() == ".png":
        write_png(frame, path, overwrite=True, source_paths=opened)
        return path
    context = ExportContext(source_paths=opened)
    if source is not None and frame.provenance is not None and frame.provenance.source_uids:
        context = context_of_translation(source, shows_head=shows_head, source_paths=opened)
    write_secondary_capture(frame, path, context, overwrite=True)
    return path


def shows_synthetic(window: "MainWindow") -> bool:
    """Tell whether a tile, a thumbnail of the list or a training run shows a synthetic image."""
    studies, tiles = window.session.studies, window.session.grid.tiles
    listed = (made for study in studies.studies for made in study.display_sets)
    return (
        window.training.shows_synthetic
        or any(tile.frame is not None and tile.frame.is_synthetic for tile in tiles)
        or bool(studies.synthetic_sets)
        or any(display_set.is_synthetic for display_set in listed)
    )
