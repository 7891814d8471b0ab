"""LoadPlan: in which order the planes of a stack are loaded ahead, and which are least needed."""

from collections.abc import Iterator

from medgan_viewer.dicom.hierarchy import FrameRef

AHEAD_PER_BEHIND = 3  # planes ahead for each one behind


class LoadPlan:
    """The whole stack of one tile, as it will be needed from the plane that is on screen.

    Attributes
    ----------
    frames : of the stack, in its order
    index : the plane on screen
    direction : 1 or -1: where the user last scrolled to
    missing : planes that are still to be loaded; kept true by whoever loads them
    """

    def __init__(self, frames: tuple[FrameRef, ...], index: int = 0, direction: int = 1) -> None:
        self.frames = frames
        self.missing = set(frames)
        self.index = index
        self.direction = direction
        self._place = {ref: place for place, ref in enumerate(frames)}

    def move(self, index: int, direction: int) -> None:
        """The user went to another plane."""
        self.index, self.direction = index, direction

    def rank(self, ref: FrameRef) -> int | None:
        """Return how soon a plane may be needed, 0 first; None for planes of other stacks."""
        place = self._place.get(ref)
        if place is None:
            return None
        steps = (place - self.index) * self.direction
        return steps if steps >= 0 else -steps * AHEAD_PER_BEHIND

    def order(self) -> Iterator[FrameRef]:
        """Yield the missing planes but the one on screen, the first to be needed first."""
        ahead = behind = self.index
        count = len(self.frames)
        while self.missing:
            found = False
            for _ in range(AHEAD_PER_BEHIND):
                ahead += self.direction
                if 0 <= ahead < count:
                    found = True
                    if self.frames[ahead] in self.missing:
                        yield self.frames[ahead]
            behind -= self.direction
            if 0 <= behind < count:
                found = True
                if self.frames[behind] in self.missing:
                    yield self.frames[behind]
            if not found:
                return
