"""Makes the actions of a window from their table, with keys, tooltips and groups."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from medgan_viewer.imaging.colormaps import OVER_IMAGES
from medgan_viewer.session.session import Mode
from medgan_viewer.ui.actions import ACTIONS, Scope
from medgan_viewer.ui.key_scheme import tooltip_of
from medgan_viewer.ui.viewport.annotation_mouse import MEASURE_TOOLS

_TOOLS = (
    "tool_window",
    "tool_scroll",
    "tool_pan",
    "tool_zoom",
    "tool_crosshair",
    "tool_region",
    "tool_magnify",
    *(f"measure_{name}" for name in MEASURE_TOOLS),
)
_COLORS = tuple(f"colormap_{name}" for name in OVER_IMAGES)


def make_actions(
    window: QWidget, images: QWidget, slots: Mapping[str, Callable[[], None]]
) -> dict[str, QAction]:
    """Return every action of the table by its id, added to the widget in which its keys work.

    Parameters
    ----------
    images : the area in which plain keys work
    slots : what an action does, by its id; KeyError when one is missing
    """
    actions: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(spec.text, window)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setCheckable(spec.checkable)
        action.setToolTip(tooltip_of(spec, spec.keys))
        action.triggered.connect(_without_argument(slots[spec.action_id]))
        if spec.scope is Scope.IMAGES:
            # Only while an image has the keyboard: sliders and text need these keys too.
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            images.addAction(action)
        else:
            window.addAction(action)
        actions[spec.action_id] = action
    for names in ([*(f"mode_{mode.value}" for mode in Mode), "train"], _TOOLS, _COLORS):
        group = QActionGroup(window)
        for name in names:
            group.addAction(actions[name])
    actions["tool_window"].setChecked(True)
    return actions


def _without_argument(slot: Callable[[], None]) -> Callable[[bool], None]:
    """Drop the state that triggered() hands over."""

    def call(_: bool = False) -> None:
        slot()

    return call
