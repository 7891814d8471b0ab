"""Histograms of modality values with bins shared by both sides, and their distances."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BINS = 256


@dataclass(frozen=True, slots=True, eq=False)
class SharedHistogram:
    """Two histograms over the same bins.

    Attributes
    ----------
    edges : (bins + 1,) in the unit of the values
    reference, candidate : (bins,) share of the pixels, each adds up to 1
    """

    edges: npt.NDArray[np.float64]
    reference: npt.NDArray[np.float64]
    candidate: npt.NDArray[np.float64]

    @property
    def intersection(self) -> float:
        """Share of pixels that both sides have in the same bins: 0 apart, 1 equal."""
        return float(np.minimum(self.reference, self.candidate).sum())


def shared_histogram(
    reference: npt.ArrayLike, candidate: npt.ArrayLike, bins: int = BINS
) -> SharedHistogram:
    """Count two sets of finite values in equal bins from the smallest to the largest of all."""
    first = np.asarray(reference, dtype=np.float64).ravel()
    second = np.asarray(candidate, dtype=np.float64).ravel()
    low, high = min(first.min(), second.min()), max(first.max(), second.max())
    edges = np.histogram_bin_edges(np.array([low, high]), bins)
    return SharedHistogram(
        edges=edges,
        reference=np.histogram(first, edges)[0] / first.size,
        candidate=np.histogram(second, edges)[0] / second.size,
    )


def earth_mover_distance(reference: npt.ArrayLike, candidate: npt.ArrayLike) -> float:
    """Return the Wasserstein-1 distance of two equally large sets of values, in their unit.

    It is how far values have to move on average to turn one histogram into the other; places in the
    image do not matter.
    """
    first, second = np.sort(np.ravel(reference)), np.sort(np.ravel(candidate))
    if first.size != second.size:
        raise ValueError(f"sets of different size: {first.size} and {second.size}")
    return float(np.mean(np.abs(first - second), dtype=np.float64))
