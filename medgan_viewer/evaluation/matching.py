"""Sets of equal size and equal mix of labels: the only ones whose distances may be compared.

Fréchet distance, recall and coverage depend on how many images are compared, and a set with more
of one label than the other differs for that alone. So every comparison of a report takes the same
number of images of each label from both sides, several times.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medgan_viewer.evaluation.bootstrap import centred_interval
from medgan_viewer.evaluation.report import Figure

Labels = npt.NDArray[np.int64]
Indices = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.float64]

DRAWS = 6


def matched_counts(label_count: int, *sets: Labels) -> Labels:
    """Return (labels,) how many images of each label every one of the sets has at least."""
    counts = [np.bincount(labels, minlength=label_count) for labels in sets]
    smallest: Labels = np.min(counts, axis=0).astype(np.int64)
    return smallest


def draw_matched(
    labels: Labels, counts: Labels, random: np.random.Generator, *, replace: bool = False
) -> Indices:
    """Return the indices of `counts` images of each label, grouped by label.

    Parameters
    ----------
    replace : draw like a bootstrap, from the same pool with repetitions
    """
    drawn = [
        random.choice(np.flatnonzero(labels == label), count, replace=replace)
        for label, count in enumerate(counts.tolist())
        if count
    ]
    indices: Indices = np.concatenate(drawn) if drawn else np.zeros(0, np.intp)
    return indices


@dataclass(frozen=True, slots=True, eq=False)
class DrawnValues:
    """One distance of many draws.

    Attributes
    ----------
    pairs : of the draws without repetition
    bootstraps : of the draws with repetition; empty where no interval is wanted
    """

    pairs: Numbers
    bootstraps: Numbers


class MatchedDraws:
    """Pairs of equally composed parts of two sets.

    Attributes
    ----------
    pairs : draws without repetition, over which a figure is the mean; (indices of the reference,
        indices of the candidate)
    counts : (labels,) images of each label in every part
    """

    def __init__(
        self, reference: Labels, candidate: Labels, counts: Labels, *, seed: int, resample: bool
    ) -> None:
        self.counts = counts
        self._reference = reference
        self._candidate = candidate
        self._seed = seed
        self._resample = resample
        random = np.random.default_rng((seed, 0))
        self.pairs = [self._draw(random, replace=False) for _ in range(DRAWS)]

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    def figure(self, distance: Callable[[Indices, Indices], float], resamples: int) -> Figure:
        """Return the mean distance over `pairs`, with an interval from `resamples` bootstraps."""
        return self.figure_of(self.values(distance, resamples))

    def values(self, distance: Callable[[Indices, Indices], float], resamples: int) -> DrawnValues:
        """Return the distance of every draw; the same draws each time."""
        return DrawnValues(
            np.array([distance(*pair) for pair in self.pairs]),
            np.array([distance(*pair) for pair in self._bootstraps(resamples)]),
        )

    def figure_of(self, drawn: DrawnValues) -> Figure:
        """Return the mean of the draws, with the interval of the bootstraps around it."""
        value = float(drawn.pairs.mean())
        return Figure(value, centred_interval(value, drawn.bootstraps), self.n)

    def _bootstraps(self, count: int) -> Iterator[tuple[Indices, Indices]]:
        if not self._resample:
            return
        random = np.random.default_rng((self._seed, 1))
        for _ in range(count):
            yield self._draw(random, replace=True)

    def _draw(self, random: np.random.Generator, *, replace: bool) -> tuple[Indices, Indices]:
        return (
            draw_matched(self._reference, self.counts, random, replace=replace),
            draw_matched(self._candidate, self.counts, random, replace=replace),
        )
