"""Modality transform: stored values to modality values with a unit (PS3.3 C.11.1)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

_SMALLEST, _LARGEST = (float(end) for end in (np.finfo("f4").tiny, np.finfo("f4").max))
_FLOAT32_BITS = 24  # significant


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
        if stored.dtype.itemsize > 2 and stored.dtype != np.float32:  # more bits than float32 has
            wide = stored.astype(np.float64) * self.slope + self.intercept
            return wide.astype(np.float32)
        values = stored.astype(np.float32)
        if self.slope != 1.0:
            values *= np.float32(self.slope)
        if self.intercept != 0.0:
            values += np.float32(self.intercept)
        return values

    def is_computable(self, stored: npt.NDArray[Any]) -> bool:
        """Say whether float32 holds slope, intercept and what they make of `stored`.

        Integers of 16 bits and less are judged by their type, because tables hold all its values.
        """
        amounts = (abs(self.slope), abs(self.intercept), self._largest(stored))
        return abs(self.slope) >= _SMALLEST and max(amounts) <= _LARGEST

    def is_rounding(self, stored: npt.NDArray[Any]) -> bool:
        """Say whether neighbouring integers may become one modality value in float32."""
        if stored.dtype.kind == "f":
            return False
        return self._largest(stored) > (1 << _FLOAT32_BITS) * abs(self.slope)

    def _largest(self, stored: npt.NDArray[Any]) -> float:
        """Return the largest amount on the way to the modality values."""
        ends: tuple[float, ...]
        if stored.dtype.kind == "f":
            finite = stored[np.isfinite(stored)]
            ends = (float(finite.min()), float(finite.max())) if finite.size else (0.0,)
        elif stored.dtype.itemsize <= 2:
            limits = np.iinfo(stored.dtype)
            ends = (float(limits.min), float(limits.max))
        else:
            ends = (float(stored.min()), float(stored.max()))
        products = [self.slope * end for end in ends]
        return max(abs(value) for p in products for value in (p, p + self.intercept))

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
