"""Spectra of sets of images: whether fine detail is as strong as in real ones."""

import numpy as np
import numpy.typing as npt

from medgan_viewer.compare.spectrum import radial_spectrum
from medgan_viewer.evaluation.feature_space import FloatImages

Spectra = npt.NDArray[np.float64]


def log_spectra(images: FloatImages) -> Spectra:
    """Return the radial log power spectrum of each (n, rows, columns) image, (n, bins) in dB.

    Sides of at least 16 pixels; frequencies rise to half a cycle per pixel.
    """
    spectra = [radial_spectrum(image, None) for image in images]
    return np.stack([spectrum.power_db for spectrum in spectra if spectrum is not None])


def spectrum_distance_db(
    first: Spectra,
    second: Spectra,
    first_weights: npt.NDArray[np.float64] | None = None,
    second_weights: npt.NDArray[np.float64] | None = None,
) -> float:
    """Return the mean absolute difference of two sets' mean log spectra, in dB.

    Parameters
    ----------
    first, second : (n, bins) of `log_spectra`
    first_weights, second_weights : (n,) how much each image counts; None counts all alike
    """
    one = np.average(first, axis=0, weights=first_weights)
    other = np.average(second, axis=0, weights=second_weights)
    return float(np.abs(one - other).mean())
