"""Comparison: all figures on one pair of images, and their means over many pairs."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from medgan_viewer.compare import metrics
from medgan_viewer.compare.histogram import earth_mover_distance, shared_histogram
from medgan_viewer.compare.interval import MeanInterval, mean_with_interval
from medgan_viewer.compare.metrics import DataRange
from medgan_viewer.compare.pair import MatchedPair, match
from medgan_viewer.compare.spectrum import radial_spectrum, spectrum_distance_db
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.frame import PixelFrame

# Figures that are averaged over pairs, with the names they have in JSON.
FIGURES = (
    "mean_error",
    "mae",
    "rmse",
    "psnr_db",
    "ssim",
    "ms_ssim",
    "earth_mover",
    "histogram_intersection",
    "spectrum_db",
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far a candidate is from its reference. None: not defined for these images.

    Attributes
    ----------
    pixels : how many were counted
    unit : of mean_error, mae, rmse and earth_mover; empty when the values have none
    data_range : what psnr_db, ssim and ms_ssim are relative to
    mask : what was not counted, in words
    mean_error : of candidate - reference; positive where the candidate is too bright
    psnr_db : None also for equal images
    ms_ssim_scales : 5 for figures that are comparable with published ones
    earth_mover : Wasserstein-1 distance of the histograms
    histogram_intersection : 0 apart, 1 equal
    spectrum_db : mean difference of the radial power spectra
    spectrum_unit : of the frequencies it was taken over
    """

    pixels: int
    unit: str
    data_range: DataRange
    mask: str
    mean_error: float
    mae: float
    rmse: float
    psnr_db: float | None
    ssim: float | None
    ms_ssim: float | None
    ms_ssim_scales: int
    earth_mover: float
    histogram_intersection: float
    spectrum_db: float | None
    spectrum_unit: str

    def to_json(self) -> dict[str, object]:
        """Return the document of `medgan-viewer compare --json` for one pair."""
        return {
            "n": 1,
            "pixels": self.pixels,
            "unit": self.unit,
            "data_range": self.data_range.width,
            "data_range_rule": self.data_range.rule,
            "mask": self.mask,
            **{name: getattr(self, name) for name in FIGURES},
            "ms_ssim_scales": self.ms_ssim_scales,
            "spectrum_unit": self.spectrum_unit,
        }


@dataclass(frozen=True, slots=True)
class ComparisonSummary:
    """Means over pairs. A figure that one pair lacks is missing for all.

    Attributes
    ----------
    n : pairs
    subjects : patients, or n where patients are not told apart
    data_range : None where the pairs differ in it
    figures : by the names in `FIGURES`
    """

    n: int
    subjects: int
    unit: str
    data_range: DataRange | None
    mask: str
    ms_ssim_scales: int
    spectrum_unit: str
    figures: Mapping[str, MeanInterval]

    def to_json(self) -> dict[str, object]:
        """Return the document of `medgan-viewer compare --json`, intervals included."""
        found = self.figures
        return {
            "n": self.n,
            "subjects": self.subjects,
            "unit": self.unit,
            "data_range": self.data_range.width if self.data_range is not None else None,
            "data_range_rule": self.data_range.rule
            if self.data_range is not None
            else "of each pair",
            "mask": self.mask,
            **{name: found[name].mean if name in found else None for name in FIGURES},
            "ms_ssim_scales": self.ms_ssim_scales,
            "spectrum_unit": self.spectrum_unit,
            "interval_95": {
                name: [interval.low, interval.high] for name, interval in found.items()
            },
        }


def shared_data_range(references: Iterable[PixelFrame]) -> DataRange:
    """Return the range of all references without their padding, so that slices are comparable."""
    lows, highs = [], []
    for frame in references:
        if frame.is_color:
            return DataRange(0, 255, "8-bit color")
        values = frame.modality_values()
        padding = frame.padding_mask()
        counted = values[np.isfinite(values) & ~padding if padding is not None else ...]
        if counted.size:
            lows.append(float(counted.min()))
            highs.append(float(counted.max()))
    if not lows:
        raise InputError(
            problem="The reference images hold no values.",
            action="Choose images with content.",
        )
    return DataRange(min(lows), max(highs), "minimum to maximum of all references")


def compare(
    reference: PixelFrame,
    candidate: PixelFrame,
    *,
    data_range: DataRange | None = None,
    region: npt.ArrayLike | None = None,
) -> Comparison:
    """Compare a synthetic image with the real one that it stands for, pixel by pixel.

    Parameters
    ----------
    data_range : None takes that of this reference; slices of one series need one for all
    region : (rows, columns), True where pixels count; padding never does

    Raises
    ------
    InputError
        The images are not on one grid or differ in unit.
    """
    pair = match(reference, candidate, region)
    if data_range is None:
        data_range = _own_range(pair, is_color=reference.is_color)
    arrays = (pair.reference, pair.candidate, pair.counted)
    multi_scale = metrics.multi_scale_similarity(*arrays, data_range)
    first, second = pair.reference[pair.counted], pair.candidate[pair.counted]
    spectrum_db, spectrum_unit = _spectrum_distance(pair)
    return Comparison(
        pixels=int(pair.counted.sum()),
        unit=pair.unit,
        data_range=data_range,
        mask=pair.mask,
        mean_error=metrics.mean_error(*arrays),
        mae=metrics.mean_absolute_error(*arrays),
        rmse=metrics.root_mean_square_error(*arrays),
        psnr_db=metrics.peak_signal_to_noise_db(*arrays, data_range),
        ssim=metrics.structural_similarity_index(*arrays, data_range),
        ms_ssim=multi_scale.value if multi_scale is not None else None,
        ms_ssim_scales=multi_scale.scales if multi_scale is not None else 0,
        earth_mover=earth_mover_distance(first, second),
        histogram_intersection=shared_histogram(first, second).intersection,
        spectrum_db=spectrum_db,
        spectrum_unit=spectrum_unit,
    )


def summarise(
    comparisons: Sequence[Comparison],
    subjects: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> ComparisonSummary:
    """Average over pairs, with intervals over subjects.

    Parameters
    ----------
    subjects : the patient of each pair; None takes every pair for a subject of its own

    Raises
    ------
    InputError
        The pairs differ in unit.
    """
    if not comparisons:
        raise ValueError("no comparisons")
    units = sorted({each.unit for each in comparisons})
    if len(units) > 1:
        raise InputError(
            problem=f"The images differ in unit: {', '.join(unit or 'no unit' for unit in units)}.",
            action="Compare images of one kind at a time.",
        )
    figures = {}
    for name in FIGURES:
        values = [value for each in comparisons if (value := getattr(each, name)) is not None]
        if len(values) == len(comparisons):
            figures[name] = mean_with_interval(values, subjects, seed)
    ranges = {each.data_range for each in comparisons}
    return ComparisonSummary(
        n=len(comparisons),
        subjects=figures["mae"].subjects,
        unit=units[0],
        data_range=ranges.pop() if len(ranges) == 1 else None,
        mask=", ".join(sorted({each.mask for each in comparisons})),
        ms_ssim_scales=min(each.ms_ssim_scales for each in comparisons),
        spectrum_unit=", ".join(sorted({each.spectrum_unit for each in comparisons})),
        figures=MappingProxyType(figures),
    )


def _own_range(pair: MatchedPair, *, is_color: bool) -> DataRange:
    if is_color:
        return DataRange(0, 255, "8-bit color")
    values = pair.reference[pair.counted]
    low, high = float(values.min()), float(values.max())
    return DataRange(low, high, "minimum to maximum of the reference")


def _spectrum_distance(pair: MatchedPair) -> tuple[float | None, str]:
    """Return the distance and the unit of frequency; what is not counted is the mean in both."""
    spectra = [
        radial_spectrum(np.where(pair.counted, values, values[pair.counted].mean()), pair.spacing)
        for values in (pair.reference, pair.candidate)
    ]
    first, second = spectra
    if first is None or second is None:
        return None, ""
    return spectrum_distance_db(first, second), first.unit
