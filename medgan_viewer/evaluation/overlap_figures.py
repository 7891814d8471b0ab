"""Precision, recall, density and coverage of two sets, also within each label, with intervals."""

import numpy as np
import numpy.typing as npt

from medgan_viewer.evaluation.bootstrap import mean_interval, strata_mean
from medgan_viewer.evaluation.distances import manifold_overlap
from medgan_viewer.evaluation.feature_space import Features
from medgan_viewer.evaluation.figure_names import (
    COVERAGE,
    DENSITY,
    LABEL_COVERAGE,
    LABEL_RECALL,
    PRECISION,
    RECALL,
    FigureName,
)
from medgan_viewer.evaluation.matching import Indices, Labels, MatchedDraws
from medgan_viewer.evaluation.report import Figure

FEWEST = 4  # images of a label that recall within it makes sense for


def overlap_figures(
    space: str,
    real: Features,
    real_labels: Labels,
    made: Features,
    made_labels: Labels,
    draws: MatchedDraws,
    label_names: tuple[str, ...],
    *,
    with_intervals: bool,
) -> dict[tuple[FigureName, str], Figure]:
    """Return the figures by kind and by feature space or label.

    Each image gets the mean of what it was in the draws; the interval resamples images, whose
    neighbourhoods stay as they are: a bootstrap with repetitions would shrink them to nothing.
    """
    everywhere = _Overlap(len(real), len(made))
    within = _Overlap(len(real), len(made))
    for first, second in draws.pairs:
        everywhere.add(real, made, first, second)
        for label in np.flatnonzero(draws.counts >= FEWEST):
            within.add(
                real,
                made,
                first[real_labels[first] == label],
                second[made_labels[second] == label],
            )
    found: dict[tuple[FigureName, str], Figure] = {}
    for kind, side, labels in (
        (PRECISION, everywhere.realistic, made_labels),
        (RECALL, everywhere.recalled, real_labels),
        (DENSITY, everywhere.crowd, made_labels),
        (COVERAGE, everywhere.covered, real_labels),
    ):
        found[kind, space] = side.figure(labels, draws.counts, with_intervals=with_intervals)
    if len(label_names) > 1:
        for label in np.flatnonzero(draws.counts >= FEWEST):
            only = np.eye(len(label_names), dtype=np.int64)[label]
            for kind, side in ((LABEL_RECALL, within.recalled), (LABEL_COVERAGE, within.covered)):
                found[kind, label_names[label]] = side.figure(
                    real_labels, only, with_intervals=with_intervals
                )
    return found


class _Side:
    """What the images of one set were, summed over draws."""

    def __init__(self, count: int) -> None:
        self._sum = np.zeros(count)
        self._seen = np.zeros(count)

    def add(self, images: Indices, values: npt.NDArray[np.float64]) -> None:
        self._sum[images] += values
        self._seen[images] += 1

    def figure(self, labels: Labels, shares: Labels, *, with_intervals: bool) -> Figure:
        """Return the mean over the images seen, labels weighted by `shares` (labels,)."""
        seen = (self._seen > 0) & (shares[labels] > 0)
        values = self._sum[seen] / self._seen[seen]
        interval = mean_interval(values, labels[seen], shares) if with_intervals else None
        return Figure(strata_mean(values, labels[seen], shares), interval, int(seen.sum()))


class _Overlap:
    def __init__(self, real: int, made: int) -> None:
        self.realistic, self.crowd = _Side(made), _Side(made)
        self.recalled, self.covered = _Side(real), _Side(real)

    def add(self, real: Features, made: Features, first: Indices, second: Indices) -> None:
        overlap = manifold_overlap(real[first], made[second])
        self.realistic.add(second, overlap.realistic)
        self.crowd.add(second, overlap.crowd)
        self.recalled.add(first, overlap.recalled)
        self.covered.add(first, overlap.covered)
