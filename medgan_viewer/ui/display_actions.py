"""What the actions of display do: cine, colors, overlays, enlargement, studies."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from medgan_viewer.imaging.colormaps import OVER_IMAGES
from medgan_viewer.session.session import Session
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.tile_pictures import copy_tile, print_images, save_tile

if TYPE_CHECKING:
    from medgan_viewer.ui.main_window import MainWindow


def display_slots(window: "MainWindow") -> dict[str, Callable[[], None]]:
    """Return the slots of the actions of display, by action id."""
    session = window.session
    slots: dict[str, Callable[[], None]] = {
        "copy_tile": partial(copy_tile, window),
        "save_tile": partial(save_tile, window),
        "print_images": partial(print_images, window),
        "cine": partial(_toggle_cine, session),
        "cine_faster": session.cine.faster,
        "cine_slower": session.cine.slower,
        "overlays": partial(_toggle_overlays, session),
        "smooth": partial(_on_active, session, ViewportState.toggle_smoothing),
        "previous_study": partial(step_study, session, -1),
        "next_study": partial(step_study, session, 1),
    }
    for tool in ("region", "magnify"):
        slots[f"tool_{tool}"] = partial(_use_tool, window, tool)
    for name in OVER_IMAGES:
        slots[f"colormap_{name}"] = partial(_use_colormap, session, name)
    return slots


def _on_active(session: Session, act: Callable[[ViewportState], object]) -> None:
    if session.grid.active is not None:
        act(session.grid.active)


def _toggle_cine(session: Session) -> None:
    tile = session.grid.active
    session.cine.toggle(session.feeder_of(tile) if tile is not None else None)


def _toggle_overlays(session: Session) -> None:
    session.display.show_overlays(not session.display.has_overlays)


def _use_colormap(session: Session, name: str) -> None:
    """Show the grays of the active tile in colors; images in color keep their own."""
    tile = session.grid.active
    if tile is None or tile.frame is None:
        return
    if tile.frame.is_color:
        session.notices.post_info("This image has colors of its own.", "Choose a gray image.")
        return
    tile.look.set_colormap(name)


def step_study(session: Session, step: int) -> None:
    """Show the first set of the study before or after the one in the active tile."""
    tile = session.grid.active
    feeder = session.feeder_of(tile) if tile is not None else None
    studies = [study for study in session.studies.studies if study.display_sets]
    if feeder is None or not studies:
        return
    now = feeder.display_set.uid if feeder.display_set is not None else ""
    place = next(
        (i for i, study in enumerate(studies) if any(s.uid == now for s in study.display_sets)),
        -step,
    )
    if 0 <= place + step < len(studies):
        feeder.show(studies[place + step].display_sets[0])


def _use_tool(window: "MainWindow", tool: str) -> None:
    window.images.set_left_tool(tool)
