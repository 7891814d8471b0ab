"""MainWindow: puts the parts together and carries out the actions that concern the whole window."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, Qt, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow, QVBoxLayout, QWidget

from medgan_viewer.generators.manifest import Task
from medgan_viewer.generators.package import ModelPackage, is_package_folder
from medgan_viewer.session.comparison import CompareMode
from medgan_viewer.session.session import Mode, Session
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.action_set import make_actions
from medgan_viewer.ui.compare.grid_widget import GridWidget
from medgan_viewer.ui.first_run import HintStrip, demo_paths
from medgan_viewer.ui.help_dialogs import AboutDialog, CommandPalette, KeysDialog
from medgan_viewer.ui.image_actions import tile_slots
from medgan_viewer.ui.measure.measure_actions import measure_slots
from medgan_viewer.ui.measure.measurement_panel import MeasurementPanel, stacked
from medgan_viewer.ui.notice_bar import NoticeBar
from medgan_viewer.ui.pages import Pages, images_page
from medgan_viewer.ui.pictures import copy_picture, export_synthetic, save_picture
from medgan_viewer.ui.right_panel import RightPanel
from medgan_viewer.ui.side_panel import SidePanel
from medgan_viewer.ui.status_line import StatusLine
from medgan_viewer.ui.studies.study_list_page import attach_study_list, study_list_slots
from medgan_viewer.ui.studies.study_panel import StudyPanel
from medgan_viewer.ui.tool_bar import ToolBar
from medgan_viewer.ui.tool_windows import ToolWindows
from medgan_viewer.ui.training.training_page import TrainingPage
from medgan_viewer.ui.view_actions import ViewActions, view_slots
from medgan_viewer.ui.viewport.mouse_tools import LEFT_TOOLS

# Share of the window, and limits in pixels: the images keep 60 % of 1280 x 800.
LEFT_WIDTH = (0.152, 184, 264)
RIGHT_WIDTH = (0.176, 216, 288)


class MainWindow(QMainWindow):
    """The window.

    Signals
    -------
    closing() : before anything is torn down
    hints_closed() : the user does not want the hints again
    paths_opened(list of Path)
    """

    closing = Signal()
    hints_closed = Signal()
    paths_opened = Signal(list)

    def __init__(self, session: Session, *, show_hints: bool = True) -> None:
        super().__init__()
        self.session = session
        self.setWindowTitle("medgan-viewer")
        self.setAcceptDrops(True)
        self.resize(1440, 900)
        self.images = GridWidget(session)
        self.tool_windows = ToolWindows(self)
        slots = self._slots() | tile_slots(session) | view_slots(session) | study_list_slots(self)
        slots |= self.tool_windows.slots() | measure_slots(self)
        self.actions_by_id = make_actions(self, self.images, slots)
        self.tool_windows.bind(self.actions_by_id)
        self.tool_bar = ToolBar(session, self.actions_by_id)
        self.studies = StudyPanel(session)
        self.right = RightPanel(session)
        self.measurements = MeasurementPanel(session)
        left = stacked(self.studies, self.measurements)
        self.left_side = SidePanel(left, Qt.Edge.LeftEdge, "study panel")
        self.right_side = SidePanel(self.right, Qt.Edge.RightEdge, "model panel")
        self.notices = NoticeBar(session.notices)
        self.status = StatusLine(session)
        self.hints = HintStrip()
        self.training = TrainingPage(session.training, session.notices)
        parts = (self.left_side, self.notices, self.images, self.right_side, self.hints)
        self.pages = Pages(images_page(*parts), self.training)
        self.study_list = attach_study_list(self)
        self._lay_out()
        self.hints.setVisible(show_hints)
        self._connect()
        self.set_panel_open("toggle_left", True)
        self.set_panel_open("toggle_right", True)
        self._show_mode()

    # ---- building ----

    def _lay_out(self) -> None:
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tool_bar)
        column.addWidget(self.pages, 1)
        column.addWidget(self.status)
        self.setCentralWidget(central)

    def _slots(self) -> dict[str, Callable[[], None]]:
        session = self.session
        slots: dict[str, Callable[[], None]] = {
            "open_folder": self.choose_folder,
            "open_files": self.choose_files,
            "open_demo": self.open_demo,
            "save_picture": partial(save_picture, self),
            "export_synthetic": partial(export_synthetic, self),
            "copy_picture": partial(copy_picture, self),
            "quit": partial(_close, self),
            "train": self.show_training,
            "compare_difference": partial(self._compare, CompareMode.DIFFERENCE),
            "compare_swipe": partial(self._compare, CompareMode.SWIPE),
            "next_tile": partial(self.images.step_tile, 1),
            "previous_tile": partial(self.images.step_tile, -1),
            "next_sample": session.latent.roll_dice,
            "toggle_left": partial(self._toggle_panel, "toggle_left"),
            "toggle_right": partial(self._toggle_panel, "toggle_right"),
            "hide_identity": self._on_hide_identity,
            "full_screen": self._on_full_screen,
            "find_action": self.find_action,
            "show_keys": self.show_keys,
            "about": self.show_about,
        }
        for mode in Mode:
            slots[f"mode_{mode.value}"] = partial(self.show_mode, mode)
        for tool in LEFT_TOOLS:
            slots[f"tool_{tool}"] = partial(self.images.set_left_tool, tool)
        return slots

    def _connect(self) -> None:
        session = self.session
        self.studies.set_chosen.connect(self._show_set)
        self.studies.open_wanted.connect(self.choose_folder)
        self.images.set_dropped.connect(self._on_set_dropped)
        self.right.package_folder_wanted.connect(self.choose_package_folder)
        self.training.package_wanted.connect(self.show_package)
        self.left_side.folded.connect(partial(self._on_folded, "toggle_left"))
        self.right_side.folded.connect(partial(self._on_folded, "toggle_right"))
        self.hints.closed.connect(self._on_hints_closed)
        session.mode_changed.connect(self._show_mode)
        session.identity_changed.connect(self._show_identity)
        session.edits.changed.connect(self._show_history)
        for feeder in session.feeders:
            feeder.set_changed.connect(self._show_selection)
        session.grid.active_changed.connect(self._show_selection)
        ViewActions(session, self.actions_by_id, self)
        self._show_history()

    # ---- opening ----

    def open_paths(self, paths: list[Path]) -> None:
        """Open files and folders; a folder with a manifest is a model package."""
        packages = [path for path in paths if is_package_folder(path)]
        for folder in packages:
            self._use_package(folder)
        images = [path for path in paths if path not in packages]
        if images:
            self._show_mode()
            self.session.studies.open_paths(images)
            self.paths_opened.emit(images)

    def open_demo(self) -> None:
        self._show_mode()
        self.session.studies.open_paths(demo_paths())

    def choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Open a folder with DICOM images")
        if chosen:
            self.open_paths([Path(chosen)])

    def choose_files(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, "Open DICOM files")
        if chosen:
            self.open_paths([Path(name) for name in chosen])

    def choose_package_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Open the folder of a model package")
        if chosen:
            self._use_package(Path(chosen))

    def show_package(self, folder: Path) -> None:
        """Use the package in a folder, in the mode that fits it."""
        package = self._use_package(folder)
        if package is not None:
            translates = package.manifest.task is Task.TRANSLATE
            self.show_mode(Mode.TRANSLATE if translates else Mode.GENERATE)

    def _use_package(self, folder: Path) -> ModelPackage | None:
        package = self.session.library.open_folder(folder)
        if package is not None:
            self.session.choose_package(package)
        return package

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if _is_local(url)]
        event.acceptProposedAction()
        if paths:
            self.open_paths(paths)

    def _show_set(self, set_id: str) -> None:
        made = self.session.studies.synthetic_set(set_id)
        if made is not None:
            self.session.show_synthetic_set(made)
            return
        display_set = self.session.studies.display_set(set_id)
        if display_set is not None:
            self.session.show_set(display_set)
            self.images.focus_active()

    def _on_set_dropped(self, tile: ViewportState, set_id: str) -> None:
        display_set = self.session.studies.display_set(set_id)
        if display_set is not None:
            self.session.show_set(display_set, tile)

    # ---- showing the state of the session ----

    def show_mode(self, mode: Mode) -> None:
        """Show the images in this mode, also from the training page."""
        self.session.set_mode(mode)
        self._show_mode()

    def show_training(self) -> None:
        """Show the training page in place of the images, until a mode is chosen."""
        self.pages.show_training()

    def _show_mode(self) -> None:
        mode = self.session.mode
        self.pages.show_images()
        self.actions_by_id[f"mode_{mode.value}"].setChecked(True)
        self.hints.show_mode(mode)
        # Browse has no synthetic tile: sliders would move an image that nobody sees.
        self.right_side.setVisible(mode is not Mode.BROWSE)
        self.actions_by_id["toggle_right"].setEnabled(mode is not Mode.BROWSE)

    def _show_identity(self) -> None:
        self.actions_by_id["hide_identity"].setChecked(self.session.identity_hidden)

    def _show_history(self) -> None:
        self.actions_by_id["undo"].setEnabled(self.session.edits.can_undo)
        self.actions_by_id["redo"].setEnabled(self.session.edits.can_redo)

    def _show_selection(self) -> None:
        tile = self.session.grid.active
        feeder = self.session.feeder_of(tile) if tile is not None else None
        if feeder is not None and feeder.display_set is not None:
            self.studies.select_set(feeder.display_set.uid)

    # ---- actions ----

    def set_panel_open(self, action_id: str, is_open: bool) -> None:
        """Open or fold a side panel."""
        side = self.left_side if action_id == "toggle_left" else self.right_side
        side.set_open(is_open)
        self.actions_by_id[action_id].setChecked(is_open)

    def _toggle_panel(self, action_id: str) -> None:
        self.set_panel_open(action_id, self.actions_by_id[action_id].isChecked())

    def _on_folded(self, action_id: str, folded: bool) -> None:
        self.set_panel_open(action_id, not folded)

    def _compare(self, mode: CompareMode) -> None:
        """Show the pair this way; once more goes back to side by side."""
        comparison = self.session.comparison
        if self.session.mode is Mode.COMPARE and comparison.mode is mode:
            comparison.set_mode(CompareMode.SIDE_BY_SIDE)
            return
        comparison.set_mode(mode)
        self.show_mode(Mode.COMPARE)

    def _on_hide_identity(self) -> None:
        self.session.hide_identity(self.actions_by_id["hide_identity"].isChecked())

    def _on_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def _on_hints_closed(self) -> None:
        self.hints.hide()
        self.hints_closed.emit()

    def find_action(self) -> None:
        CommandPalette(self, self.actions_by_id).open()

    def show_keys(self) -> None:
        KeysDialog(self, self.actions_by_id).open()

    def show_about(self) -> None:
        AboutDialog(self).open()

    # ---- window ----

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.images.focus_active()

    def geometry_text(self) -> str:
        return bytes(self.saveGeometry().toBase64().data()).decode("ascii")

    def restore_geometry_text(self, text: str) -> None:
        if text:
            self.restoreGeometry(QByteArray.fromBase64(text.encode("ascii")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for side, (share, low, high) in (
            (self.left_side, LEFT_WIDTH),
            (self.right_side, RIGHT_WIDTH),
        ):
            side.set_width(min(max(round(share * self.width()), low), high))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.WindowStateChange:
            self.actions_by_id["full_screen"].setChecked(self.isFullScreen())
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        self.hide()  # threads may need a moment to end
        self.session.close()
        event.accept()


def _close(window: MainWindow) -> None:
    window.close()


def _is_local(url: QUrl) -> bool:
    return url.isLocalFile()
