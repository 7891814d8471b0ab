"""SampleBench: all that is measured of a set of samples, and of real images as the floor."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from medgan_viewer.evaluation.bootstrap import (
    RESAMPLES,
    mean_interval,
    percentile_interval,
    strata_mean,
)
from medgan_viewer.evaluation.diversity import pair_similarities
from medgan_viewer.evaluation.faithfulness import Accuracy, judge
from medgan_viewer.evaluation.feature_space import FeatureSpace, FloatImages, resized
from medgan_viewer.evaluation.figure_names import (
    DIVERSITY,
    LEARNT_LABEL,
    NEAREST,
    SHOWN_LABEL,
    SUSPICIOUS,
)
from medgan_viewer.evaluation.matching import Labels
from medgan_viewer.evaluation.memorisation import NearestPair, RealDistances, SmallPixels
from medgan_viewer.evaluation.report import Figure
from medgan_viewer.evaluation.yardstick import Figures, Yardstick

Render = Callable[[int, int, int], FloatImages]


class SampleBench:
    """Makes and measures one set of samples after another in the same way.

    Attributes
    ----------
    label_count : labels, 1 without names
    held_out_labels : labels that occur in the held-out images
    """

    def __init__(self, yardstick: Yardstick, samples_per_label: int, first_seed: int) -> None:
        self._yardstick = yardstick
        self._samples = samples_per_label
        self._first_seed = first_seed
        self.label_count = len(yardstick.label_names)
        self.held_out_labels = len(np.unique(yardstick.held_out.labels))
        train = yardstick.train
        spaces: tuple[FeatureSpace, ...] = (yardstick.spaces[0], SmallPixels())
        self._real = [
            (space, RealDistances(space.name, features, train.patients))
            for space in spaces
            for features in (space.features(yardstick.train_values),)
        ]

    def make(self, render: Render) -> tuple[FloatImages, Labels]:
        """Return samples of every label at the size of the real images."""
        rows, columns = self._yardstick.held_out_values.shape[1:]
        parts = [
            np.clip(render(label, self._samples, self._first_seed + label * self._samples), -1, 1)
            for label in range(self.label_count)
        ]
        images = resized(np.concatenate(parts).astype(np.float32, copy=False), rows, columns)
        return images, np.repeat(np.arange(self.label_count), self._samples)

    def floor(self) -> Figures:
        """Return what real images in place of samples give."""
        yardstick = self._yardstick
        train, held_out = yardstick.train, yardstick.held_out
        found = yardstick.measure(yardstick.train_values, train.labels, with_intervals=False)
        found[DIVERSITY, ""] = self._diversity(yardstick.train_values, train.labels, train.patients)
        found |= self._nearest(yardstick.held_out_values)[0]
        if yardstick.classifier is not None:
            shown = judge(yardstick.classifier, yardstick.held_out_values, held_out.labels)
            found[SHOWN_LABEL, ""] = found[LEARNT_LABEL, ""] = _as_figure(shown)
        return found

    def measure(
        self, images: FloatImages, labels: Labels, *, with_intervals: bool
    ) -> tuple[Figures, tuple[NearestPair, ...]]:
        """Return all figures of a set of samples, and which lie next to a training image."""
        yardstick = self._yardstick
        found = yardstick.measure(images, labels, with_intervals=with_intervals)
        found[DIVERSITY, ""] = self._diversity(images, labels)
        if yardstick.classifier is not None:
            seed = yardstick.seed
            found[SHOWN_LABEL, ""] = _as_figure(judge(yardstick.classifier, images, labels, seed))
            learner = yardstick.train_classifier(images, labels)
            learnt = judge(learner, yardstick.held_out_values, yardstick.held_out.labels, seed)
            found[LEARNT_LABEL, ""] = _as_figure(learnt)
        nearest, pairs = self._nearest(images)
        return found | nearest, pairs

    def _diversity(
        self, images: FloatImages, labels: Labels, patients: npt.NDArray[np.str_] | None = None
    ) -> Figure:
        pairs = pair_similarities(images, labels, patients, seed=self._yardstick.seed)
        return Figure(
            strata_mean(pairs.values, pairs.labels),
            mean_interval(pairs.values, pairs.labels, seed=self._yardstick.seed),
            len(pairs.values),
        )

    def _nearest(self, images: FloatImages) -> tuple[Figures, tuple[NearestPair, ...]]:
        found: Figures = {}
        pairs: list[NearestPair] = []
        for space, real in self._real:
            nearest = real.nearest(space.features(images))
            suspicious = real.is_suspicious(nearest).astype(np.float64)
            found[NEAREST, space.name] = _median_figure(nearest.distances, self._yardstick.seed)
            found[SUSPICIOUS, space.name] = Figure(
                float(suspicious.mean()), mean_interval(suspicious), len(suspicious)
            )
            pairs += real.named_pairs(nearest)
        return found, tuple(pairs)


def _as_figure(accuracy: Accuracy) -> Figure:
    return Figure(accuracy.value, accuracy.interval, accuracy.n)


def _median_figure(values: npt.NDArray[np.float64], seed: int) -> Figure:
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(values), (RESAMPLES, len(values)))
    interval = percentile_interval(np.median(values[drawn], axis=1))
    return Figure(float(np.median(values)), interval, len(values))
