"""Distances of two sets of features: Fréchet, KID, precision and recall, density and coverage."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from medgan_viewer.evaluation.feature_space import Features

MANIFOLD_NEIGHBOURS = 3  # Kynkäänniemi et al. 2019
COVERAGE_NEIGHBOURS = 5  # Naeem et al. 2020

Weights = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureStatistics:
    """A set of features as a Gaussian: all that the Fréchet distance needs, and no image.

    Attributes
    ----------
    space : name of the feature space
    n : images
    mean : (features,)
    covariance : (features, features), of a sample (divided by n - 1)
    """

    space: str
    n: int
    mean: Features
    covariance: Features


def statistics_of(space: str, features: Features) -> FeatureStatistics:
    """Return mean and covariance of (n, features), n at least 2."""
    covariance = np.atleast_2d(np.cov(features, rowvar=False))
    return FeatureStatistics(space, len(features), features.mean(axis=0), covariance)


def frechet_distance_of_statistics(first: FeatureStatistics, second: FeatureStatistics) -> float:
    """Return the Fréchet distance of two Gaussians (Dowson and Landau 1982).

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))
    """
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    cross = np.linalg.eigvalsh(root @ second.covariance @ root)
    step = first.mean - second.mean
    spread = np.trace(first.covariance) + np.trace(second.covariance)
    return float(max(step @ step + spread - 2 * np.sqrt(np.clip(cross, 0, None)).sum(), 0.0))


def frechet_distance(first: Features, second: Features) -> float:
    """Return the Fréchet distance of two sets of (n, features) (Heusel et al. 2017).

    Notes
    -----
    Small sets look farther apart than they are: only distances of equally large sets compare.
    With fewer images than features the root is taken in the space of the images, which is exact.
    """
    if max(len(first), len(second)) >= first.shape[1]:
        return frechet_distance_of_statistics(statistics_of("", first), statistics_of("", second))
    one, other = _centred(first), _centred(second)
    step = first.mean(axis=0) - second.mean(axis=0)
    # tr (C1 C2)^(1/2) is the sum of the singular values of C1^(1/2) C2^(1/2), and those are the
    # ones of one @ other.T: (n, n) instead of (features, features).
    cross = np.linalg.svd(one @ other.T, compute_uv=False).sum()
    return float(max(step @ step + (one**2).sum() + (other**2).sum() - 2 * cross, 0.0))


def _centred(features: Features) -> Features:
    centred: Features = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return centred


def polynomial_kernel(first: Features, second: Features) -> Features:
    """Return (n, m) values of (x . y / features + 1)^3 (Bińkowski et al. 2018)."""
    kernel: Features = (first @ second.T / first.shape[1] + 1) ** 3
    return kernel


class KernelDistance:
    """KID, the unbiased squared maximum mean discrepancy (Bińkowski et al. 2018), also of parts.

    Around 0 for two samples of one distribution, also below 0; does not depend on the sizes.
    The kernels of the two sets, (n, features) and (m, features), are computed once.
    """

    def __init__(self, first: Features, second: Features) -> None:
        self._first = polynomial_kernel(first, first)
        self._second = polynomial_kernel(second, second)
        self._cross = polynomial_kernel(first, second)
        np.fill_diagonal(self._first, 0)
        np.fill_diagonal(self._second, 0)

    def distance(self, first: Weights, second: Weights) -> float:
        """Return KID of the images that are there `first` (n,) and `second` (m,) times.

        An image that was drawn twice is never paired with itself, so that a bootstrap is not biased
        by its repetitions.
        """
        within = _pair_mean(self._first, first) + _pair_mean(self._second, second)
        across = first @ self._cross @ second / (first.sum() * second.sum())
        return float(within - 2 * across)


def _pair_mean(kernel: Features, weights: Weights) -> float:
    pairs = weights.sum() ** 2 - (weights**2).sum()
    return float(weights @ kernel @ weights / pairs)


@dataclass(frozen=True, slots=True, eq=False)
class ManifoldOverlap:
    """How two sets cover each other, image by image; the figures are means.

    Attributes
    ----------
    realistic : (synthetic,) 1 where the image lies among the real ones
    recalled : (real,) 1 where the image lies among the synthetic ones
    crowd : (synthetic,) how many real neighbourhoods the image lies in, divided by their size
    covered : (real,) 1 where a synthetic image lies in the neighbourhood of the real one
    """

    realistic: Weights
    recalled: Weights
    crowd: Weights
    covered: Weights

    @property
    def precision(self) -> float:
        """Part of the synthetic images that look like real ones."""
        return float(self.realistic.mean())

    @property
    def recall(self) -> float:
        """Part of the real images that the synthetic ones reach."""
        return float(self.recalled.mean())

    @property
    def density(self) -> float:
        """As precision, but an outlier among the real images counts little; may exceed 1."""
        return float(self.crowd.mean())

    @property
    def coverage(self) -> float:
        """Part of the real images with a synthetic one in their neighbourhood."""
        return float(self.covered.mean())


def manifold_overlap(
    real: Features,
    synthetic: Features,
    manifold_neighbours: int = MANIFOLD_NEIGHBOURS,
    coverage_neighbours: int = COVERAGE_NEIGHBOURS,
) -> ManifoldOverlap:
    """Return precision, recall (Kynkäänniemi 2019), density and coverage (Naeem 2020).

    A manifold is the union of balls around the images of a set, each as far as its k-th nearest
    neighbour in the set. In sets of k images or fewer it reaches to the farthest image.

    Parameters
    ----------
    real, synthetic : (n, features), at least 2 images each; recall and coverage rise with the
        number of synthetic ones
    """
    real_radius = _neighbour_radii(real, manifold_neighbours)
    synthetic_radius = _neighbour_radii(synthetic, manifold_neighbours)
    wide_radius = _neighbour_radii(real, coverage_neighbours)
    between: Features = cdist(real, synthetic)  # (real, synthetic)
    in_wide = between <= wide_radius[:, np.newaxis]
    size = min(coverage_neighbours, len(real) - 1)
    return ManifoldOverlap(
        realistic=_any_of(between <= real_radius[:, np.newaxis], 0),
        recalled=_any_of(between <= synthetic_radius[np.newaxis], 1),
        crowd=in_wide.sum(axis=0) / size,
        covered=_any_of(in_wide, 1),
    )


def _any_of(mask: npt.NDArray[np.bool_], axis: int) -> Weights:
    return np.asarray(mask.any(axis=axis), dtype=np.float64)


def _neighbour_radii(features: Features, neighbours: int) -> Features:
    """Return (n,) the distance of each image to its k-th nearest other image of the set."""
    distances = cdist(features, features)
    np.fill_diagonal(distances, -1)  # the image itself comes first
    k = min(neighbours, len(features) - 1)
    radii: Features = np.partition(distances, k, axis=1)[:, k]
    return radii
