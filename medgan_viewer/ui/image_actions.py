"""What the actions of one tile do; each acts on the tile that is active."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from medgan_viewer.session.grid import ViewportGrid
from medgan_viewer.session.session import Session
from medgan_viewer.session.viewports import ViewportState

ZOOM_STEP = 1.25


def tile_slots(session: Session) -> dict[str, Callable[[], None]]:
    """Return the slot of every action in the images, by its id."""
    grid = session.grid

    def on_tile(act: Callable[[ViewportState], object]) -> Callable[[], None]:
        def slot() -> None:
            if grid.active is not None:
                act(grid.active)

        return slot

    slots: dict[str, Callable[[], None]] = {
        "previous_image": on_tile(lambda tile: tile.scroll(-1)),
        "next_image": on_tile(lambda tile: tile.scroll(1)),
        "previous_ten": on_tile(lambda tile: tile.scroll(-10)),
        "next_ten": on_tile(lambda tile: tile.scroll(10)),
        "first_image": on_tile(lambda tile: tile.go_to(0)),
        "last_image": on_tile(lambda tile: tile.go_to(tile.count - 1)),
        "previous_series": partial(step_series, session, -1),
        "next_series": partial(step_series, session, 1),
        "window_auto": on_tile(ViewportState.use_auto_window),
        "window_file": on_tile(ViewportState.use_file_window),
        "invert": on_tile(ViewportState.toggle_inversion),
        "graphics": on_tile(ViewportState.toggle_graphics),
        "reset": on_tile(ViewportState.reset),
        "fit": on_tile(ViewportState.fit),
        "zoom_in": on_tile(partial(_zoom, ZOOM_STEP)),
        "zoom_out": on_tile(partial(_zoom, 1 / ZOOM_STEP)),
        "maximize": partial(_maximize, grid),
        "show_pixels": on_tile(ViewportState.show_pixels),
        "rotate_right": on_tile(lambda tile: tile.turn(tile.view.turn.rotated(1))),
        "rotate_left": on_tile(lambda tile: tile.turn(tile.view.turn.rotated(-1))),
        "flip_horizontally": on_tile(lambda t: t.turn(t.view.turn.flipped_horizontally())),
        "flip_vertically": on_tile(lambda tile: tile.turn(tile.view.turn.flipped_vertically())),
    }
    for digit in range(2, 10):
        slots[f"preset_{digit}"] = on_tile(partial(_use_preset, digit))
    return slots


def step_series(session: Session, step: int) -> None:
    """Show the display set before or after the one in the active tile, in the order of the list."""
    tile = session.grid.active
    feeder = session.feeder_of(tile) if tile is not None else None
    sets = [s for study in session.studies.studies for s in study.display_sets]
    if feeder is None or not sets:
        return
    uids = [s.uid for s in sets]
    now = feeder.display_set.uid if feeder.display_set is not None else ""
    place = uids.index(now) + step if now in uids else 0
    if 0 <= place < len(sets):
        feeder.show(sets[place])


def _zoom(factor: float, tile: ViewportState) -> None:
    tile.set_view(replace(tile.view, zoom=tile.view.zoom * factor))


def _use_preset(digit: int, tile: ViewportState) -> None:
    tile.use_preset(digit)


def _maximize(grid: ViewportGrid) -> None:
    if grid.active is not None:
        grid.toggle_maximized(grid.active)
