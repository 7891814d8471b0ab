"""Measuring: the numbers of annotations, computed at once where that is quick, else on a thread."""

import threading
from collections import OrderedDict

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.errors import MedganError
from medgan_viewer.imaging.annotation import Annotation, box_of
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.measure import Measurement, measure
from medgan_viewer.session.background import LatestWins

AT_ONCE_PIXELS = 1 << 13  # about a third of a millisecond
KEPT = 2000

_Key = tuple[object, ...]
_Done = tuple[_Key, Annotation, Measurement]


class Measuring(QObject):
    """Numbers of annotations on the frames that were shown.

    Signals
    -------
    ready() : numbers that were asked for are there
    """

    ready = Signal()
    _delivered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._found: OrderedDict[_Key, Measurement] = OrderedDict()
        self._last: dict[str, tuple[Annotation, Measurement]] = {}
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[_Key, Annotation, PixelFrame]] = {}
        self._asked: dict[str, _Key] = {}  # until it is delivered; touched by the window's thread
        self._worker: LatestWins[list[_Done]] | None = None
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    def measurement_of(self, annotation: Annotation, frame: PixelFrame) -> Measurement | None:
        """Return the numbers on this frame; None while they are computed."""
        drawn = (annotation.uid, annotation.kind, annotation.points)
        key: _Key = (*drawn, frame.transform, frame.spacing, frame.is_synthetic, frame.unit)
        if key in self._found:
            self._found.move_to_end(key)
            return self._found[key]
        if _pixels_of(annotation, frame) <= AT_ONCE_PIXELS:
            return self._keep(key, annotation, measure(annotation, frame))
        if self._asked.get(annotation.uid) == key:
            return None
        self._asked[annotation.uid] = key
        with self._lock:
            self._waiting[annotation.uid] = (key, annotation, frame)
        if self._worker is None:
            self._worker = LatestWins("measuring", self._deliver)
        self._worker.submit(self._compute)
        return None

    def last_of(self, annotation: Annotation) -> Measurement | None:
        """Return the numbers that were computed last, if they are of this very annotation."""
        known = self._last.get(annotation.uid)
        return known[1] if known is not None and known[0].points == annotation.points else None

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()

    def _compute(self) -> list[_Done]:
        with self._lock:
            batch, self._waiting = tuple(self._waiting.values()), {}
        return [(key, annotation, measure(annotation, frame)) for key, annotation, frame in batch]

    def _deliver(self, ticket: int, outcome: list[_Done] | MedganError) -> None:
        if not isinstance(outcome, MedganError):
            self._delivered.emit(outcome)

    def _on_delivered(self, done: list[_Done]) -> None:
        for key, annotation, found in done:
            self._keep(key, annotation, found)
            if self._asked.get(annotation.uid) == key:
                del self._asked[annotation.uid]
        if done:
            self.ready.emit()

    def _keep(self, key: _Key, annotation: Annotation, found: Measurement) -> Measurement:
        self._found[key] = found
        self._last[annotation.uid] = (annotation, found)
        while len(self._found) > KEPT:
            self._found.popitem(last=False)
        return found


def _pixels_of(annotation: Annotation, frame: PixelFrame) -> float:
    if not annotation.kind.is_region:
        return 1
    left, top, right, bottom = box_of(annotation)
    width = min(right, frame.columns) - max(left, 0)
    height = min(bottom, frame.rows) - max(top, 0)
    return max(width, 0) * max(height, 0) + len(annotation.points) * max(height, 0) / 8
