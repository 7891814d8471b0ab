"""UndoOrder: one undo for sliders and annotations, the newest edit first."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance


class Undoable(Protocol):
    """Something with a history of its own."""

    @property
    def can_undo(self) -> bool: ...

    @property
    def can_redo(self) -> bool: ...

    def undo(self) -> None: ...

    def redo(self) -> None: ...


class UndoOrder(QObject):
    """The order in which several histories grew.

    Signals
    -------
    changed() : what can be undone or redone
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._done: list[Undoable] = []
        self._undone: list[Undoable] = []
        self._stepping = False

    def watch(self, history: Undoable, history_changed: SignalInstance) -> None:
        """Take part in its edits; the signal says that one was made, undone or redone."""
        history_changed.connect(partial(self._on_changed, history))

    @property
    def can_undo(self) -> bool:
        return any(history.can_undo for history in self._done)

    @property
    def can_redo(self) -> bool:
        return any(history.can_redo for history in self._undone)

    def undo(self) -> None:
        """Undo the newest edit that can be undone."""
        self._step(self._done, self._undone, lambda h: h.can_undo, lambda h: h.undo())

    def redo(self) -> None:
        """Redo what was undone last."""
        self._step(self._undone, self._done, lambda h: h.can_redo, lambda h: h.redo())

    def _step(
        self,
        source: list[Undoable],
        target: list[Undoable],
        may: Callable[[Undoable], bool],
        act: Callable[[Undoable], None],
    ) -> None:
        while source:
            history = source.pop()
            if may(history):
                self._stepping = True
                try:
                    act(history)
                finally:
                    self._stepping = False
                target.append(history)
                break
        self.changed.emit()

    def _on_changed(self, history: Undoable) -> None:
        """Note an edit: it leaves nothing to redo; an undo by another way does."""
        if not self._stepping:
            if not history.can_undo:
                self._done = [each for each in self._done if each is not history]
            elif not history.can_redo:
                self._done.append(history)
                self._undone.clear()
            self.changed.emit()
