"""Percentile bootstrap intervals (Efron 1979): how far a figure would move with other images."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

Interval = tuple[float, float]
Values = npt.NDArray[np.float64]

RESAMPLES = 1000
LEVEL = 0.95


def percentile_interval(replicates: npt.ArrayLike) -> Interval | None:
    """Return the middle 95 % of the replicates; None where they are not all finite."""
    found = np.asarray(replicates, dtype=np.float64)
    if found.size < 2 or not np.isfinite(found).all():
        return None
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(found, (tail, 100 - tail))
    return float(low), float(high)


def centred_interval(value: float, replicates: npt.ArrayLike) -> Interval | None:
    """Return the percentile interval moved so that the mean replicate lies on `value`.

    Notes
    -----
    A distance of two sets grows when images are drawn twice, since fewer different ones are left.
    All replicates carry this bias and the value does not; their spread is what is wanted.
    """
    found = np.asarray(replicates, dtype=np.float64)
    interval = percentile_interval(found)
    if interval is None:
        return None
    shift = value - float(found.mean())
    return interval[0] + shift, interval[1] + shift


def strata_mean(
    values: npt.ArrayLike, strata: npt.ArrayLike, shares: npt.ArrayLike | None = None
) -> float:
    """Return the mean over strata of the means within them.

    Parameters
    ----------
    values : (n,)
    strata : (n,) index of the stratum (label) of each value
    shares : (strata,) part of each stratum in the result; None takes those that occur alike
    """
    found = np.asarray(values, dtype=np.float64)
    return float(found @ strata_weights(strata, shares))


def strata_weights(strata: npt.ArrayLike, shares: npt.ArrayLike | None = None) -> Values:
    """Return (n,) weights that add up to 1, those of a stratum to its share."""
    index = np.asarray(strata, dtype=np.intp)
    counts = np.bincount(index, minlength=0 if shares is None else np.asarray(shares).size)
    wanted = (counts > 0).astype(np.float64) if shares is None else np.asarray(shares, np.float64)
    wanted = np.where(counts > 0, wanted, 0.0)
    weights: Values = (wanted / wanted.sum() / np.maximum(counts, 1))[index]
    return weights


def draw_counts(strata: npt.ArrayLike, resamples: int, seed: int) -> Values:
    """Return how often each image is drawn, (resamples, n); every stratum keeps its size."""
    index = np.asarray(strata, dtype=np.intp)
    random = np.random.default_rng(seed)
    drawn = np.zeros((resamples, index.size))
    for stratum in np.unique(index):
        members = np.flatnonzero(index == stratum)
        even = np.full(members.size, 1 / members.size)
        drawn[:, members] = random.multinomial(members.size, even, resamples)
    return drawn


def mean_interval(
    values: npt.ArrayLike,
    strata: npt.ArrayLike | None = None,
    shares: npt.ArrayLike | None = None,
    *,
    seed: int = 0,
) -> Interval | None:
    """Return the interval of `strata_mean` (of the plain mean without strata).

    None with fewer than two values: they leave nothing to tell.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.size < 2:
        return None
    index = np.zeros(found.size, np.intp) if strata is None else np.asarray(strata, np.intp)
    counts = draw_counts(index, RESAMPLES, seed)
    return percentile_interval(counts @ (found * strata_weights(index, shares)))


def subject_interval(
    values: Sequence[float], subjects: Sequence[Hashable], *, seed: int = 0
) -> Interval | None:
    """Return the interval of the mean of the subjects' means, drawn in two stages.

    Whole subjects are drawn first and then slices within each, so that few subjects give a wide
    interval and one subject at least that of its slices. Neighbouring slices are alike, so that
    the interval of one subject is too narrow.
    """
    by_subject: dict[Hashable, list[float]] = {}
    for subject, value in zip(subjects, values, strict=True):
        by_subject.setdefault(subject, []).append(value)
    if len(values) < 2:
        return None
    random = np.random.default_rng(seed)
    groups = [np.asarray(group) for group in by_subject.values()]
    means = np.empty(RESAMPLES)
    for index in range(RESAMPLES):
        drawn = random.integers(0, len(groups), len(groups))
        means[index] = np.mean(
            [groups[k][random.integers(0, groups[k].size, groups[k].size)].mean() for k in drawn]
        )
    return percentile_interval(means)
