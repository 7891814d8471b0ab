"""A mean over slices or patients, and how sure it is."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

_RESAMPLES = 2000
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """A mean with its 95 % interval.

    Attributes
    ----------
    low, high : None where fewer than two subjects leave nothing to tell
    subjects : independent units that the interval counts; slices of one patient are one
    """

    mean: float
    low: float | None
    high: float | None
    subjects: int


def mean_with_interval(
    values: Sequence[float], subjects: Sequence[Hashable] | None = None, seed: int = 0
) -> MeanInterval:
    """Return the mean of the subjects' means with a percentile bootstrap interval (Efron 1979).

    Parameters
    ----------
    values : at least one
    subjects : whom each value belongs to; whole subjects are drawn, since slices of one patient are
        alike. None takes every value for a subject of its own
    seed : the same seed gives the same interval
    """
    if not values:
        raise ValueError("no values")
    names = list(range(len(values))) if subjects is None else list(subjects)
    by_subject: dict[Hashable, list[float]] = {}
    for name, value in zip(names, values, strict=True):
        by_subject.setdefault(name, []).append(value)
    means = np.array([np.mean(each) for each in by_subject.values()])
    if means.size < 2:
        return MeanInterval(float(means.mean()), None, None, 1)
    drawn = np.random.default_rng(seed).integers(0, means.size, (_RESAMPLES, means.size))
    tail = 100 * (1 - _LEVEL) / 2
    low, high = np.percentile(means[drawn].mean(axis=1), (tail, 100 - tail))
    return MeanInterval(float(means.mean()), float(low), float(high), means.size)
