"""TagBrowser: the elements of one file or of two, read and arranged off the window's thread."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.dicom.decoder import THUMBNAIL, DecoderPool, Ticket
from medgan_viewer.dicom.decoder_messages import ReadTags
from medgan_viewer.dicom.tag_comparison import TagPair, compare_tags, single
from medgan_viewer.dicom.tag_lines import TagLines, arrange, select
from medgan_viewer.dicom.tags import TagRow
from medgan_viewer.errors import MedganError
from medgan_viewer.session.background import LatestWins

Rows = tuple[TagRow, ...]
LEFT, RIGHT = 0, 1
NOTHING = "Show an image, or choose a file, to read its elements."


class TagBrowser(QObject):
    """What the tag browser shows. The last lines stay until the next ones are there.

    Signals
    -------
    lines_changed() : other lines, or none
    state_changed() : files, message or what is on its way
    """

    lines_changed = Signal()
    state_changed = Signal()
    _read = Signal(int, object, object)  # side, path, rows or error
    _arranged = Signal(int, object)

    def __init__(self, pool: DecoderPool) -> None:
        super().__init__()
        self._pool = pool
        self._paths: list[Path | None] = [None, None]
        self._rows: list[Rows | None] = [None, None]
        self._tickets: list[Ticket | None] = [None, None]
        self._message = NOTHING
        self._search = ""
        self._only_differences = False
        self._hide_identity = False
        self._lines = arrange(())
        self._shows_two = self._shows_two_next = False
        self._worker: LatestWins[TagLines] | None = None
        self._ticket = 0
        self._closed = False
        queued = Qt.ConnectionType.QueuedConnection
        self._read.connect(self._on_read, queued)
        self._arranged.connect(self._on_arranged, queued)

    @property
    def left(self) -> Path | None:
        return self._paths[LEFT]

    @property
    def right(self) -> Path | None:
        """The file that the first one is compared with; None without a comparison."""
        return self._paths[RIGHT]

    @property
    def message(self) -> str:
        """Why there are no lines, or what is on its way; empty when all is there."""
        return self._message

    @property
    def lines(self) -> TagLines:
        return self._lines

    @property
    def shows_two(self) -> bool:
        """The lines are those of a comparison."""
        return self._shows_two

    @property
    def hides_identity(self) -> bool:
        return self._hide_identity

    @property
    def is_searching(self) -> bool:
        return bool(self._search.strip()) or self._only_differences

    def show(self, path: Path | None) -> None:
        """Show the elements of a file; None shows nothing."""
        self._take(LEFT, path)

    def compare_with(self, path: Path | None) -> None:
        """Put a second file beside the first; None ends the comparison."""
        self._take(RIGHT, path)

    def search(self, text: str) -> None:
        """Show only lines that hold all words of `text`."""
        if text != self._search:
            self._search = text
            self._arrange()

    def show_only_differences(self, only: bool) -> None:
        if only != self._only_differences:
            self._only_differences = only
            self._arrange()

    def hide_identity(self, hide: bool) -> None:
        if hide != self._hide_identity:
            self._hide_identity = hide
            self.lines_changed.emit()  # at once; the search follows
            self._arrange()

    def close(self) -> None:
        self._closed = True
        for ticket in self._tickets:
            if ticket is not None:
                ticket.cancel()
        if self._worker is not None:
            self._worker.close()

    def _take(self, side: int, path: Path | None) -> None:
        if self._closed or path == self._paths[side]:
            return
        self._paths[side] = path
        before = self._tickets[side]
        if before is not None:
            before.cancel()
        self._tickets[side] = None
        self._rows[side] = None
        if path is None:
            self._arrange()
            return
        self._set_message("Reading …")
        self._tickets[side] = self._pool.submit(
            ReadTags(path), lambda outcome: self._read.emit(side, path, outcome), THUMBNAIL
        )

    def _on_read(self, side: int, path: Path, outcome: object) -> None:
        if self._closed or path != self._paths[side]:
            return
        self._tickets[side] = None
        if isinstance(outcome, MedganError):
            self._paths[side] = None  # so that it can be asked for again
            if side == LEFT:
                self._show_lines(arrange(()), shows_two=False)
            self._set_message(f"{outcome.problem} {outcome.action}")
            return
        assert isinstance(outcome, tuple)
        self._rows[side] = outcome
        self._arrange()

    def _arrange(self) -> None:
        """Arrange what is there, on the thread; both files when two are wanted."""
        left, right = self._rows
        if self._closed or any(ticket is not None for ticket in self._tickets):
            return
        if left is None:
            self._show_lines(arrange(()), shows_two=False)
            self._set_message(NOTHING)
            return
        if self._worker is None:
            self._worker = LatestWins("tags", self._arranged.emit)
        make: Callable[[], tuple[TagPair, ...]] = partial(single, left)
        if right is not None:
            make = partial(compare_tags, left, right)
        only = self._only_differences and right is not None
        text, hide = self._search, self._hide_identity
        self._shows_two_next = right is not None
        self._ticket = self._worker.submit(
            lambda: arrange(select(make(), text, only_differences=only, hide_identity=hide))
        )

    def _on_arranged(self, ticket: int, outcome: object) -> None:
        if self._closed or ticket != self._ticket:
            return
        if isinstance(outcome, MedganError):
            self._set_message(f"{outcome.problem} {outcome.action}")
            return
        assert isinstance(outcome, TagLines)
        self._show_lines(outcome, shows_two=self._shows_two_next)
        is_empty = not outcome.pairs
        self._set_message("Nothing is found." if is_empty and self.is_searching else "")

    def _show_lines(self, lines: TagLines, *, shows_two: bool) -> None:
        self._lines = lines
        self._shows_two = shows_two
        self.lines_changed.emit()

    def _set_message(self, message: str) -> None:
        self._message = message
        self.state_changed.emit()
