"""Standardized uptake value: activity concentration to uptake per body weight (PET)."""

import math
from dataclasses import dataclass

import numpy as np

from medgan_viewer.imaging.modality import FloatArray

BODY_WEIGHT = "SUVbw"


@dataclass(frozen=True, slots=True)
class SuvScale:
    """How modality values become SUV; its presence means that every precondition was checked.

    Attributes
    ----------
    factor : SUV = factor * modality value; g/mL for each unit of the modality values
    label : which SUV it is ("SUVbw", "SUVlbm"); stands beside every number
    """

    factor: float
    label: str = BODY_WEIGHT

    def __post_init__(self) -> None:
        if not (math.isfinite(self.factor) and self.factor > 0):
            raise ValueError(f"not a usable SUV factor: {self.factor}")

    def apply(self, values: FloatArray) -> FloatArray:
        """Return SUV, float32, of the same shape."""
        return values * np.float32(self.factor)


def body_weight_factor(
    weight_kg: float, dose_bq: float, half_life_s: float, decay_s: float
) -> float:
    """Return SUVbw per Bq/mL: weight in g over the dose that is left.

    Parameters
    ----------
    dose_bq : total dose at the time of injection
    decay_s : from injection to the time to which the image is corrected; 0 when that is injection
    """
    return weight_kg * 1000 / (dose_bq * 2 ** (-decay_s / half_life_s))
