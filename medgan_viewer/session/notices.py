"""NoticeBoard: what the user has to know, each with what to do about it."""

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Signal

from medgan_viewer.errors import MedganError


class Severity(Enum):
    """How a notice looks; amber is not among the colors, it means SYNTHETIC."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message in three parts, as MedganError."""

    severity: Severity
    problem: str
    action: str = ""
    details: str = ""


MAX_NOTICES = 50


class NoticeBoard(QObject):
    """The notices that are open, newest last.

    Signals
    -------
    notices_changed()
    """

    notices_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._notices: list[Notice] = []

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tuple(self._notices)

    def post(self, notice: Notice) -> None:
        """Show a notice; one that is open already moves to the end."""
        if notice in self._notices:
            self._notices.remove(notice)
        self._notices.append(notice)
        del self._notices[:-MAX_NOTICES]
        self.notices_changed.emit()

    def post_error(self, error: MedganError) -> None:
        self.post(Notice(Severity.ERROR, error.problem, error.action, error.details))

    def post_info(self, text: str, action: str = "") -> None:
        self.post(Notice(Severity.INFO, text, action))

    def post_warning(self, text: str, action: str = "") -> None:
        self.post(Notice(Severity.WARNING, text, action))

    def dismiss(self, notice: Notice) -> None:
        if notice in self._notices:
            self._notices.remove(notice)
            self.notices_changed.emit()

    def clear(self) -> None:
        if self._notices:
            self._notices.clear()
            self.notices_changed.emit()
