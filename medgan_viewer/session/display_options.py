"""DisplayOptions: what holds for all tiles: corner text, overlays on or off, the cine rate."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal

from medgan_viewer.session.tile_look import CORNER_PARTS
from medgan_viewer.session.viewports import ViewportState

CINE_RATES = (1.0, 60.0)  # frames per second
DEFAULT_CINE_RATE = 15.0


class DisplayOptions(QObject):
    """Options of the user; handed to every tile.

    Signals
    -------
    changed()
    """

    changed = Signal()

    def __init__(self, tiles: Iterable[ViewportState]) -> None:
        super().__init__()
        self._tiles = tuple(tiles)
        self._hidden: frozenset[str] = frozenset()
        self._has_overlays = True
        self._cine_rate = DEFAULT_CINE_RATE

    @property
    def hidden_parts(self) -> frozenset[str]:
        """Names of CORNER_PARTS that are left out."""
        return self._hidden

    @property
    def has_overlays(self) -> bool:
        return self._has_overlays

    @property
    def cine_rate(self) -> float:
        """Frames per second where the file names none."""
        return self._cine_rate

    def hide_parts(self, hidden: Iterable[str]) -> None:
        """Leave these parts out; names that are not known are dropped."""
        self._hidden = frozenset(hidden) & frozenset(CORNER_PARTS)
        self._tell(lambda tile: tile.look.set_hidden_parts(self._hidden))

    def show_overlays(self, shown: bool) -> None:
        """Draw corner text, letters and bars, or the image alone; the synthetic mark stays."""
        self._has_overlays = shown
        self._tell(lambda tile: tile.look.set_overlays(shown))

    def set_cine_rate(self, rate: float) -> None:
        low, high = CINE_RATES
        self._cine_rate = min(max(rate, low), high)
        self.changed.emit()

    def _tell(self, tell: Callable[[ViewportState], None]) -> None:
        for tile in self._tiles:
            tell(tile)
        self.changed.emit()
