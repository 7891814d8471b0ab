"""Supplemental palette: a gray image whose highest stored values are colors (PS3.3 C.7.6.19)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.color import RgbArray


@dataclass(frozen=True, slots=True, eq=False)
class SupplementalPalette:
    """Colors for stored values from `first_mapped` on; what lies below stays gray.

    Attributes
    ----------
    colors : (n, 3) uint8 RGB; values beyond the table take the last
    """

    first_mapped: int
    colors: RgbArray

    def __post_init__(self) -> None:
        if self.colors.ndim != 2 or self.colors.shape[1] != 3 or len(self.colors) == 0:
            raise ValueError(f"colors must be (n, 3), got {self.colors.shape}")

    def over(self, gray: npt.NDArray[np.uint8], stored: npt.NDArray[Any]) -> RgbArray:
        """Return (rows, columns, 3): `gray`, which may be mapped to color, with the colors on it.

        Parameters
        ----------
        stored : (rows, columns) of the same pixels
        """
        shown = np.repeat(gray[..., np.newaxis], 3, axis=-1) if gray.ndim == 2 else gray.copy()
        index = stored.astype(np.int64) - self.first_mapped
        is_color = index >= 0
        shown[is_color] = self.colors[np.minimum(index[is_color], len(self.colors) - 1)]
        return shown
