"""FrameLoader: decoded frames by reference, kept under a byte budget, newest use last out."""

import logging
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.dicom.decoder import PREFETCH, VISIBLE, DecoderPool, Ticket
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.errors import MedganError
from medgan_viewer.imaging.frame import PixelFrame

log = logging.getLogger(__name__)

MAX_PREFETCH = 24


@dataclass
class _Request:
    """A frame on its way: in the queue of the pool, once per priority it was asked for with."""

    priority: int
    tickets: list[Ticket] = field(default_factory=list)

    def cancel(self) -> None:
        for ticket in self.tickets:
            ticket.cancel()


class FrameLoader(QObject):
    """Frames for the screen; everything happens on the window's thread but the decoding.

    Signals
    -------
    frame_loaded(FrameRef, PixelFrame)
    frame_failed(FrameRef, MedganError)
    cache_changed() : frames came or went
    """

    frame_loaded = Signal(object, object)
    frame_failed = Signal(object, object)
    cache_changed = Signal()
    _delivered = Signal(object, object)

    def __init__(self, pool: DecoderPool, budget_bytes: int) -> None:
        super().__init__()
        self._pool = pool
        self._budget = budget_bytes
        self._kept: OrderedDict[FrameRef, PixelFrame] = OrderedDict()
        self._size = 0
        self._pinned: dict[int, FrameRef] = {}
        self._ahead: dict[int, list[FrameRef]] = {}
        self._running: dict[FrameRef, _Request] = {}
        self._closed = False
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    @property
    def size_bytes(self) -> int:
        return self._size

    def get(self, ref: FrameRef) -> PixelFrame | None:
        """Return the frame if it is in memory, and remember that it was used."""
        frame = self._kept.get(ref)
        if frame is not None:
            self._kept.move_to_end(ref)
        return frame

    def has(self, ref: FrameRef) -> bool:
        return ref in self._kept

    def pin(self, holder: int, ref: FrameRef | None) -> None:
        """Keep the frame that viewport `holder` shows, whatever the budget says.

        The one it waited for before is not loaded any more, so that a fast scroll leaves no queue.
        """
        before = self._pinned.pop(holder, None)
        if ref is not None:
            self._pinned[holder] = ref
        if before in self._running and before not in self._pinned.values():
            self._running.pop(before).cancel()

    def request(self, ref: FrameRef, priority: int = VISIBLE) -> None:
        """Load a frame; the signals tell when it is there. A running request may move up."""
        if self._closed:  # a wheel turned on a window that is closing
            return
        if ref in self._kept:
            self._delivered.emit(ref, self._kept[ref])
            return
        request = self._running.setdefault(ref, _Request(priority))
        if request.tickets and request.priority <= priority:
            return
        # An earlier ticket stays: its frame may be half decoded. The first to come is taken.
        request.priority = priority
        request.tickets.append(
            self._pool.submit(
                ReadFrame(ref), lambda outcome: self._delivered.emit(ref, outcome), priority
            )
        )

    def prefetch(self, holder: int, refs: Iterable[FrameRef]) -> None:
        """Load these frames for viewport `holder` when nothing else is to do.

        They take the place of what was to be loaded ahead for it before.
        """
        self._ahead[holder] = [ref for ref in refs if ref not in self._kept][:MAX_PREFETCH]
        wanted = {ref for ahead in self._ahead.values() for ref in ahead}
        for ref, request in list(self._running.items()):
            if request.priority == PREFETCH and ref not in wanted:
                request.cancel()
                del self._running[ref]
        for ref in self._ahead[holder]:
            self.request(ref, PREFETCH)

    def close(self) -> None:
        self._closed = True
        for request in self._running.values():
            request.cancel()
        self._running.clear()
        self._kept.clear()

    def _on_delivered(self, ref: FrameRef, outcome: object) -> None:
        if self._closed:  # posted before the pool was closed
            return
        request = self._running.pop(ref, None)
        if request is not None:
            request.cancel()
        if isinstance(outcome, PixelFrame):
            self._keep(ref, outcome)
            self.frame_loaded.emit(ref, outcome)
        elif isinstance(outcome, MedganError):
            log.warning("a frame could not be decoded: %s", type(outcome).__name__)
            self.frame_failed.emit(ref, outcome)

    def _keep(self, ref: FrameRef, frame: PixelFrame) -> None:
        if ref not in self._kept:
            self._kept[ref] = frame
            self._size += frame.stored.nbytes
        self._kept.move_to_end(ref)
        pinned = set(self._pinned.values()) | {ref}
        for old in list(self._kept):
            if self._size <= self._budget:
                break
            if old not in pinned:
                self._size -= self._kept.pop(old).stored.nbytes
        self.cache_changed.emit()
