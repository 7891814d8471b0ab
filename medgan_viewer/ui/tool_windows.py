"""ToolWindows: the windows that stand beside the main one, each made when it is first asked for."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction

from medgan_viewer.ui.display_actions import display_slots
from medgan_viewer.ui.key_scheme import KeyScheme
from medgan_viewer.ui.keys_editor import KeysEditor
from medgan_viewer.ui.preferences import PreferencesDialog
from medgan_viewer.ui.tags.tag_window import TagWindow
from medgan_viewer.ui.window_dialog import WindowDialog

if TYPE_CHECKING:
    from medgan_viewer.ui.main_window import MainWindow


class ToolWindows:
    """Belongs to one main window.

    Attributes
    ----------
    tags : the tag browser; None until it is shown
    keys : which keys do what
    """

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._actions: Mapping[str, QAction] = {}
        self.tags: TagWindow | None = None
        self.keys = KeyScheme({})

    def slots(self) -> dict[str, Callable[[], None]]:
        """Return what shows the windows and what acts on the display, by action id."""
        return {
            "show_tags": self.show_tags,
            "window_values": self.show_window_values,
            "preferences": self.show_preferences,
            "edit_keys": self.edit_keys,
            **display_slots(self._window),
        }

    def bind(self, actions: Mapping[str, QAction]) -> None:
        """Keep the checks of the actions true, and their keys."""
        self._actions = actions
        self.keys = KeyScheme(actions)
        session = self._window.session
        session.display.changed.connect(self._show_checks)
        session.cine.playing_changed.connect(self._show_checks)
        session.grid.active_changed.connect(self._show_checks)
        for tile in (*session.acquired, session.synthetic):
            tile.look.changed.connect(self._show_checks)
            tile.view_changed.connect(self._show_checks)
        self._show_checks()

    def show_tags(self) -> None:
        """Show the elements of the image in the active tile."""
        if self.tags is None:
            self.tags = TagWindow(self._window.session, self._window)
        self.tags.show()
        self.tags.activateWindow()

    def show_window_values(self) -> None:
        """Let the window of the active tile be typed."""
        tile = self._window.session.grid.active
        if tile is not None:
            WindowDialog(tile, self._window).show()

    def show_preferences(self) -> None:
        PreferencesDialog(self._window.session, self._window).open()

    def edit_keys(self) -> None:
        KeysEditor(self.keys, self._window).open()

    def _show_checks(self) -> None:
        session = self._window.session
        tile = session.grid.active
        self._actions["overlays"].setChecked(session.display.has_overlays)
        self._actions["cine"].setChecked(session.cine.is_playing)
        self._actions["smooth"].setChecked(tile is None or tile.is_smooth)
        if tile is not None:
            self._actions[f"colormap_{tile.look.colormap}"].setChecked(True)
