"""ToolBar: modes, layout, links, mouse tools, window presets: what is used all the time."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from medgan_viewer.imaging.presets import presets_of
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Session
from medgan_viewer.ui.measure.measure_actions import measure_menu, show_chosen_tool
from medgan_viewer.ui.view_actions import LINKS

LAYOUTS = ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (2, 2), (2, 3), (3, 2), (3, 3))
MODES = ("mode_browse", "mode_generate", "mode_translate", "mode_compare")
TOOLS = (
    ("tool_window", "◐"),
    ("tool_scroll", "↕"),
    ("tool_pan", "✥"),
    ("tool_zoom", "⌕"),
)


class ToolBar(QWidget):
    """One row of buttons bound to the table of actions."""

    def __init__(self, session: Session, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._session = session
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 4, 8, 4)
        self._row.setSpacing(4)
        self._add_menu(
            "Open ▾", "Open folders, files or the demonstration", self._open_menu(actions)
        )
        self._row.addSpacing(8)
        for name in MODES:
            self._add_action(actions[name])
        self._add_action(actions["train"], "Train")
        self._row.addSpacing(8)
        self.layout_button = self._add_menu(
            "Layout ▾", "Layout of the tiles in Browse", self._layouts(actions)
        )
        self._add_menu("Link ▾", "What linked tiles do together", self._links(actions))
        self._row.addSpacing(8)
        for name, sign in TOOLS:
            self._add_action(actions[name], sign)
        menu = measure_menu(self, actions)
        measure = self._add_menu("∠ ▾", "Measure: lengths, angles, regions, arrows", menu)
        show_chosen_tool(measure, actions)
        self._row.addSpacing(8)
        self._add_menu("Window ▾", "Windows of the file and of the modality", self._presets())
        self._add_action(actions["invert"], "◑")
        self._add_action(actions["reset"], "⟲")
        self._row.addStretch(1)
        self._add_action(actions["find_action"], "Find…")
        self._add_action(actions["show_keys"], "?")
        session.mode_changed.connect(self._on_mode_changed)

    def _add_action(self, action: QAction, sign: str = "") -> None:
        """Add a button that shows `sign`, or the action's text."""
        if sign:
            action.setIconText(sign)  # a text of the button itself goes when the action changes
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAccessibleName(action.text())
        self._row.addWidget(button)

    def _add_menu(self, text: str, tooltip: str, menu: QMenu) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tooltip)
        button.setAccessibleName(tooltip)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._row.addWidget(button)
        return button

    def _open_menu(self, actions: Mapping[str, QAction]) -> QMenu:
        menu = QMenu(self)
        for name in ("open_folder", "open_files", "open_demo"):
            menu.addAction(actions[name])
        menu.addSeparator()
        for name in ("show_tags", "save_tile", "copy_tile", "save_picture", "copy_picture"):
            menu.addAction(actions[name])
        for name in ("export_synthetic", "print_images"):
            menu.addAction(actions[name])
        menu.addSeparator()
        for name in ("hide_identity", "full_screen", "preferences", "edit_keys", "about", "quit"):
            menu.addAction(actions[name])
        return menu

    def _layouts(self, actions: Mapping[str, QAction]) -> QMenu:
        menu = QMenu(self)
        for rows, columns in LAYOUTS:
            layout = Layout(rows, columns)
            menu.addAction(f"{rows} x {columns}", partial(self._session.set_layout, layout))
        menu.addSeparator()
        menu.addAction(actions["mpr"])
        menu.addAction(actions["mpr_resampled"])
        return menu

    def _links(self, actions: Mapping[str, QAction]) -> QMenu:
        menu = QMenu(self)
        for name in (*LINKS, "align_slices", "forget_alignment"):
            menu.addAction(actions[name])
        menu.addSeparator()
        menu.addAction(actions["reference_lines"])
        menu.addAction(actions["tool_crosshair"])
        return menu

    def _presets(self) -> QMenu:
        menu = QMenu(self)
        menu.aboutToShow.connect(partial(self._fill_presets, menu))
        return menu

    def _fill_presets(self, menu: QMenu) -> None:
        menu.clear()
        tile = self._session.grid.active
        if tile is None or tile.frame is None or tile.frame.is_color:
            menu.addAction("No window to choose here").setEnabled(False)
            return
        menu.addAction("Automatic\t0", tile.use_auto_window)
        menu.addAction("The file's own\t1", tile.use_file_window)
        menu.addSeparator()
        for preset in presets_of(tile.frame):
            key = f"\t{preset.digit}" if preset.digit is not None else ""
            menu.addAction(f"{preset.name}{key}", partial(tile.set_voi, preset.window))

    def _on_mode_changed(self) -> None:
        self.layout_button.setEnabled(self._session.mode.value == "browse")
