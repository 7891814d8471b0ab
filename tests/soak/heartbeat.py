"""HeartBeat: the longest time in which the window's thread answered to nothing."""

import time

from PySide6.QtCore import QObject, Qt, QTimer

INTERVAL_MS = 5


class HeartBeat(QObject):
    """Ticks every 5 ms; what holds up the event loop shows as a gap between two ticks."""

    def __init__(self):
        super().__init__()
        self.longest_ms = 0.0
        self.ticks = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def __enter__(self):
        self._last_s = time.perf_counter()
        self._timer.start(INTERVAL_MS)
        return self

    def __exit__(self, *error):
        self._timer.stop()
        self._tick()  # the time since the last one counts too

    def _tick(self):
        now_s = time.perf_counter()
        self.longest_ms = max(self.longest_ms, (now_s - self._last_s) * 1e3)
        self._last_s = now_s
        self.ticks += 1
