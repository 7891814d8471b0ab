"""LatestWins: one thread for small computations of which only the newest matters."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from medgan_viewer.errors import MedganError, unexpected

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class LatestWins(Generic[Result]):
    """Runs the newest computation handed in; what still waits is replaced.

    `deliver` is called on the thread with the result or the error, and with the ticket of the
    computation, so that the receiver can drop what is old.
    """

    def __init__(self, name: str, deliver: Callable[[int, Result | MedganError], None]) -> None:
        self._deliver = deliver
        self._changed = threading.Condition()
        self._waiting: tuple[int, Callable[[], Result]] | None = None
        self._ticket = 0
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name=f"medgan-{name}", daemon=True)
        self._thread.start()

    def submit(self, compute: Callable[[], Result]) -> int:
        """Run `compute` next, in place of what waits; return its ticket, which only rises."""
        with self._changed:
            self._ticket += 1
            self._waiting = (self._ticket, compute)
            self._changed.notify()
            return self._ticket

    def close(self, timeout_s: float = 10.0) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._waiting)
                if self._closing:
                    return
                assert self._waiting is not None
                (ticket, compute), self._waiting = self._waiting, None
            outcome: Result | MedganError
            try:
                outcome = compute()
            except MedganError as error:
                outcome = error
            except Exception as error:  # the thread must outlive a bug, and the user must see it
                log.exception("background computation failed")
                outcome = unexpected(error)
            if not self._closing:
                self._deliver(ticket, outcome)
            del compute, outcome  # while the thread waits it keeps nothing alive
