"""ModelSpace: the grid and the intensities in which a network was trained.

One intensity mapping serves a whole series, never a slice, so that neighbouring slices stay
comparable.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.modality import FloatArray


class IntensityRule(Enum):
    """How modality values become the network's -1 to 1."""

    FIXED = "fixed"  # low and high in the unit of the modality values
    PERCENTILE = "percentile"  # low and high as percentiles of the series
    FOREGROUND_MEDIAN = "foreground_median"  # 0 to `high` times the median of the foreground


@dataclass(frozen=True, slots=True)
class IntensityLimits:
    """Modality values that become -1 and +1."""

    low: float
    high: float

    def to_model(self, values: npt.NDArray[Any]) -> FloatArray:
        """Map values to [-1, 1]; what lies beyond the limits is clipped."""
        slope = np.float32(2 / (self.high - self.low))
        model: FloatArray = (values.astype(np.float32) - np.float32(self.low)) * slope - 1
        return np.clip(model, -1, 1)

    def to_values(self, model: npt.NDArray[Any]) -> FloatArray:
        """Map [-1, 1] back to modality values."""
        half = np.float32((self.high - self.low) / 2)
        values: FloatArray = (model.astype(np.float32) + 1) * half + np.float32(self.low)
        return values


@dataclass(frozen=True, slots=True)
class IntensityMapping:
    """A rule and its two numbers, as the manifest states them.

    Attributes
    ----------
    low, high : meaning by `rule`
    """

    rule: IntensityRule
    low: float
    high: float

    def limits_of(self, values: npt.NDArray[Any]) -> IntensityLimits:
        """Return the limits for one series, computed from all its values (or a fair sample).

        Raises
        ------
        ValueError
            The series is constant or empty, so no contrast can be mapped.
        """
        if self.rule is IntensityRule.FIXED:
            return IntensityLimits(self.low, self.high)
        finite = values[np.isfinite(values)].astype(np.float32)
        if finite.size == 0:
            raise ValueError("the series holds no values")
        if self.rule is IntensityRule.PERCENTILE:
            low, high = np.percentile(finite, (self.low, self.high))
        else:
            bright = float(np.percentile(finite, 99))
            foreground = finite[finite > 0.15 * bright]
            low, high = 0.0, self.high * float(np.median(foreground)) if foreground.size else 0.0
        if not high > low:
            raise ValueError("the series has no contrast")
        return IntensityLimits(float(low), float(high))
