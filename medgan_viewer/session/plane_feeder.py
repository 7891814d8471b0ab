"""PlaneFeeder: brings planes of a volume into one tile, sampled on a thread of its own."""

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.errors import MedganError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import Vector
from medgan_viewer.imaging.reformat import Orientation, PlaneStack, reformat_plane
from medgan_viewer.imaging.slab import Slab
from medgan_viewer.imaging.voi import Voi
from medgan_viewer.imaging.volume import Volume
from medgan_viewer.session.background import LatestWins
from medgan_viewer.session.tile_view import Caption, Role
from medgan_viewer.session.viewports import ViewportState


@dataclass(frozen=True, slots=True, eq=False)
class PlaneSource:
    """What a tile's planes are sampled from."""

    volume: Volume
    stack: PlaneStack
    vois: tuple[Voi, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Sampled:
    source: PlaneSource
    index: int
    frame: PixelFrame


class PlaneFeeder(QObject):
    """One tile and the planes of one orientation.

    Signals
    -------
    scrolled(float) : the user scrolled to the plane at this place along the scroll direction, in mm
    """

    scrolled = Signal(float)
    _delivered = Signal(int, object)

    def __init__(self, orientation: Orientation) -> None:
        super().__init__()
        self.orientation = orientation
        self.viewport = ViewportState(Role.ACQUIRED)
        self._source: PlaneSource | None = None
        self._slab = Slab()
        self._ticket = 0
        self._thread: LatestWins[_Sampled] | None = None
        self.viewport.index_wanted.connect(self._on_index_wanted)
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    def wait(self, caption: Caption, message: str) -> None:
        """Say what is coming."""
        self._source = None
        self.viewport.start_stack(self._named(caption), 0, 0, message)

    def show(self, source: PlaneSource, caption: Caption, slab: Slab, position_mm: Vector) -> None:
        """Show the plane through a point of the patient."""
        self._source = source
        self._slab = slab
        stack = source.stack
        index = stack.index_of(position_mm)
        self.viewport.start_stack(self._named(caption), stack.count, index, "Sampling the plane …")
        self._sample(index)

    def clear(self) -> None:
        self._source = None
        self.viewport.clear("")

    def close(self) -> None:
        self._source = None
        if self._thread is not None:
            self._thread.close()

    def set_slab(self, slab: Slab) -> None:
        self._slab = slab
        if self._source is not None:
            self._sample(self.viewport.wanted)

    def clamped(self, along_mm: float) -> float:
        """Return the place along the scroll direction, kept between the first and last plane."""
        if self._source is None:
            return along_mm
        first, last = (
            self._along(self._source.stack, index) for index in (0, self._source.stack.count - 1)
        )
        return min(max(along_mm, first), last)

    def go_to_position(self, position_mm: Vector) -> None:
        """Show the plane nearest to a point of the patient."""
        if self._source is not None:
            index = self._source.stack.index_of(position_mm)
            if index != self.viewport.wanted:
                self._sample(index)

    def _on_index_wanted(self, index: int) -> None:
        if self._source is not None:
            self._sample(index)
            self.scrolled.emit(self._along(self._source.stack, index))

    def _along(self, stack: PlaneStack, index: int) -> float:
        return float(np.dot(stack.plane(index).position_mm, self.orientation.scroll_direction))

    def _named(self, caption: Caption) -> Caption:
        title = f"{self.orientation.value.upper()} reformatted · {caption.title}"
        return replace(caption, title=title)

    def _sample(self, index: int) -> None:
        source, slab = self._source, self._slab
        assert source is not None
        if self._thread is None:
            self._thread = LatestWins(f"mpr-{self.orientation.value}", self._delivered.emit)
        self.viewport.expect(index, "sampling …" if self.viewport.frame is None else "")

        def sample() -> _Sampled:
            frame = reformat_plane(source.volume, source.stack, index, slab, vois=source.vois)
            return _Sampled(source, index, frame)

        self._ticket = self._thread.submit(sample)

    def _on_delivered(self, ticket: int, outcome: object) -> None:
        if self._source is None:
            return
        if isinstance(outcome, MedganError):
            if ticket == self._ticket:
                self.viewport.show_message(f"{outcome.problem}\n\n{outcome.action}")
        elif isinstance(outcome, _Sampled) and outcome.source is self._source:
            wanted = self.viewport.wanted
            # Planes that a fast scroll has passed are shown too, or it would show none.
            self.viewport.show_frame(outcome.frame, outcome.index)
            if ticket != self._ticket:
                self.viewport.expect(wanted, "")
