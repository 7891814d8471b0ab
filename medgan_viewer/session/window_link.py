"""WindowLink: carries the window that the user sets to tiles where it means the same."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from medgan_viewer.compare.linking import window_link_obstacle
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.session.grid import ViewportGrid
from medgan_viewer.session.mpr import MprViews
from medgan_viewer.session.stacks import StackFeeder
from medgan_viewer.session.viewports import ViewportState


def window_obstacle(first: PixelFrame, second: PixelFrame, *, same_series: bool) -> str:
    """Return why two images must not share a window, one phrase for people; empty if they may.

    Values without a unit, as those of MR, mean the same within one series only; a synthetic image
    never takes the window of an acquired one.
    """
    if first.is_synthetic != second.is_synthetic:
        return "one image is synthetic"
    obstacle = window_link_obstacle(first, second)
    if not obstacle and not first.transform.unit and not same_series:
        return "values of different series without a unit"
    return obstacle


def series_shown_in(feeders: Sequence[StackFeeder], mpr: MprViews, tile: ViewportState) -> str:
    """Name the display set that a tile shows, as a stack or as planes; "" where it shows none."""
    if tile in mpr.tiles:
        return mpr.source.display_set.uid if mpr.source is not None else ""
    shown = next((feeder.display_set for feeder in feeders if feeder.viewport is tile), None)
    return "" if shown is None else shown.uid


class WindowLink(QObject):
    """Follows the windows of all tiles.

    Planes of one reformatted series always share theirs.
    """

    def __init__(
        self,
        grid: ViewportGrid,
        tiles: Sequence[ViewportState],
        reformatted: Sequence[ViewportState],
        series_of: Callable[[ViewportState], str],
    ) -> None:
        """Connect to `tiles`; `series_of` names the series a tile shows, or says ""."""
        super().__init__()
        self._grid = grid
        self._reformatted = reformatted
        self._series_of = series_of
        self._echo = False
        for tile in (*tiles, *reformatted):
            tile.voi_changed.connect(self._on_voi_changed)

    def _on_voi_changed(self) -> None:
        sender = self.sender()
        if self._echo or not isinstance(sender, ViewportState) or not sender.has_users_voi:
            return
        self._echo = True
        try:
            for tile in self._grid.tiles:
                if tile is not sender and self._goes_along(sender, tile) and sender.voi is not None:
                    tile.set_voi(sender.voi)
        finally:
            self._echo = False

    def _goes_along(self, sender: ViewportState, tile: ViewportState) -> bool:
        if sender not in self._grid.tiles or sender.frame is None or tile.frame is None:
            return False
        if sender in self._reformatted and tile in self._reformatted:
            return True
        if not self._grid.link_window or not self._grid.may_link(sender, tile):
            return False
        series = self._series_of(sender)
        same = series != "" and series == self._series_of(tile)
        return not window_obstacle(sender.frame, tile.frame, same_series=same)
