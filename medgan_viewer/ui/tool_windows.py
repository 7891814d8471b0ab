"""ToolWindows: the windows that stand beside the main one, each made when it is first asked for."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from medgan_viewer.ui.tags.tag_window import TagWindow

if TYPE_CHECKING:
    from medgan_viewer.ui.main_window import MainWindow


class ToolWindows:
    """Belongs to one main window.

    Attributes
    ----------
    tags : the tag browser; None until it is shown
    """

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self.tags: TagWindow | None = None

    def slots(self) -> dict[str, Callable[[], None]]:
        """Return what shows the windows, by action id."""
        return {"show_tags": self.show_tags}

    def show_tags(self) -> None:
        """Show the elements of the image in the active tile."""
        if self.tags is None:
            self.tags = TagWindow(self._window.session, self._window)
        self.tags.show()
        self.tags.activateWindow()
