"""Numbers along an axis: which are round enough to be written, and how they are written."""

from math import ceil, floor, log10


def round_ticks(low: float, high: float, count: int) -> list[float]:
    """Return at most about `count` multiples of 1, 2 or 5 times a power of ten in low..high."""
    span = high - low
    if not span > 0:
        return [low]
    rough = span / max(count, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(power * part for part in (1, 2, 5, 10) if power * part >= rough * (1 - 1e-9))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def decade_ticks(low: float, high: float, count: int) -> list[float]:
    """Return powers of ten in low..high, every so many; within few decades, numbers between too."""
    if high < 10 * low:
        return round_ticks(low, high, count)
    first, last = floor(log10(low)), ceil(log10(high))
    parts = (1, 2, 5) if last - first <= 2 else (1,)
    step = max(1, ceil((last - first) / max(count, 1)))
    ticks = [part * 10.0**power for power in range(first, last + 1, step) for part in parts]
    return [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]


def short_number(value: float) -> str:
    """Return a number in at most about six characters: 0.25, 1500, 25k, 1.5M."""
    size = abs(value)
    if size >= 10_000:
        for limit, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if size >= limit:
                return f"{value / limit:.4g}{sign}"
    if size and size < 0.001:
        return f"{value:.2g}"
    return f"{value:.4g}"
