"""Class faithfulness: do images show their label, and can one learn the labels from them?

A classifier trained on real images tells whether synthetic ones show what they are meant to show;
one trained on synthetic images and tested on held-out real ones tells whether they also show it in
all its variety (Ravuri and Vinyals 2019).
"""

from dataclasses import dataclass

import numpy as np

from medgan_viewer.evaluation.bootstrap import Interval, mean_interval, strata_mean
from medgan_viewer.evaluation.classifier import Classifier
from medgan_viewer.evaluation.feature_space import FloatImages
from medgan_viewer.evaluation.matching import Labels


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Balanced accuracy: the mean over labels of the part that was recognised.

    Attributes
    ----------
    interval : 95 %, None with fewer than two images
    n : images judged
    chance : what guessing would give
    """

    value: float
    interval: Interval | None
    n: int
    chance: float


def balanced_accuracy(predicted: Labels, true: Labels, *, seed: int = 0) -> Accuracy:
    """Return the balanced accuracy over the labels that occur in `true` (n,)."""
    right = (predicted == true).astype(np.float64)
    return Accuracy(
        value=strata_mean(right, true),
        interval=mean_interval(right, true, seed=seed),
        n=len(true),
        chance=1 / len(np.unique(true)),
    )


def judge(classifier: Classifier, images: FloatImages, labels: Labels, seed: int = 0) -> Accuracy:
    """Return how well a classifier recognises the labels of (n, rows, columns) images."""
    return balanced_accuracy(classifier.predict(images), labels, seed=seed)
