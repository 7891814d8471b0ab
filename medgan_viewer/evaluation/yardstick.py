"""Yardstick: the real images of an evaluation, prepared once and laid against any set of images.

Every set, be it of the model, of a baseline or of real training images as the floor, is compared
with held-out real images, with equal numbers of each label.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from medgan_viewer.datasets.images import LabelledImages
from medgan_viewer.errors import InputError
from medgan_viewer.evaluation.classifier import IMAGES_SEEN, Classifier, train_classifier
from medgan_viewer.evaluation.distances import KernelDistance, frechet_distance
from medgan_viewer.evaluation.feature_space import (
    Features,
    FeatureSpace,
    FloatImages,
    scaled_to,
)
from medgan_viewer.evaluation.figure_names import (
    FRECHET,
    KERNEL,
    PATCHES,
    SPECTRUM,
    FigureName,
)
from medgan_viewer.evaluation.matching import (
    DrawnValues,
    Indices,
    Labels,
    MatchedDraws,
    matched_counts,
)
from medgan_viewer.evaluation.overlap_figures import overlap_figures
from medgan_viewer.evaluation.random_features import RandomFeatures
from medgan_viewer.evaluation.report import Figure
from medgan_viewer.evaluation.sliced_wasserstein import (
    SMALLEST_SIDE,
    SlicedDistance,
    project_patches,
)
from medgan_viewer.evaluation.spectrum import log_spectra, spectrum_distance_db

FEWEST_IMAGES = 8
_FRECHET_RESAMPLES = 100
_RESAMPLES = 300

Figures = dict[tuple[FigureName, str], Figure]


class Yardstick:
    """Held-out images with their features, spectra and patches, and what training images add.

    Attributes
    ----------
    train, held_out : the real images
    label_names : one empty name for images without labels
    counts : (labels,) how many images of each label every comparison takes
    classifier : trained on the training images; None with fewer than two labels
    spaces : in which distances are measured, the first one also for precision and recall
    """

    def __init__(
        self,
        train: LabelledImages,
        held_out: LabelledImages,
        samples_per_label: int,
        extra_spaces: Sequence[FeatureSpace] = (),
        *,
        classifier_images: int = IMAGES_SEEN,
        seed: int = 0,
    ) -> None:
        """Train the classifier and look at the held-out images.

        Parameters
        ----------
        samples_per_label : of the sets that will be measured, at least
        extra_spaces : further feature spaces
        classifier_images : images that each training of a classifier shows
        seed : of classifier, draws and intervals

        Raises
        ------
        InputError
            There are too few images, or they are too small.
        """
        self.seed = seed
        self.classifier_images = classifier_images
        self.train, self.held_out = train, held_out
        self.label_names = train.label_names or ("",)
        made = np.repeat(np.arange(len(self.label_names)), samples_per_label)
        self.counts = matched_counts(len(self.label_names), train.labels, held_out.labels, made)
        _check(held_out, self.counts)
        self.train_values, self.held_out_values = train.values(), held_out.values()
        self.classifier = (
            self.train_classifier(self.train_values, train.labels)
            if len(self.label_names) > 1
            else None
        )
        own: list[FeatureSpace] = [self.classifier] if self.classifier else []
        self.spaces: list[FeatureSpace] = [
            *(scaled_to(space, self.train_values) for space in (*own, RandomFeatures())),
            *extra_spaces,
        ]
        self._features = [space.features(self.held_out_values) for space in self.spaces]
        self._spectra = log_spectra(self.held_out_values)
        self._patches = project_patches(self.held_out_values, seed=seed)

    def measure(self, images: FloatImages, labels: Labels, *, with_intervals: bool) -> Figures:
        """Return all distances between a set and the held-out images.

        Parameters
        ----------
        images : (n, rows, columns) in [-1, 1], of the size of the real ones
        labels : (n,); at least `counts` images of each
        with_intervals : also resample; without, intervals are None
        """
        draws = MatchedDraws(
            self.held_out.labels, labels, self.counts, seed=self.seed, resample=with_intervals
        )
        found: Figures = {}
        for space, real in zip(self.spaces, self._features, strict=True):
            made = space.features(images)
            found |= _distance_figures(space.name, real, made, draws)
            if space is self.spaces[0]:
                found |= overlap_figures(
                    space.name,
                    real,
                    self.held_out.labels,
                    made,
                    labels,
                    draws,
                    self.label_names,
                    with_intervals=with_intervals,
                )
        found |= self._patch_figures(images, draws)
        spectra = log_spectra(images)

        def spectrum(first: Indices, second: Indices) -> float:
            return spectrum_distance_db(self._spectra[first], spectra[second])

        found[SPECTRUM, ""] = draws.figure(spectrum, _RESAMPLES)
        return found

    def train_classifier(self, images: FloatImages, labels: Labels) -> Classifier:
        """Train a classifier on any images in the same way as on the real ones."""
        count, seen = len(self.label_names), self.classifier_images
        return train_classifier(images, labels, count, images_seen=seen, seed=self.seed)

    def _patch_figures(self, images: FloatImages, draws: MatchedDraws) -> Figures:
        patches = project_patches(images, seed=self.seed)
        drawn = []
        for real, made in zip(self._patches.levels, patches.levels, strict=True):
            pair = SlicedDistance(real, made)

            def distance(first: Indices, second: Indices, pair: SlicedDistance = pair) -> float:
                times = _times(first, len(self.held_out)), _times(second, len(images))
                return 1000 * pair.distance(*times)

            drawn.append(draws.values(distance, _FRECHET_RESAMPLES))
        mean = DrawnValues(
            np.mean([level.pairs for level in drawn], axis=0),
            np.mean([level.bootstraps for level in drawn], axis=0),
        )
        found = {(PATCHES, f"mean of {len(drawn)} sizes"): draws.figure_of(mean)}
        if len(drawn) > 1:
            found[PATCHES, "finest detail"] = draws.figure_of(drawn[0])
        return found


def _distance_figures(space: str, real: Features, made: Features, draws: MatchedDraws) -> Figures:
    kernel = KernelDistance(real, made)

    def frechet(first: Indices, second: Indices) -> float:
        return frechet_distance(real[first], made[second])

    def kid(first: Indices, second: Indices) -> float:
        return 1000 * kernel.distance(_times(first, len(real)), _times(second, len(made)))

    return {
        (FRECHET, space): draws.figure(frechet, _FRECHET_RESAMPLES),
        (KERNEL, space): draws.figure(kid, _RESAMPLES),
    }


def _times(drawn: Indices, count: int) -> npt.NDArray[np.float64]:
    """Return (count,) how often each image was drawn."""
    return np.bincount(drawn, minlength=count).astype(np.float64)


def _check(held_out: LabelledImages, counts: Labels) -> None:
    rows, columns = held_out.pixels.shape[1:]
    if min(rows, columns) < SMALLEST_SIDE:
        raise InputError(
            f"Images of {rows} x {columns} pixels are too small to be measured.",
            f"Use images of {SMALLEST_SIDE} pixels or more.",
        )
    if counts.sum() < FEWEST_IMAGES:
        raise InputError(
            f"Only {counts.sum()} images can be compared with as many held-out ones.",
            f"Hold out more patients, or make more samples; {FEWEST_IMAGES} are needed.",
        )
