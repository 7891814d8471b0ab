"""Radially averaged power spectra: how much of the image is fine detail, and how far two differ."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.geometry import PixelSpacing

_SMALLEST_SIZE = 16
_FLOOR = 1e-12  # of the total power: below lies rounding


@dataclass(frozen=True, slots=True, eq=False)
class RadialSpectrum:
    """Power over spatial frequency.

    Attributes
    ----------
    frequency : (bins,) in `unit`, up to the lower of both axes' Nyquist frequencies
    power_db : (bins,) 10 log10 of the mean power of a ring, in squared units of the values
    unit : lp/mm, or cycles/px where no spacing is trusted
    """

    frequency: npt.NDArray[np.float64]
    power_db: npt.NDArray[np.float64]
    unit: str


def radial_spectrum(
    values: npt.NDArray[np.floating], spacing: PixelSpacing | None
) -> RadialSpectrum | None:
    """Return the spectrum of an image, or None below 16 pixels.

    The mean is taken off and a Hann window laid over the image, so that its edges do not show.

    Parameters
    ----------
    values : (rows, columns), all finite
    spacing : None gives cycles/px
    """
    rows, columns = values.shape
    if min(rows, columns) < _SMALLEST_SIZE:
        return None
    window = np.outer(np.hanning(rows), np.hanning(columns))
    centred = (values - values.mean(dtype=np.float64)) * window
    power = np.abs(np.fft.fft2(centred)) ** 2 / np.square(window).sum()
    row_step, column_step = (spacing.row_mm, spacing.column_mm) if spacing else (1.0, 1.0)
    frequency = np.hypot(
        np.fft.fftfreq(rows, row_step)[:, np.newaxis], np.fft.fftfreq(columns, column_step)
    )
    bins = min(rows, columns) // 2
    ring_width = 0.5 / max(row_step, column_step) / bins
    ring = np.rint(frequency / ring_width).astype(np.intp).ravel()
    counts = np.bincount(ring, minlength=bins + 1)[1 : bins + 1]
    sums = np.bincount(ring, power.ravel(), minlength=bins + 1)[1 : bins + 1]
    floor = max(_FLOOR * float(power.sum()), np.finfo(np.float64).tiny)
    return RadialSpectrum(
        frequency=np.arange(1, bins + 1) * ring_width,
        power_db=10 * np.log10(np.maximum(sums / counts, floor)),
        unit="lp/mm" if spacing else "cycles/px",
    )


def spectrum_distance_db(reference: RadialSpectrum, candidate: RadialSpectrum) -> float:
    """Return the mean absolute difference over all frequencies, in dB.

    Raises
    ------
    ValueError
        The spectra belong to different grids.
    """
    if not np.array_equal(reference.frequency, candidate.frequency):
        raise ValueError("spectra of different grids cannot be compared")
    return float(np.mean(np.abs(candidate.power_db - reference.power_db)))
