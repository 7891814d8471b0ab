"""Memorisation: do samples lie nearer to training images than real images lie to one another?

The yardstick is real: how far training images are from the nearest training image of another
patient. Where blocks of neighbours stand for patients, the blocks beside one's own do not count as
others, since a person may be in both. A sample nearer than the nearest 1 % of those is suspicious,
and named. Blurred images lie nearer to everything, so a suspicion is no proof, and its absence is
no promise of anonymity.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from medgan_viewer.datasets.splits import block_of
from medgan_viewer.evaluation.feature_space import BATCH, Features, FloatImages, resized_tensor

THRESHOLD_PERCENT = 1.0
PIXEL_SIDE = 32
NAMED_PAIRS = 8
CAVEAT = (
    "Blurred images lie nearer to every image than sharp ones do, so nearness alone does not show "
    "copying, and distance alone does not show anonymity."
)


class SmallPixels:
    """The image itself at 32 pixels as a FeatureSpace.

    Distances are root mean squares of the differences, as a part of the range of values.
    """

    name = f"pixels at {PIXEL_SIDE} px"

    @torch.inference_mode()
    def features(self, images: FloatImages) -> Features:
        """Map (n, rows, columns) in [-1, 1] to (n, pixels)."""
        side = (min(PIXEL_SIDE, images.shape[1]), min(PIXEL_SIDE, images.shape[2]))
        parts = torch.split(torch.from_numpy(np.ascontiguousarray(images))[:, None], BATCH)
        small = torch.cat([resized_tensor(part, *side) for part in parts]).flatten(1).double()
        found: Features = (small / (2 * np.sqrt(small.shape[1]))).numpy()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The nearest reference image of each query.

    Attributes
    ----------
    distances : (n,) infinite where no image was allowed
    indices : (n,) of the reference images
    """

    distances: npt.NDArray[np.float64]
    indices: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NearestPair:
    """A sample and the training image next to it.

    Attributes
    ----------
    space : name of the feature space in which they are near
    distance : in that space
    threshold : nearer than this is suspicious
    """

    space: str
    synthetic_index: int
    training_index: int
    distance: float
    threshold: float

    @property
    def is_suspicious(self) -> bool:
        return self.distance < self.threshold


def nearest_images(
    queries: Features,
    references: Features,
    query_patients: npt.NDArray[np.str_] | None = None,
    reference_patients: npt.NDArray[np.str_] | None = None,
) -> Nearest:
    """Return the nearest of (m, features) references for each of (n, features) queries.

    Parameters
    ----------
    query_patients, reference_patients : where both are given, only images of other patients
        count; a block and the one beside it are no other patients
    """
    distances: list[npt.NDArray[np.float64]] = []
    indices: list[npt.NDArray[np.int64]] = []
    points = torch.from_numpy(np.ascontiguousarray(references))
    for start in range(0, len(queries), 256):
        part = torch.from_numpy(np.ascontiguousarray(queries[start : start + 256]))
        between = torch.cdist(part, points, compute_mode="donot_use_mm_for_euclid_dist").numpy()
        if query_patients is not None and reference_patients is not None:
            own = _is_own(query_patients[start : start + 256], reference_patients)
            between[own] = np.inf
        nearest = between.argmin(axis=1)
        indices.append(nearest.astype(np.int64))
        distances.append(between[np.arange(len(nearest)), nearest])
    return Nearest(np.concatenate(distances), np.concatenate(indices))


def _is_own(patients: npt.NDArray[np.str_], others: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
    """Return (n, m) whether two images may be of one patient."""
    between = np.abs(_blocks(patients)[:, np.newaxis] - _blocks(others))
    own: npt.NDArray[np.bool_] = (between <= 1) | (patients[:, np.newaxis] == others)
    return own


def _blocks(patients: npt.NDArray[np.str_]) -> npt.NDArray[np.float64]:
    """Return (n,) the number of the block that stands for each patient; NaN for other patients."""
    numbers = [block_of(patient) for patient in patients.tolist()]
    return np.array([np.nan if number is None else number for number in numbers], np.float64)


class RealDistances:
    """The yardstick: training images in one feature space, and how near they are to one another.

    Attributes
    ----------
    threshold : the nearest 1 % of training images are nearer than this to another patient's
    """

    def __init__(self, space: str, train: Features, patients: npt.NDArray[np.str_]) -> None:
        self.space = space
        self._train = train
        between = nearest_images(train, train, patients, patients).distances
        known = between[np.isfinite(between)]
        self.threshold = float(np.percentile(known, THRESHOLD_PERCENT)) if known.size else 0.0

    def nearest(self, images: Features) -> Nearest:
        """Return the nearest training image of each of (n, features)."""
        return nearest_images(images, self._train)

    def is_suspicious(self, nearest: Nearest) -> npt.NDArray[np.bool_]:
        """Return (n,) whether an image lies nearer to a training image than the threshold.

        A copy always does, also where the training set holds an image twice.
        """
        copied = nearest.distances <= 1e-6 * max(self.threshold, 1.0)
        return (nearest.distances < self.threshold) | copied

    def named_pairs(self, nearest: Nearest, count: int = NAMED_PAIRS) -> tuple[NearestPair, ...]:
        """Return the pairs with the smallest distances, nearest first."""
        order = np.argsort(nearest.distances, kind="stable")[:count]
        return tuple(
            NearestPair(
                self.space,
                int(index),
                int(nearest.indices[index]),
                float(nearest.distances[index]),
                self.threshold,
            )
            for index in order
        )
