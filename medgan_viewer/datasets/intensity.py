"""From the values of a file to 8- or 16-bit pixels, by the rule that the manifest declares."""

import numpy as np
import numpy.typing as npt

from medgan_viewer.datasets.images import IntensityHandling, PixelArray
from medgan_viewer.errors import InputError

FloatArray = npt.NDArray[np.float32]
SAMPLES_PER_PLANE = 16384  # enough to know a percentile of a plane


def limits_of(
    handling: IntensityHandling,
    values: npt.NDArray[np.float32],
    whole: tuple[float, float] | None,
    name: str,
) -> tuple[float, float]:
    """Return the values that become black and white.

    Parameters
    ----------
    values : any shape, a fair sample of one picture, series or volume; NaN is no image
    whole : range of the stored integers; None when the file has none, as for real numbers
    name : of the file, for the error

    Raises
    ------
    InputError
        The image is constant, or the rule does not fit a file of this kind.
    """
    if handling.rule == "window":
        return handling.low, handling.high
    if handling.rule == "full":
        if whole is None:
            raise InputError(
                f"{name} has no range of its own that could become black to white.",
                'Set rule = "window" or rule = "percentile" under [data.intensity].',
            )
        return whole
    finite = values[np.isfinite(values)]
    low, high = 0.0, 0.0
    if finite.size:
        low, high = (float(end) for end in np.percentile(finite, (handling.low, handling.high)))
    if not high > low:
        raise InputError(
            f"{name} is constant between the {handling.low:g} and {handling.high:g} percentiles.",
            "Remove it from the data, or set other percentiles under [data.intensity].",
        )
    return low, high


def to_pixels(values: FloatArray, limits: tuple[float, float], *, deep: bool) -> PixelArray:
    """Map limits to 0 and the top of the type; what lies beyond is clipped, NaN becomes 0.

    Returns
    -------
    the same shape, uint16 when `deep`, otherwise uint8
    """
    low, high = limits
    top = 65535 if deep else 255
    part = (np.nan_to_num(values, nan=low).astype(np.float64) - low) / (high - low)
    levels = np.rint(np.clip(part, 0, 1) * top)
    return levels.astype(np.uint16) if deep else levels.astype(np.uint8)


def sample_of(values: FloatArray) -> FloatArray:
    """Return evenly spaced values of a plane, at most SAMPLES_PER_PLANE or so, as (n,)."""
    step = max(int(np.ceil(np.sqrt(values.size / SAMPLES_PER_PLANE))), 1)
    return values[::step, ::step].ravel()


def deepened(pixels: PixelArray) -> npt.NDArray[np.uint16]:
    """Return uint8 pixels as uint16 of the same gray; uint16 ones stay as they are."""
    if pixels.dtype == np.uint16:
        return pixels.astype(np.uint16, copy=False)
    return pixels.astype(np.uint16) * np.uint16(257)
