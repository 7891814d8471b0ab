"""Loss curves of a training run, read from its curves.csv while it grows."""

from bisect import bisect_left
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

import numpy as np
import numpy.typing as npt

MAX_POINTS = 20_000  # of a curve; above, neighbours are joined
MAX_CURVES = 32
MAX_BYTES_AT_ONCE = 8 << 20
_MAX_NAME = 40


@dataclass(frozen=True, slots=True, eq=False)
class LossCurve:
    """One loss over a run.

    Attributes
    ----------
    images : (points,) float64, rising; images that the networks had seen
    minutes : (points,) float64, time of training until then
    means : (points,) float64, finite; mean of the loss since the point before
    """

    name: str
    images: npt.NDArray[np.float64]
    minutes: npt.NDArray[np.float64]
    means: npt.NDArray[np.float64]


@dataclass
class _Points:
    images: list[float] = field(default_factory=list)
    minutes: list[float] = field(default_factory=list)
    means: list[float] = field(default_factory=list)

    def add(self, images: float, minutes: float, mean: float) -> None:
        if self.images and images <= self.images[-1]:
            # A run that goes on from a checkpoint passes the same place again: the newer one holds.
            keep = bisect_left(self.images, images)
            for values in (self.images, self.minutes, self.means):
                del values[keep:]
        self.images.append(images)
        self.minutes.append(minutes)
        self.means.append(mean)
        if len(self.images) >= MAX_POINTS:
            for values in (self.images, self.minutes, self.means):
                values[:] = [(a + b) / 2 for a, b in zip(values[::2], values[1::2], strict=True)]


class CurveReader:
    """Reads what was added to the long table `images,minutes,loss,mean` since the last time.

    A last line without its end waits for the next time; lines that are no points are left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""
        self._file: int | None = None
        self._curves: dict[str, _Points] = {}
        self._changed = False

    def read(self) -> tuple[LossCurve, ...] | None:
        """Return all curves, in order of appearance; None when nothing was added."""
        try:
            status = self._path.stat()
            if status.st_size < self._offset or self._file not in (None, status.st_ino):
                self._forget()
            self._file = status.st_ino
            with self._path.open("rb") as stream:
                stream.seek(self._offset)
                content = stream.read(MAX_BYTES_AT_ONCE)
        except OSError:
            return None
        self._offset += len(content)
        lines = (self._rest + content).split(b"\n")
        self._rest = lines.pop()[-1000:]
        for line in lines:
            self._take(line.decode("utf-8", errors="replace"))
        if not self._changed:
            return None
        self._changed = False
        return tuple(
            LossCurve(name, *map(np.array, (points.images, points.minutes, points.means)))
            for name, points in self._curves.items()
        )

    def _forget(self) -> None:
        """Begin again: another file has this name now."""
        self._offset, self._rest, self._file = 0, b"", None
        self._curves = {}
        self._changed = True

    def _take(self, line: str) -> None:
        parts = line.strip().split(",")
        if len(parts) != 4:
            return
        name = "".join(c for c in parts[2] if c.isprintable())[:_MAX_NAME]
        try:
            images, minutes, mean = float(parts[0]), float(parts[1]), float(parts[3])
        except ValueError:
            return
        if not (name and isfinite(images) and isfinite(minutes) and isfinite(mean)):
            return
        if name not in self._curves and len(self._curves) >= MAX_CURVES:
            return
        self._curves.setdefault(name, _Points()).add(images, minutes, mean)
        self._changed = True
