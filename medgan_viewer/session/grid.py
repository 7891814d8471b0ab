"""ViewportGrid: the tiles of the window, the active one, their arrangement and links."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from medgan_viewer.imaging.turn import UPRIGHT, Turn
from medgan_viewer.session.tile_view import View
from medgan_viewer.session.view_link import carry_view
from medgan_viewer.session.viewports import ViewportState


@dataclass(frozen=True, slots=True)
class Layout:
    """Tiles in rows and columns."""

    rows: int = 1
    columns: int = 2

    @property
    def count(self) -> int:
        return self.rows * self.columns


class ViewportGrid(QObject):
    """The tiles of the window.

    Signals
    -------
    tiles_changed() : other tiles, or another arrangement
    active_changed()
    links_changed()
    patients_changed() : `mixes_patients` may have another value
    """

    tiles_changed = Signal()
    active_changed = Signal()
    links_changed = Signal()
    patients_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._tiles: tuple[ViewportState, ...] = ()
        self._layout = Layout(1, 1)
        self._active: ViewportState | None = None
        self._maximized: ViewportState | None = None
        self._link_view = True
        self._link_scroll = True
        self._link_position = True
        self._link_window = True
        self._echo = False
        self._turn_together = False
        self._turns: dict[ViewportState, Turn] = {}
        self._patients: frozenset[str] = frozenset()
        self._mix_accepted = False
        self._connected: set[ViewportState] = set()

    @property
    def tiles(self) -> tuple[ViewportState, ...]:
        return self._tiles

    @property
    def layout(self) -> Layout:
        return self._layout

    @property
    def active(self) -> ViewportState | None:
        return self._active

    @property
    def maximized(self) -> ViewportState | None:
        return self._maximized

    @property
    def shown(self) -> tuple[ViewportState, ...]:
        """The tiles that are on screen now."""
        return self._tiles if self._maximized is None else (self._maximized,)

    @property
    def mixes_patients(self) -> bool:
        """Images of different patients stand beside each other."""
        return len(self._patients) > 1

    @property
    def mix_accepted(self) -> bool:
        """The user said that these patients may be linked all the same."""
        return self._mix_accepted

    @property
    def link_view(self) -> bool:
        """Zoom is linked."""
        return self._link_view

    @property
    def link_scroll(self) -> bool:
        return self._link_scroll

    @property
    def link_position(self) -> bool:
        return self._link_position

    @property
    def link_window(self) -> bool:
        """The user's window is carried to tiles where it means the same."""
        return self._link_window

    def set_tiles(
        self, tiles: tuple[ViewportState, ...], layout: Layout, *, turn_together: bool = False
    ) -> None:
        """Show these tiles; one that was active stays active if it is among them.

        Parameters
        ----------
        turn_together : rotation and mirroring of one hold for all, as images that are compared need
        """
        for tile in set(tiles) - self._connected:
            tile.view_changed.connect(self._on_view_changed)
            tile.fitted.connect(self._on_fitted)
            tile.content_changed.connect(self._compare_patients)
            self._connected.add(tile)
        self._tiles = tiles
        self._layout = layout
        self._maximized = None
        self._turn_together = turn_together
        if turn_together and tiles:
            self._turn_others(tiles[0])
        if self._active not in tiles:
            self._active = tiles[0] if tiles else None
        self.tiles_changed.emit()
        self.active_changed.emit()
        self._compare_patients()

    def activate(self, tile: ViewportState) -> None:
        """Let the keys act on this tile; where one tile stands alone, it takes its place."""
        if tile is self._active or tile not in self._tiles:
            return
        self._active = tile
        if self._maximized not in (None, tile):
            self._show_alone(tile)
        self.active_changed.emit()

    def toggle_maximized(self, tile: ViewportState) -> None:
        """Show one tile alone, or all again."""
        self._show_alone(None if self._maximized is tile else tile)
        self.activate(tile)

    def set_links(
        self, *, view: bool, scroll: bool, position: bool | None = None, window: bool | None = None
    ) -> None:
        """Say what goes together: zoom, scrolling, position and window.

        Parameters
        ----------
        position : None takes that of `view`
        window : None leaves it as it is
        """
        position = view if position is None else position
        window = self._link_window if window is None else window
        before = (self._link_view, self._link_scroll, self._link_position, self._link_window)
        if (view, scroll, position, window) != before:
            self._link_view, self._link_scroll = view, scroll
            self._link_position, self._link_window = position, window
            self.links_changed.emit()

    def toggle_link(self, name: str) -> None:
        """Turn one link on or off: link_view, link_scroll, link_position or link_window."""
        wanted = {
            "view": self._link_view,
            "scroll": self._link_scroll,
            "position": self._link_position,
            "window": self._link_window,
        }
        kind = name.removeprefix("link_")
        wanted[kind] = not wanted[kind]
        self.set_links(**wanted)

    def accept_mix(self) -> None:
        """Link the patients that stand beside each other now."""
        self._mix_accepted = True
        self.patients_changed.emit()

    def may_link(self, first: ViewportState, second: ViewportState) -> bool:
        """Return whether two tiles may go together: not two patients without the user's word."""
        return self._mix_accepted or len(_patients_of((first, second))) < 2

    def _show_alone(self, tile: ViewportState | None) -> None:
        self._maximized = tile
        self.tiles_changed.emit()
        self._compare_patients()

    def _compare_patients(self) -> None:
        patients = _patients_of(self.shown)
        if patients != self._patients:
            self._patients = patients
            self._mix_accepted = False
            self.patients_changed.emit()

    def _on_view_changed(self) -> None:
        """Zoom and move the other tiles along; a view that is unlinked stays."""
        sender = self.sender()
        if not self._echo and isinstance(sender, ViewportState):
            if sender.view.turn != self._turns.get(sender, UPRIGHT):
                # The place stays; that another size fits now is no reason to zoom the others.
                self._turns[sender] = sender.view.turn
                if self._turn_together and sender in self._tiles:
                    self._turn_others(sender)
                return
            zoom, position = self._link_view, self._link_position
            self._take_along(sender, partial(carry_view, sender, zoom=zoom, position=position))

    def _on_fitted(self) -> None:
        """Bring linked tiles back too, whatever the millimetres say."""
        sender = self.sender()
        if isinstance(sender, ViewportState):
            self._take_along(sender, lambda tile: View(turn=tile.view.turn))

    def _turn_others(self, leader: ViewportState) -> None:
        self._echo = True
        try:
            for tile in self._tiles:
                self._turns[tile] = leader.view.turn
                tile.turn(leader.view.turn)
        finally:
            self._echo = False

    def _take_along(
        self, sender: ViewportState, view_for: Callable[[ViewportState], View | None]
    ) -> None:
        if not (self._link_view or self._link_position):
            return
        self._echo = True
        try:
            for tile in self._tiles:
                if tile is sender or not self.may_link(sender, tile):
                    continue
                view = view_for(tile)
                if view is not None:
                    tile.set_view(view)
        finally:
            self._echo = False


def _patients_of(tiles: tuple[ViewportState, ...]) -> frozenset[str]:
    """Return the patients of some tiles.

    A synthetic file is exported under an invented name. Where it lies in the space of another image
    it counts as that one's patient; the amber mark says what it is.
    """
    captions = [tile.caption for tile in tiles]
    acquired_last = sorted(captions, key=lambda caption: not caption.is_synthetic)
    owner = {caption.space: caption.patient for caption in acquired_last if caption.space}
    return frozenset(
        owner.get(caption.space, caption.patient) if caption.is_synthetic else caption.patient
        for caption in captions
    ) - {""}
