"""BugReporter: logs exceptions that nothing caught, and tells the user of them."""

import logging
import sys
import threading
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer import paths
from medgan_viewer.errors import MedganError, unexpected
from medgan_viewer.session.session import Session

log = logging.getLogger(__name__)


class BugReporter(QObject):
    """Logs exceptions that nothing caught, and tells the user of them in the window."""

    _caught = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._before = (sys.excepthook, threading.excepthook)
        self._caught.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def restore(self) -> None:
        sys.excepthook, threading.excepthook = self._before
        self._caught.disconnect(self._tell)

    def _on_exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        log.error("unexpected error", exc_info=(kind, error, trace))
        told = unexpected(error)
        self._caught.emit(
            MedganError(
                problem=told.problem,
                action="Try again; if it happens again, report it with the log in "
                f"{paths.log_folder()}.",
                details=told.details,
            )
        )

    def _on_thread_exception(self, args: Any) -> None:
        error = args.exc_value or RuntimeError("unknown")
        self._on_exception(args.exc_type, error, args.exc_traceback)

    def _tell(self, error: MedganError) -> None:
        self._session.notices.post_error(error)
