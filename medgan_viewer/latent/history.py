"""EditHistory: undo and redo over frozen states, one step per edit and not per pixel of a drag."""

from typing import Generic, TypeVar

State = TypeVar("State")

MAX_STEPS = 500


class EditHistory(Generic[State]):
    """A line of states with a place in it; a new edit after an undo drops what was undone."""

    def __init__(self, first: State) -> None:
        self._states = [first]
        self._index = 0

    @property
    def current(self) -> State:
        return self._states[self._index]

    @property
    def can_undo(self) -> bool:
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        return self._index + 1 < len(self._states)

    def record(self, state: State) -> bool:
        """Add a state after the current one; False when it equals the current one."""
        if state == self.current:
            return False
        del self._states[self._index + 1 :]
        self._states.append(state)
        del self._states[:-MAX_STEPS]
        self._index = len(self._states) - 1
        return True

    def undo(self) -> State:
        """Step back and return the state; at the start it stays."""
        self._index = max(self._index - 1, 0)
        return self.current

    def redo(self) -> State:
        """Step forward and return the state; at the end it stays."""
        self._index = min(self._index + 1, len(self._states) - 1)
        return self.current
