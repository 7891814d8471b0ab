"""CinePlayer: plays a stack at the rate of its file, and says when it cannot keep up."""

import time
from collections import deque

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from medgan_viewer.dicom.cine_rate import cine_rate_of
from medgan_viewer.dicom.decoder import VISIBLE, DecoderPool, Ticket
from medgan_viewer.dicom.decoder_messages import ReadTags
from medgan_viewer.session.display_options import CINE_RATES, DisplayOptions
from medgan_viewer.session.stacks import StackFeeder
from medgan_viewer.session.viewports import ViewportState

MEASURED_S = 1.5
BEHIND = 0.9  # of the rate: below it the tile says what it shows
STEP = 1.25


class CinePlayer(QObject):
    """One tile plays at a time. Images come by the clock: one that is late is left out, and the
    corner says how many are shown of those that should be.

    Signals
    -------
    playing_changed()
    """

    playing_changed = Signal()
    _read = Signal(int, object)

    def __init__(self, pool: DecoderPool, options: DisplayOptions) -> None:
        super().__init__()
        self._pool = pool
        self._options = options
        self._feeder: StackFeeder | None = None
        self._ticket: Ticket | None = None
        self._run = 0
        self._rate = options.cine_rate
        self._source = "usual rate"
        self._started = 0.0
        self._first = 0
        self._is_stepping = False
        self._painted: deque[float] = deque()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)
        self._read.connect(self._on_read, Qt.ConnectionType.QueuedConnection)

    @property
    def is_playing(self) -> bool:
        return self._feeder is not None

    @property
    def rate(self) -> float:
        """Frames per second that are wanted."""
        return self._rate

    @property
    def source(self) -> str:
        """Where the rate comes from."""
        return self._source

    @property
    def tile(self) -> ViewportState | None:
        return self._feeder.viewport if self._feeder is not None else None

    def play(self, feeder: StackFeeder) -> None:
        """Play a stack from the plane that is shown; one plane alone is not played."""
        self.stop()
        made = feeder.display_set
        if made is None or len(made.frames) < 2:
            return
        self._feeder = feeder
        self._rate, self._source = self._options.cine_rate, "usual rate"
        feeder.viewport.painted.connect(self._on_painted)
        feeder.viewport.index_wanted.connect(self._on_index_wanted)
        feeder.set_changed.connect(self.stop)
        self._restart()
        self._run += 1
        run, path = self._run, made.frames[feeder.viewport.wanted].path
        self._ticket = self._pool.submit(
            ReadTags(path), lambda outcome: self._read.emit(run, outcome), VISIBLE
        )
        self.playing_changed.emit()

    def stop(self) -> None:
        """Stop where it is."""
        feeder, self._feeder = self._feeder, None
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        self._timer.stop()
        if feeder is not None:
            feeder.viewport.painted.disconnect(self._on_painted)
            feeder.viewport.index_wanted.disconnect(self._on_index_wanted)
            feeder.set_changed.disconnect(self.stop)
            feeder.viewport.look.set_remark("")
            self.playing_changed.emit()

    def toggle(self, feeder: StackFeeder | None) -> None:
        """Play the stack of a tile, or stop if it is the one that plays."""
        if feeder is None or feeder is self._feeder:
            self.stop()
        else:
            self.play(feeder)

    def faster(self, factor: float = STEP) -> None:
        """Change the rate while it plays."""
        low, high = CINE_RATES
        self._rate = min(max(self._rate * factor, low), high)
        self._source = "set by hand"
        self._restart()

    def slower(self) -> None:
        self.faster(1 / STEP)

    def _restart(self) -> None:
        """Count from the plane that is shown now."""
        if self._feeder is None:
            return
        self._started = time.perf_counter()
        self._first = self._feeder.viewport.wanted
        self._painted.clear()
        self._timer.start(max(round(500 / self._rate), 4))  # twice per image
        self._tell()

    def _on_read(self, run: int, outcome: object) -> None:
        if run != self._run or self._feeder is None or not isinstance(outcome, tuple):
            return
        self._ticket = None
        rate = cine_rate_of(outcome)
        if rate is not None and self._source == "usual rate":
            low, high = CINE_RATES
            self._rate = min(max(rate.frames_per_second, low), high)
            self._source = rate.source
            self._restart()

    def _on_tick(self) -> None:
        feeder = self._feeder
        if feeder is None:
            return
        viewport = feeder.viewport
        if viewport.waiting or viewport.count < 2:  # the plane is on its way: a jump would lose it
            self._tell()
            return
        passed = int((time.perf_counter() - self._started) * self._rate)
        self._is_stepping = True
        viewport.go_to((self._first + passed) % viewport.count)
        self._is_stepping = False
        self._tell()

    def _on_index_wanted(self, _index: int) -> None:
        """Go on from where the user scrolled to."""
        if not self._is_stepping:
            self._restart()

    def _on_painted(self, _frame: object) -> None:
        now = time.perf_counter()
        self._painted.append(now)
        while self._painted and now - self._painted[0] > MEASURED_S:
            self._painted.popleft()

    def _tell(self) -> None:
        """Say the rate in the corner, and what is really shown where that is less."""
        assert self._feeder is not None
        text = f"▶ {self._rate:.3g} /s"
        elapsed = time.perf_counter() - self._started
        if elapsed > MEASURED_S:
            shown = len(self._painted) / MEASURED_S
            if shown < BEHIND * self._rate:
                text += f" · {shown:.0f} shown"
        self._feeder.viewport.look.set_remark(f"{text} · {self._source}")
