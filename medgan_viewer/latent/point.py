"""LatentPoint: where in a generator's latent space an image lies, in the words of the sliders."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Latent = npt.NDArray[np.float32]

MAX_SEED = 2**32 - 1
MAX_TRUNCATION = 2.0
MAX_OFFSET_SD = 100.0  # far beyond every slider; more leaves what float32 can tell apart

_SUM_TOLERANCE = 1e-6  # of weights that were normalized and rounded to float32 before


def _frozen(values: Mapping[str, float]) -> Mapping[str, float]:
    return MappingProxyType(dict(values))


@dataclass(frozen=True, slots=True)
class LatentPoint:
    """All that the sliders of the latent panel say; together with the weights it makes one image.

    Attributes
    ----------
    seed : number of the sample, 0 to 2^32 - 1
    label_weights : part of each label, by name; labels that are not named count 0
    truncation : psi; 0 gives the typical image, 1 the full variety of the model
    noise : fine-grain noise of the network on or off
    offsets : shift along each direction in standard deviations, by name; missing is 0
    """

    seed: int = 0
    label_weights: Mapping[str, float] = field(default_factory=dict)
    truncation: float = 0.7
    noise: bool = True
    offsets: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"a seed lies between 0 and {MAX_SEED}, got {self.seed}")
        object.__setattr__(self, "label_weights", _frozen(self.label_weights))
        kept = {name: sd for name, sd in self.offsets.items() if sd != 0}
        object.__setattr__(self, "offsets", _frozen(kept))

    def __hash__(self) -> int:
        return hash((self.seed, self.truncation, self.noise))

    def __reduce__(self) -> tuple[object, ...]:  # mapping proxies do not pickle
        values = (self.seed, dict(self.label_weights), self.truncation, self.noise)
        return (LatentPoint, (*values, dict(self.offsets)))

    def with_offset(self, name: str, sigma: float) -> "LatentPoint":
        """Return the point moved to `sigma` standard deviations along a direction."""
        return replace(self, offsets={**self.offsets, name: sigma})


def sample_z(seed: int, z_dim: int) -> Latent:
    """Return the (z_dim,) normal vector of a seed.

    Notes
    -----
    numpy's legacy generator, because its stream is frozen: the same seed gives the same vector with
    every numpy, and the same as in the tools of the StyleGAN family.
    """
    return np.random.RandomState(seed).randn(z_dim).astype(np.float32)


def normalized_weights(names: tuple[str, ...], weights: Mapping[str, float]) -> Latent:
    """Return label weights in the order of `names` with sum 1, (len(names),) float32.

    All weights zero, or none named, counts as an even mix.

    Notes
    -----
    Normalized weights stay as they are, so that those of a recipe give its image to the last bit.
    """
    values = [max(float(weights.get(name, 0.0)), 0.0) for name in names]
    total = sum(values)
    if not (0 < total < math.inf):
        return np.full(len(names), 1 / max(len(names), 1), np.float32)
    if abs(total - 1) > _SUM_TOLERANCE:
        values = [value / total for value in values]
    return np.array(values, np.float32)
