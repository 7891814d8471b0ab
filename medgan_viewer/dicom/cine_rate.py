"""Frames per second of a multi-frame image as its file recommends it (PS3.3 C.7.6.5, C.7.6.16)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from medgan_viewer.dicom.tags import TagRow

RATES = (0.1, 200.0)  # beyond these a file is not believed


@dataclass(frozen=True, slots=True)
class CineRate:
    """A rate and the attribute that it comes from."""

    frames_per_second: float
    source: str


def cine_rate_of(rows: Iterable[TagRow]) -> CineRate | None:
    """Return the rate that a file names; None where it names none that can be believed.

    Recommended Display Frame Rate and Cine Rate are frames per second, Frame Time and the entries
    of Frame Time Vector milliseconds from one frame to the next; the first entry is zero.
    """
    values = {row.tag: row.value for row in rows if row.depth == 0}
    for tag, name in (
        ("(0008,2144)", "Recommended Display Frame Rate"),
        ("(0018,0040)", "Cine Rate"),
    ):
        rate = _believed(_numbers(values.get(tag, ""))[:1])
        if rate is not None:
            return CineRate(rate, name)
    for tag, name in (("(0018,1063)", "Frame Time"), ("(0018,1065)", "Frame Time Vector")):
        times_ms = [time for time in _numbers(values.get(tag, "")) if time > 0]
        if times_ms:
            rate = _believed([1000 * len(times_ms) / math.fsum(times_ms)])
            if rate is not None:
                return CineRate(rate, name)
    return None


def _numbers(text: str) -> list[float]:
    found = []
    for part in text.partition(" … ")[0].split("\\"):  # a long vector comes cut
        try:
            found.append(float(part))
        except ValueError:
            return []
    return [value for value in found if math.isfinite(value)]


def _believed(rates: list[float]) -> float | None:
    low, high = RATES
    return rates[0] if rates and low <= rates[0] <= high else None
