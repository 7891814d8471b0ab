"""FrameLoader: decoded frames by reference, kept in their file's type under a byte budget.

What is on screen stays. Around it the whole stack of every tile is loaded ahead, as far as the
budget reaches; what no tile shows goes first, then what lies farthest from the planes on screen.
"""

import logging
import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.dicom.decoder import PREFETCH, VISIBLE, DecoderPool, Ticket
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.errors import MedganError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.session.load_plan import LoadPlan

log = logging.getLogger(__name__)

MAX_AHEAD = 16  # in the queue of the pool at once: few, so that a scroll changes what comes next


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
        self._plans: dict[int, LoadPlan] = {}
        self._running: dict[FrameRef, _Request] = {}
        self._failed: set[FrameRef] = set()
        self._frame_bytes = 0  # of the last frame: what the next one is expected to take
        self._closed = False
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    @property
    def size_bytes(self) -> int:
        """Memory of the frames that are kept, in the types of their files."""
        return self._size

    @property
    def budget_bytes(self) -> int:
        return self._budget

    def set_budget(self, budget_bytes: int) -> None:
        """Keep more frames from now on, or fewer at once; those on screen stay."""
        self._budget = budget_bytes
        if self._evict(set(self._pinned.values())):
            self.cache_changed.emit()
        self._load_ahead()

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
        self._failed.discard(ref)  # it is tried again when somebody wants to see it
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

    def plan(self, holder: int, frames: tuple[FrameRef, ...], index: int, direction: int) -> None:
        """Load the stack of viewport `holder` when nothing else is to do, nearest planes first.

        Parameters
        ----------
        index : the plane on screen
        direction : 1 or -1: where the next planes are expected to be wanted
        """
        known = self._plans.get(holder)
        if known is not None and known.frames is frames:
            known.move(index, direction)
        elif frames:
            plan = self._plans[holder] = LoadPlan(frames, index, direction)
            plan.missing -= self._kept.keys() | self._failed
        else:
            self._plans.pop(holder, None)
        ahead = [ref for ref, one in self._running.items() if one.priority == PREFETCH]
        if ahead:
            next_ones = set(self._next_ahead(MAX_AHEAD))
            for ref in ahead:
                if ref not in next_ones:
                    self._running.pop(ref).cancel()
        self._load_ahead()

    def close(self) -> None:
        self._closed = True
        for request in self._running.values():
            request.cancel()
        self._running.clear()
        self._plans.clear()
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
            self._failed.add(ref)
            for plan in self._plans.values():
                plan.missing.discard(ref)
            self.frame_failed.emit(ref, outcome)
        self._load_ahead()

    def _keep(self, ref: FrameRef, frame: PixelFrame) -> None:
        if ref not in self._kept:
            self._kept[ref] = frame
            self._size += frame.stored.nbytes
            for plan in self._plans.values():
                plan.missing.discard(ref)
        self._kept.move_to_end(ref)
        self._frame_bytes = frame.stored.nbytes
        self._evict(set(self._pinned.values()))
        self.cache_changed.emit()

    def _evict(self, pinned: set[FrameRef]) -> bool:
        """Drop frames down to the budget, the least needed first; return whether any went."""
        is_changed = False
        while self._size > self._budget:
            victim, _ = self._least_needed(pinned)
            if victim is None:
                break
            self._size -= self._kept.pop(victim).stored.nbytes
            for plan in self._plans.values():
                if plan.rank(victim) is not None:
                    plan.missing.add(victim)
            is_changed = True
        return is_changed

    def _least_needed(self, pinned: set[FrameRef]) -> tuple[FrameRef | None, float]:
        """Return the frame to go first, and its rank; of those that no tile wants, the oldest."""
        worst: FrameRef | None = None
        worst_rank = -1.0
        plans = tuple(self._plans.values())
        for ref in self._kept:
            rank = _rank(ref, plans)
            if rank > worst_rank and ref not in pinned:
                worst, worst_rank = ref, rank
                if rank == math.inf:
                    break
        return worst, worst_rank

    def _load_ahead(self) -> None:
        """Ask the pool for the next planes, as many as it may hold at once."""
        ahead = sum(request.priority == PREFETCH for request in self._running.values())
        if self._closed or ahead >= MAX_AHEAD:
            return
        victim_rank: float | None = None
        plans = tuple(self._plans.values())
        for ref in self._next_ahead(MAX_AHEAD):
            if ref in self._running:
                continue
            expected = self._size + self._frame_bytes * (len(self._running) + 1)
            if expected > self._budget:  # unless it is needed sooner than one that is kept
                if victim_rank is None:
                    victim_rank = self._least_needed(set(self._pinned.values()))[1]
                if _rank(ref, plans) >= victim_rank:
                    return
            if ahead >= MAX_AHEAD:
                return
            ahead += 1
            self.request(ref, PREFETCH)

    def _next_ahead(self, count: int) -> list[FrameRef]:
        """Return the next planes that are not in memory, the tiles in turn."""
        waiting = [plan.order() for plan in self._plans.values() if plan.missing]
        found: dict[FrameRef, None] = {}
        while waiting and len(found) < count:
            for refs in list(waiting):
                ref = next(refs, None)
                if ref is None:
                    waiting.remove(refs)
                elif len(found) < count:
                    found[ref] = None
        return list(found)


def _rank(ref: FrameRef, plans: Iterable[LoadPlan]) -> float:
    """Return how soon any tile may need a plane; infinite where none does."""
    best = math.inf
    for plan in plans:  # a loop, as this runs for every frame that is kept
        rank = plan.rank(ref)
        if rank is not None and rank < best:
            best = rank
    return best
