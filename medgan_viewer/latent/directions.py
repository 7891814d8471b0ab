"""LatentDirection: a unit vector in w with a name, a range in standard deviations, its layers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class LatentDirection:
    """Where a slider moves the latent.

    Attributes
    ----------
    name : stable identifier in recipes
    title : what people read
    kind : "principal", "label-difference" or "imported"
    vector : (w_dim,) float32, length 1
    sd : length in w of one standard deviation
    range_sd : limits of the slider
    layers : first layer and the one after the last that the direction moves
    explained : part of the variance of w that it carries; None for other kinds
    effect : what was seen to change
    """

    name: str
    title: str
    kind: str
    vector: npt.NDArray[np.float32]
    sd: float
    range_sd: tuple[float, float]
    layers: tuple[int, int]
    explained: float | None = None
    effect: str = ""

    def __post_init__(self) -> None:
        length = float(np.linalg.norm(self.vector))
        if self.vector.ndim != 1 or not 0.99 < length < 1.01:
            raise ValueError(f"{self.name}: a direction has length 1, got {length:.3f}")
        if not self.range_sd[0] < self.range_sd[1] or not 0 <= self.layers[0] < self.layers[1]:
            raise ValueError(f"{self.name}: empty range {self.range_sd} or layers {self.layers}")

    def clamp(self, sigma: float) -> float:
        """Return `sigma` inside the range of the slider."""
        low, high = self.range_sd
        return min(max(sigma, low), high)
