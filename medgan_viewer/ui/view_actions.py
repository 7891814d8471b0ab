"""Actions on how the tiles hang together: planes, reference lines, links; their checks."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from medgan_viewer.session.session import Session
from medgan_viewer.session.slice_links import align_on_screen

LINKS = ("link_scroll", "link_view", "link_position", "link_window")


def view_slots(session: Session) -> dict[str, Callable[[], None]]:
    """Return the slots of these actions, by their id."""
    keeper = session.guide_keeper
    slots: dict[str, Callable[[], None]] = {
        "mpr": session.mpr_switch.toggle,
        "mpr_resampled": session.mpr_switch.open_resampled,
        "reference_lines": lambda: keeper.show_lines(not keeper.lines_shown),
        "align_slices": partial(
            align_on_screen, session.slice_links, session.feeders, session.grid, session.notices
        ),
        "forget_alignment": session.slice_links.forget,
    }
    for name in LINKS:
        slots[name] = partial(session.grid.toggle_link, name)
    return slots


class ViewActions(QObject):
    """Keeps the checks and the availability of these actions as the session says."""

    def __init__(self, session: Session, actions: Mapping[str, QAction], parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._actions = actions
        session.mpr.opened_changed.connect(self._show)
        session.guide_keeper.lines_shown_changed.connect(self._show)
        session.slice_links.changed.connect(self._show)
        session.grid.links_changed.connect(self._show)
        # A refused action has checked itself all the same.
        actions["mpr"].triggered.connect(self._show)
        self._show()

    def _show(self) -> None:
        session, actions = self._session, self._actions
        actions["mpr"].setChecked(session.mpr.is_open)
        actions["reference_lines"].setChecked(session.guide_keeper.lines_shown)
        actions["forget_alignment"].setEnabled(session.slice_links.has_pairs)
        for name in LINKS:
            actions[name].setChecked(getattr(session.grid, name))
