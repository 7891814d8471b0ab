"""KeyScheme: which keys do what; the user's own on top of those of the table of actions."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from medgan_viewer.ui.actions import ACTIONS, ActionSpec, Scope

_SPECS = {spec.action_id: spec for spec in ACTIONS}
_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
Keys = tuple[str, ...]


class KeyScheme(QObject):
    """Bound to the actions of a window, whose shortcuts and tooltips it keeps.

    Signals
    -------
    changed()
    """

    changed = Signal()

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._actions = actions

    def keys_of(self, action_id: str) -> Keys:
        """Return the keys in force, as texts that every system reads the same."""
        shortcuts = self._actions[action_id].shortcuts()
        return tuple(key.toString(QKeySequence.SequenceFormat.PortableText) for key in shortcuts)

    @property
    def own_keys(self) -> dict[str, Keys]:
        """Keys that differ from the table, by action id; what is kept in the settings."""
        return {
            action_id: keys
            for action_id in self._actions
            if (keys := self.keys_of(action_id)) != _usual(action_id)
        }

    def obstacle(self, action_id: str, key: str) -> str:
        """Return why a key cannot be given to an action, as a sentence; empty when it can."""
        sequence = QKeySequence(key)
        if sequence.isEmpty() or Qt.Key.Key_unknown in _keys_in(sequence):
            return "This is no key."
        for other_id, action in self._actions.items():
            if other_id != action_id and sequence in action.shortcuts():
                return f"{sequence.toString()} is already the key of '{action.text()}'."
        if _SPECS[action_id].scope is Scope.WINDOW and not _is_safe_everywhere(sequence):
            return (
                f"{sequence.toString()} is needed for typing; "
                "this action works everywhere and takes Ctrl, Alt or a function key."
            )
        return ""

    def set_keys(self, action_id: str, keys: Iterable[str]) -> str:
        """Give an action these keys in place of its own; return why not, empty when it is done."""
        wanted = tuple(dict.fromkeys(keys))
        for key in wanted:
            if obstacle := self.obstacle(action_id, key):
                return obstacle
        if wanted != self.keys_of(action_id):
            self._apply(action_id, wanted)
            self.changed.emit()
        return ""

    def reset(self, action_id: str) -> str:
        """Give an action the keys of the table again; return why not, as `set_keys`."""
        return self.set_keys(action_id, _usual(action_id))

    def reset_all(self) -> None:
        for action_id in self._actions:
            self._apply(action_id, _usual(action_id))
        self.changed.emit()

    def load(self, own: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        """Take keys from the settings; return what was refused, in sentences.

        First all of them let go of what they had, so that two that were exchanged both fit.
        """
        known = {action_id: tuple(keys) for action_id, keys in own.items() if action_id in _SPECS}
        for action_id in known:
            self._apply(action_id, ())
        refused = []
        for action_id, keys in known.items():
            if obstacle := self.set_keys(action_id, keys):
                refused.append(obstacle)
                self.reset(action_id)
        self.changed.emit()
        return tuple(refused)

    def _apply(self, action_id: str, keys: Keys) -> None:
        action = self._actions[action_id]
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setToolTip(tooltip_of(_SPECS[action_id], keys))


def tooltip_of(spec: ActionSpec, keys: Iterable[str]) -> str:
    """Return what an action does and with which keys."""
    text = spec.tooltip or spec.text
    together = ", ".join(keys)
    return f"{text} ({together})" if together else text


def _usual(action_id: str) -> Keys:
    form = QKeySequence.SequenceFormat.PortableText
    return tuple(QKeySequence(key).toString(form) for key in _SPECS[action_id].keys)


def _keys_in(sequence: QKeySequence) -> list[Qt.Key]:
    combinations: list[QKeyCombination] = [sequence[i] for i in range(sequence.count())]  # type: ignore[index]
    return [combination.key() for combination in combinations]


def _is_safe_everywhere(sequence: QKeySequence) -> bool:
    """Tell whether a sequence cannot be meant for a text field or a slider."""
    first: QKeyCombination = sequence[0]  # type: ignore[index]
    if first.keyboardModifiers() & _MODIFIERS or first.key() == Qt.Key.Key_Question:
        return True
    if Qt.Key.Key_F1 <= first.key() <= Qt.Key.Key_F35:
        return True
    return bool(first.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier) and (
        Qt.Key.Key_A <= first.key() <= Qt.Key.Key_Z
    )
