"""What the actions of Measure do, and their menu."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from medgan_viewer.ui.measure.measurement_files import MeasurementFiles
from medgan_viewer.ui.viewport.annotation_mouse import MEASURE_TOOLS

if TYPE_CHECKING:
    from medgan_viewer.ui.main_window import MainWindow

_OTHERS = ("measure_delete", "measure_clear", "", "measure_save", "measure_open")


def measure_slots(window: "MainWindow") -> dict[str, Callable[[], None]]:
    """Return the slot of every action of Measure, by its id."""
    annotations = window.session.annotations
    files = MeasurementFiles(window)
    slots: dict[str, Callable[[], None]] = {
        "measure_delete": annotations.remove_selected,
        "measure_clear": annotations.clear,
        "measure_save": files.save,
        "measure_open": files.open,
        "measure_cancel": partial(_cancel, window),
        "undo": window.session.edits.undo,
        "redo": window.session.edits.redo,
    }
    for name in MEASURE_TOOLS:
        slots[f"measure_{name}"] = partial(window.images.set_left_tool, name)
    return slots


def measure_menu(parent: QWidget, actions: Mapping[str, QAction]) -> QMenu:
    """Return the menu of the tool bar."""
    menu = QMenu(parent)
    for name in MEASURE_TOOLS:
        menu.addAction(actions[f"measure_{name}"])
    menu.addSeparator()
    for name in _OTHERS:
        if name:
            menu.addAction(actions[name])
        else:
            menu.addSeparator()
    return menu


def show_chosen_tool(button: QToolButton, actions: Mapping[str, QAction]) -> None:
    """Let the button of the menu look pressed while one of its tools is chosen."""
    tools = [actions[f"measure_{name}"] for name in MEASURE_TOOLS]
    button.setCheckable(True)

    def show() -> None:
        button.setChecked(any(tool.isChecked() for tool in tools))

    for tool in tools:
        tool.toggled.connect(show)
    button.clicked.connect(show)  # a click opens the menu and chooses nothing


def _cancel(window: "MainWindow") -> None:
    """Give up what is drawn, then the choice, then the tool."""
    if not window.images.cancel_drawing():
        window.actions_by_id["tool_window"].trigger()
