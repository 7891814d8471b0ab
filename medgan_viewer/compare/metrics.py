"""Differences of two images in one number each: MAE, RMSE, PSNR, SSIM, MS-SSIM.

All take float arrays of (rows, columns) in modality values and a mask that is True where pixels
count. None stands for "not defined here", never a number.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.metrics import structural_similarity

FloatArray = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

_SIGMA = 1.5
_RADIUS = 5  # of the 11 x 11 window
_C1, _C2 = 0.01**2, 0.03**2  # times the squared data range
_SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang 2003, finest first


@dataclass(frozen=True, slots=True)
class DataRange:
    """The range of values that PSNR and SSIM are relative to; they mean nothing without it.

    Attributes
    ----------
    rule : where it comes from, in words
    """

    low: float
    high: float
    rule: str

    @property
    def width(self) -> float:
        return self.high - self.low


def mean_error(reference: FloatArray, candidate: FloatArray, counted: Mask) -> float:
    """Return the mean of candidate - reference, in the unit of the values."""
    return float(np.mean(_errors(reference, candidate, counted)))


def mean_absolute_error(reference: FloatArray, candidate: FloatArray, counted: Mask) -> float:
    """Return MAE in the unit of the values."""
    return float(np.mean(np.abs(_errors(reference, candidate, counted))))


def root_mean_square_error(reference: FloatArray, candidate: FloatArray, counted: Mask) -> float:
    """Return RMSE in the unit of the values."""
    return float(np.sqrt(np.mean(np.square(_errors(reference, candidate, counted)))))


def peak_signal_to_noise_db(
    reference: FloatArray, candidate: FloatArray, counted: Mask, data_range: DataRange
) -> float | None:
    """Return 20 log10(range / RMSE); None for equal images or an empty range."""
    error = root_mean_square_error(reference, candidate, counted)
    if error == 0 or not data_range.width > 0:
        return None
    return float(20 * np.log10(data_range.width / error))


def structural_similarity_index(
    reference: FloatArray, candidate: FloatArray, counted: Mask, data_range: DataRange
) -> float | None:
    """Return SSIM (Wang, Bovik, Sheikh, Simoncelli 2004), at most 1.

    Gaussian window with sigma 1.5 over 11 x 11 pixels, population covariance, K1 0.01, K2 0.03, as
    in the paper; mean of the map over the counted pixels that have a whole window. None for images
    below 11 pixels, an empty range, or a mask without such pixels.

    Notes
    -----
    SSIM is made for values from 0 up: the low end of the range is moved to 0 first, or HU would
    give wrong luminance terms. What is not counted is that low end in both images.
    """
    if not data_range.width > 0 or min(reference.shape) <= 2 * _RADIUS:
        return None
    core = (slice(_RADIUS, -_RADIUS),) * 2
    if not counted[core].any():
        return None
    first, second = _from_zero(reference, candidate, counted, data_range)
    _, ssim_map = structural_similarity(  # type: ignore[no-untyped-call]
        first,
        second,
        data_range=data_range.width,
        gaussian_weights=True,
        sigma=_SIGMA,
        use_sample_covariance=False,
        full=True,
    )
    return float(np.mean(ssim_map[core][counted[core]]))


@dataclass(frozen=True, slots=True)
class MultiScaleSimilarity:
    """MS-SSIM, and over how many scales; 5 are comparable with published figures."""

    value: float
    scales: int


def multi_scale_similarity(
    reference: FloatArray, candidate: FloatArray, counted: Mask, data_range: DataRange
) -> MultiScaleSimilarity | None:
    """Return MS-SSIM (Wang, Simoncelli, Bovik 2003) over as many of 5 scales as the size allows.

    Each coarser scale is the mean of 2 x 2 pixels; an odd last row or column falls away. The 11 x
    11 window has to fit: 5 scales ask for 176 pixels. With fewer scales the weights of those left
    are divided by their sum. Negative contrast terms count as 0. Otherwise as
    `structural_similarity_index`.
    """
    if not data_range.width > 0:
        return None
    first, second = _from_zero(reference, candidate, counted, data_range)
    mask = counted
    similarities: list[float] = []
    contrasts: list[float] = []
    for _ in _SCALE_WEIGHTS:
        core = (slice(_RADIUS, -_RADIUS),) * 2
        if min(first.shape) <= 2 * _RADIUS or not mask[core].any():
            break
        similarity, contrast = _similarity_maps(first, second, data_range.width)
        similarities.append(float(np.mean(similarity[core][mask[core]])))
        contrasts.append(float(np.mean(contrast[core][mask[core]])))
        first, second = _halved(first), _halved(second)
        mask = _halved(mask.astype(np.float64)) == 1
    if not similarities:
        return None
    weights = np.array(_SCALE_WEIGHTS[: len(similarities)])
    terms = np.array([*contrasts[:-1], similarities[-1]])
    value = float(np.prod(np.maximum(terms, 0) ** (weights / weights.sum())))
    return MultiScaleSimilarity(value, len(similarities))


def _errors(reference: FloatArray, candidate: FloatArray, counted: Mask) -> npt.NDArray[np.float64]:
    return candidate[counted].astype(np.float64) - reference[counted].astype(np.float64)


def _from_zero(
    reference: FloatArray, candidate: FloatArray, counted: Mask, data_range: DataRange
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    first = np.where(counted, reference.astype(np.float64) - data_range.low, 0.0)
    second = np.where(counted, candidate.astype(np.float64) - data_range.low, 0.0)
    return first, second


def _similarity_maps(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], width: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the maps of SSIM and of its contrast and structure part alone."""

    def smooth(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        smoothed: npt.NDArray[np.float64] = ndimage.gaussian_filter(values, _SIGMA, radius=_RADIUS)
        return smoothed

    c1, c2 = _C1 * width**2, _C2 * width**2
    mean_first, mean_second = smooth(first), smooth(second)
    variances = smooth(first**2) - mean_first**2 + smooth(second**2) - mean_second**2
    covariance = smooth(first * second) - mean_first * mean_second
    contrast = (2 * covariance + c2) / (variances + c2)
    luminance = (2 * mean_first * mean_second + c1) / (mean_first**2 + mean_second**2 + c1)
    return luminance * contrast, contrast


def _halved(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    rows, columns = values.shape[0] // 2, values.shape[1] // 2
    even = values[: 2 * rows, : 2 * columns]
    halved: npt.NDArray[np.float64] = even.reshape(rows, 2, columns, 2).mean(axis=(1, 3))
    return halved
