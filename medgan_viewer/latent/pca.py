"""Principal directions of sampled latents, with the variance that each explains."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class PrincipalDirections:
    """Result of `principal_directions`, strongest first.

    Attributes
    ----------
    vectors : (count, w_dim) float32 unit vectors
    sd : (count,) standard deviation of the samples along each
    explained : (count,) part of the whole variance, 0 to 1
    """

    vectors: npt.NDArray[np.float32]
    sd: npt.NDArray[np.float32]
    explained: npt.NDArray[np.float32]


def principal_directions(samples: npt.NDArray[np.floating], count: int) -> PrincipalDirections:
    """Return the principal axes of (n, w_dim) samples (Härkönen et al. 2020, arXiv 2004.02546).

    The sign of an axis is arbitrary; it is fixed so that the largest component is positive.
    """
    if samples.ndim != 2 or samples.shape[0] < 2:
        raise ValueError(f"at least two samples are needed, got shape {samples.shape}")
    centered = samples.astype(np.float64) - samples.mean(axis=0)
    covariance = centered.T @ centered / (samples.shape[0] - 1)
    values, vectors = np.linalg.eigh(covariance)  # ascending
    count = min(count, samples.shape[1])
    chosen = np.argsort(values)[::-1][:count]
    axes = vectors[:, chosen].T
    signs = np.sign(axes[np.arange(count), np.abs(axes).argmax(axis=1)])
    values = np.clip(values, 0, None)
    return PrincipalDirections(
        (axes * signs[:, np.newaxis]).astype(np.float32),
        np.sqrt(values[chosen]).astype(np.float32),
        (values[chosen] / max(values.sum(), 1e-30)).astype(np.float32),
    )
