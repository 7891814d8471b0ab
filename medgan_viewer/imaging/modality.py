"""Modality transform: stored values to modality values with a unit (PS3.3 C.11.1)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rescale:
    """Linear modality transform: value = slope * stored + intercept.

    Attributes
    ----------
    slope : any number but zero; negative slopes exist and are right
    intercept : in `unit`
    unit : "HU", "SUV", "%" and so on; empty when the values have no unit
    """

    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""

    def __post_init__(self) -> None:
        if self.slope == 0 or not np.isfinite(self.slope) or not np.isfinite(self.intercept):
            raise ValueError(f"not a usable rescale: slope {self.slope}, {self.intercept}")

    def apply(self, stored: npt.NDArray[Any]) -> FloatArray:
        """Return modality values, float32, of the same shape."""
        values = stored.astype(np.float32)
        if self.slope != 1.0:
            values *= np.float32(self.slope)
        if self.intercept != 0.0:
            values += np.float32(self.intercept)
        return values

    @property
    def is_identity(self) -> bool:
        return self.slope == 1.0 and self.intercept == 0.0


@dataclass(frozen=True, slots=True, eq=False)
class ModalityLut:
    """Table from stored to modality values (PS3.3 C.11.1.1).

    Attributes
    ----------
    first_mapped : stored value that the first entry stands for; may be negative
    entries : (n,) uint16; LUT data are unsigned always
    unit : from Modality LUT Type ("HU", "OD", "US"); empty when unspecified
    """

    first_mapped: int
    entries: npt.NDArray[np.uint16]
    unit: str = ""

    def __post_init__(self) -> None:
        if self.entries.ndim != 1 or self.entries.size == 0:
            raise ValueError(f"a LUT needs entries, got shape {self.entries.shape}")

    def apply(self, stored: npt.NDArray[Any]) -> FloatArray:
        """Return modality values, float32; inputs beyond the table take its end entries."""
        # int64 first: the subtraction overflows in int16 (and did in pydicom 3.0.2).
        index = stored.astype(np.int64) - self.first_mapped
        values: FloatArray = self.entries[np.clip(index, 0, self.entries.size - 1)].astype(
            np.float32
        )
        return values


ModalityTransform = Rescale | ModalityLut
