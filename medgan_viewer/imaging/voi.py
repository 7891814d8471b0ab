"""VOI transform: modality values to gray, by window or by table (PS3.3 C.11.2).

pydicom's functions for the same step are not used: seen with 3.0.2, they wrap 8-bit tables, refuse
a LINEAR width below 1 and invert the picture when the rescale slope is negative.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.modality import FloatArray

GRAY_MAX = 255.0


class VoiFunction(Enum):
    """VOI LUT Function (0028,1056)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class VoiWindow:
    """Center and width of a window, in the unit of the modality values.

    Attributes
    ----------
    width : above 0. LINEAR asks for 1 or more; files that break that are read as LINEAR_EXACT
    explanation : the file's own name of this view ("LUNG"), or where the window came from
    """

    center: float
    width: float
    function: VoiFunction = VoiFunction.LINEAR
    explanation: str = ""

    def __post_init__(self) -> None:
        if not (np.isfinite(self.center) and np.isfinite(self.width) and self.width > 0):
            raise ValueError(f"not a usable window: center {self.center}, width {self.width}")


@dataclass(frozen=True, slots=True, eq=False)
class VoiLut:
    """Table from modality values to gray (PS3.3 C.11.2.1.1).

    Attributes
    ----------
    first_mapped : modality value that the first entry stands for; may be negative
    entries : (n,) uint16
    bits : bits of an entry as the file states them
    explanation : the file's own name of this view
    """

    first_mapped: int
    entries: npt.NDArray[np.uint16]
    bits: int
    explanation: str = ""

    def __post_init__(self) -> None:
        if self.entries.ndim != 1 or self.entries.size == 0:
            raise ValueError(f"a LUT needs entries, got shape {self.entries.shape}")

    @property
    def full_scale(self) -> float:
        """Largest output: 2^bits - 1, or the largest entry where a file states too few bits."""
        return float(max((1 << min(self.bits, 16)) - 1, int(self.entries.max())))

    def as_window(self) -> VoiWindow:
        """Return the window over the table's input range, for when the user starts to drag."""
        return VoiWindow(
            center=self.first_mapped + self.entries.size / 2,
            width=float(max(self.entries.size, 1)),
            explanation="fitted to the LUT",
        )


Voi = VoiWindow | VoiLut


def apply_voi(values: FloatArray, voi: Voi) -> FloatArray:
    """Return gray, float32 from 0 to 255, not yet rounded, of the same shape as `values`.

    Notes
    -----
    LINEAR rises from center - 0.5 - (width - 1) / 2, not from center - width / 2; the half is what
    makes our numbers equal to those of a PACS.
    """
    if isinstance(voi, VoiLut):
        index = np.rint(np.nan_to_num(values)).astype(np.int64) - voi.first_mapped
        entries = voi.entries[np.clip(index, 0, voi.entries.size - 1)].astype(np.float32)
        gray: FloatArray = entries * np.float32(GRAY_MAX / voi.full_scale)
        return gray
    if voi.function is VoiFunction.SIGMOID:
        exponent = np.clip((values - np.float32(voi.center)) * (-4.0 / voi.width), -80, 80)
        sigmoid: FloatArray = (np.float32(GRAY_MAX) / (1 + np.exp(exponent))).astype(np.float32)
        return sigmoid
    center, width = voi.center, voi.width
    if voi.function is VoiFunction.LINEAR and width >= 1:
        center, width = center - 0.5, width - 1
    if width == 0:
        return np.where(values > center, np.float32(GRAY_MAX), np.float32(0))
    slope = GRAY_MAX / width
    gray = values.astype(np.float32)
    gray -= np.float32(center)
    gray *= np.float32(slope)
    gray += np.float32(GRAY_MAX / 2)
    return np.clip(gray, 0, GRAY_MAX, out=gray)


def window_of_range(low: float, high: float, explanation: str = "") -> VoiWindow:
    """Return the LINEAR_EXACT window that spreads `low` to `high` over all grays."""
    width = high - low
    if not width > 0:
        width = max(abs(high) * 1e-6, 1e-6)
    return VoiWindow((low + high) / 2, width, VoiFunction.LINEAR_EXACT, explanation)


def auto_window(values: FloatArray, excluded: npt.NDArray[np.bool_] | None = None) -> VoiWindow:
    """Return the window over the 0.1 to 99.9 percentile of the values that are image.

    Parameters
    ----------
    values : modality values of any shape; those that are not finite do not count
    excluded : True where there is no image (padding), of the same shape
    """
    counted = values[~excluded] if excluded is not None else values.ravel()
    if counted.size > 1_000_000:  # percentiles of a fixed subset do not move the window visibly
        counted = counted[:: counted.size // 500_000]
    counted = counted[np.isfinite(counted)]
    if counted.size == 0:
        return VoiWindow(0.5, 1, VoiFunction.LINEAR_EXACT, "automatic")
    low, high = np.percentile(counted, (0.1, 99.9))
    if low == high:
        low, high = counted.min(), counted.max()
    return window_of_range(float(low), float(high), "automatic")


def text_of(voi: Voi) -> str:
    """Return the window as it stands in the corner of an image: "W 400 C 40"."""
    if isinstance(voi, VoiLut):
        return f"LUT {voi.explanation}".strip()
    digits = 0 if voi.width >= 20 else 3
    text = f"W {voi.width:.{digits}f} C {voi.center:.{digits}f}"
    return f"{text} sigmoid" if voi.function is VoiFunction.SIGMOID else text
