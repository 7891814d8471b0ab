"""ComparisonState: the acquired and the synthetic tile against each other."""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.errors import InputError, MedganError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.session.background import LatestWins
from medgan_viewer.session.tile_view import Caption, Role
from medgan_viewer.session.viewports import ViewportState

if TYPE_CHECKING:
    from medgan_viewer.compare.comparison import Comparison


class CompareMode(Enum):
    """How the pair is shown."""

    SIDE_BY_SIDE = "side by side"
    SWIPE = "swipe"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class _Compared:
    difference: PixelFrame
    comparison: "Comparison"


class ComparisonState(QObject):
    """The pair, how it is shown, and its figures, computed on a thread of its own.

    Signals
    -------
    mode_changed()
    swipe_changed() : the edge moved
    result_changed() : new figures, or the reason why there are none
    """

    mode_changed = Signal()
    swipe_changed = Signal()
    result_changed = Signal()
    _delivered = Signal(int, object)

    def __init__(self, reference: ViewportState, candidate: ViewportState) -> None:
        super().__init__()
        self.reference = reference
        self.candidate = candidate
        self.difference = ViewportState(Role.SYNTHETIC)
        self._mode = CompareMode.SIDE_BY_SIDE
        self._swipe = 0.5
        self._active = False
        self._ticket = 0
        self._compared_pair: tuple[PixelFrame, PixelFrame] | None = None
        self._result: Comparison | None = None
        self._obstacle: MedganError | None = None
        self._is_comparing = False
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)
        self._thread: LatestWins[_Compared] = LatestWins("compare", self._delivered.emit)
        for tile in (reference, candidate):
            tile.content_changed.connect(self._refresh)

    @property
    def mode(self) -> CompareMode:
        return self._mode

    @property
    def swipe(self) -> float:
        """Place of the edge, 0 at the left end of the tile, 1 at the right."""
        return self._swipe

    @property
    def result(self) -> "Comparison | None":
        return self._result

    @property
    def is_comparing(self) -> bool:
        """The figures are those of an earlier pair; new ones are on their way."""
        return self._is_comparing

    @property
    def obstacle(self) -> MedganError | None:
        """Why the two images cannot be compared in figures."""
        return self._obstacle

    def set_mode(self, mode: CompareMode) -> None:
        if mode is not self._mode:
            self._mode = mode
            self.mode_changed.emit()

    def set_swipe(self, part: float) -> None:
        part = min(max(part, 0.0), 1.0)
        if part != self._swipe:
            self._swipe = part
            self.swipe_changed.emit()

    def activate(self) -> None:
        self._active = True
        self._compared_pair = None
        self._refresh()

    def deactivate(self) -> None:
        self._active = False
        self._is_comparing = False

    def close(self) -> None:
        self._active = False  # what the thread posted before it ended is dropped
        self._thread.close()

    def _refresh(self) -> None:
        """Compare again when one of the two images is another one."""
        if not self._active:
            return
        first, second = self.reference.frame, self.candidate.frame
        if first is None or second is None:
            self._compared_pair = None
            self._is_comparing = False
            self._show(None, None, "Show an image on both sides to compare them.")
            return
        if self._compared_pair is not None and self._compared_pair == (first, second):
            return
        self._compared_pair = (first, second)
        self._is_comparing = True
        self.difference.set_waiting("comparing …")
        self._ticket = self._thread.submit(lambda: _compare(first, second))
        self.result_changed.emit()

    def _on_delivered(self, ticket: int, outcome: object) -> None:
        if ticket != self._ticket or not self._active:
            return
        self._is_comparing = False
        if isinstance(outcome, MedganError):
            obstacle = self._advised(outcome)
            self._show(None, obstacle, f"{obstacle.problem}\n\n{obstacle.action}")
        elif isinstance(outcome, _Compared):
            self._result, self._obstacle = outcome.comparison, None
            is_first = self.difference.frame is None
            self.difference.show_frame(outcome.difference, self.candidate.index)
            if is_first:  # later ones keep the view, which the link moves or the user
                self.difference.set_caption(Caption(title="red: more, blue: less"))
                self.difference.set_view(self.reference.view)
            self.result_changed.emit()

    def _advised(self, error: MedganError) -> MedganError:
        """Say what can be compared where the synthetic image was made from nothing."""
        made = self.candidate.frame
        if made is None or made.provenance is None or made.provenance.source_uids:
            return error
        return InputError(
            problem=error.problem,
            action="Translate the series on the left (Ctrl+3): its translation can be compared.",
            details=error.action,
        )

    def _show(self, result: "Comparison | None", obstacle: MedganError | None, text: str) -> None:
        self._result, self._obstacle = result, obstacle
        self.difference.clear(text)
        self.result_changed.emit()


def _compare(reference: PixelFrame, candidate: PixelFrame) -> _Compared:
    """Runs on the comparison thread; scipy and scikit-image are imported there."""
    from medgan_viewer.compare.comparison import compare
    from medgan_viewer.compare.difference import signed_difference

    difference = signed_difference(reference, candidate)
    return _Compared(difference, compare(reference, candidate))
