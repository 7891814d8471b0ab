"""SliceLinks: which slices of two stacks belong together, by place or from a pair set by hand."""

from collections.abc import Sequence
from itertools import permutations

from PySide6.QtCore import QObject, Signal

from medgan_viewer.compare.linking import AlignedPair, SliceLinkKind, link_rule, partner_index
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.session.grid import ViewportGrid
from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.stacks import StackFeeder


class SliceLinks(QObject):
    """The pairs of slices that the user aligned; stacks of one space need none.

    Signals
    -------
    changed() : pairs were set or forgotten
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._pairs: dict[tuple[str, str], tuple[FrameRef, FrameRef]] = {}

    @property
    def has_pairs(self) -> bool:
        return bool(self._pairs)

    def align(self, shown: Sequence[tuple[DisplaySet, int]]) -> int:
        """Declare that the slices shown now belong together.

        Parameters
        ----------
        shown : display sets with the 0-based slice of each

        Returns
        -------
        the number of pairs that can be linked from here, those by position not counted
        """
        linked = 0
        for (source, source_index), (target, target_index) in permutations(shown, 2):
            if source.uid == target.uid:
                continue
            refs = (source.frames[source_index], target.frames[target_index])
            self._pairs[source.uid, target.uid] = refs
            rule = link_rule(source.planes, target.planes, _pair(source, target, refs))
            if rule.kind in (SliceLinkKind.OFFSET_MM, SliceLinkKind.OFFSET_SLICES):
                linked += 1
            else:
                del self._pairs[source.uid, target.uid]
        self.changed.emit()
        return linked // 2

    def forget(self) -> None:
        """Link by place alone again."""
        if self._pairs:
            self._pairs.clear()
            self.changed.emit()

    def partner(self, source: DisplaySet, target: DisplaySet, index: int) -> int | None:
        """Return the slice of `target` that belongs to slice `index` of `source`, if there is one.

        Stacks that share a frame of reference go by place, others by the pair that was aligned.
        """
        refs = self._pairs.get((source.uid, target.uid))
        aligned = None if refs is None else _pair(source, target, refs)
        rule = link_rule(source.planes, target.planes, aligned)
        return partner_index(rule, source.planes, target.planes, index)


def align_on_screen(
    links: SliceLinks,
    feeders: Sequence[StackFeeder],
    grid: ViewportGrid,
    notices: NoticeBoard,
) -> None:
    """Link the stacks on screen from the slices that they show now, and tell."""
    shown = [
        (feeder.display_set, feeder.viewport.wanted)
        for feeder in feeders
        if feeder.display_set is not None and feeder.viewport in grid.shown
    ]
    if links.align(shown):
        notices.post_info("The slices on screen now belong together while you scroll.")
    else:
        notices.post_info(
            "There are no stacks on screen to align.",
            "Show two series whose slices are parallel and not linked by position.",
        )


def _pair(
    source: DisplaySet, target: DisplaySet, refs: tuple[FrameRef, FrameRef]
) -> AlignedPair | None:
    """Return the places of an aligned pair; stacks may have grown since, or been divided."""
    if refs[0] not in source.frames or refs[1] not in target.frames:
        return None
    return AlignedPair(source.frames.index(refs[0]), target.frames.index(refs[1]))
