"""Diversity: MS-SSIM of random pairs of one label, low where images differ (Odena et al. 2017)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medgan_viewer.compare.metrics import DataRange, multi_scale_similarity
from medgan_viewer.evaluation.feature_space import FloatImages
from medgan_viewer.evaluation.matching import Labels

PAIRS_PER_LABEL = 60
_RANGE = DataRange(-1.0, 1.0, "the network's own range")


@dataclass(frozen=True, slots=True, eq=False)
class PairSimilarities:
    """MS-SSIM of pairs.

    Attributes
    ----------
    values : (pairs,) 1 for equal images
    labels : (pairs,) label of both images of a pair
    """

    values: npt.NDArray[np.float64]
    labels: Labels


def pair_similarities(
    images: FloatImages,
    labels: Labels,
    patients: npt.NDArray[np.str_] | None = None,
    *,
    pairs_per_label: int = PAIRS_PER_LABEL,
    seed: int = 0,
) -> PairSimilarities:
    """Return MS-SSIM of random pairs within each label; no image is in two pairs.

    Parameters
    ----------
    images : (n, rows, columns) in [-1, 1], sides of at least 11 pixels
    patients : (n,) where given, pairs of one patient are left out: they are alike for that
    """
    random = np.random.default_rng(seed)
    values: list[float] = []
    found: list[int] = []
    everywhere = np.ones(images.shape[1:], dtype=bool)
    for label in np.unique(labels).tolist():
        members = random.permutation(np.flatnonzero(labels == label))
        pairs = members[: len(members) // 2 * 2].reshape(-1, 2)
        if patients is not None:
            pairs = pairs[patients[pairs[:, 0]] != patients[pairs[:, 1]]]
        for first, second in pairs[:pairs_per_label]:
            similarity = multi_scale_similarity(images[first], images[second], everywhere, _RANGE)
            if similarity is not None:
                values.append(similarity.value)
                found.append(label)
    return PairSimilarities(np.array(values, np.float64), np.array(found, np.int64))
