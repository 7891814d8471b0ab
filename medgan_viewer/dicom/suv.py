"""SUV of a PET image with every precondition checked, or the reason why there is no number.

The formula and the choice of times follow the vendor-neutral description of QIBA (FDG-PET/CT
profile, appendix on SUV): PS3.3 C.8.9.1 gives the units, C.8.9.4 the dose.
"""

import math
from datetime import datetime, timedelta

from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import items, number, text, texts
from medgan_viewer.imaging.suv import SuvScale, body_weight_factor

_ENHANCED = frozenset(("1.2.840.10008.5.1.4.1.1.128.1", "1.2.840.10008.5.1.4.1.1.130"))
_TYPES = {"": "SUVbw", "BW": "SUVbw", "BSA": "SUVbsa", "LBM": "SUVlbm", "LBMJAMES128": "SUVlbm"}
_PHILIPS_SUV, _PHILIPS_ACTIVITY = 0x70531000, 0x70531009
_GE_SCAN_TIME = 0x0009100D
_PLAUSIBLE_DOSE_BQ = (1e5, 1e11)
_PLAUSIBLE_WEIGHT_KG = (0.01, 500.0)  # mice are scanned too
_LONGEST_DECAY = 10.0  # half-lives


class NoSuvError(Exception):
    """Why there is no SUV, for people. Never leaves this module."""


def suv_of(dataset: Dataset) -> tuple[SuvScale | None, tuple[str, ...]]:
    """Return the scale from modality values to SUV of a PET image, or a note that says why not.

    Returns
    -------
    (None, ()) for anything but PET
    """
    if text(dataset, "Modality") != "PT":
        return None, ()
    try:
        return _scale(dataset), ()
    except NoSuvError as reason:
        return None, (f"no SUV: {reason}",)


def _scale(dataset: Dataset) -> SuvScale:
    if text(dataset, "SOPClassUID") in _ENHANCED:
        raise NoSuvError("enhanced PET is not supported")
    units = text(dataset, "Units").upper()
    if units == "GML":
        kind = text(dataset, "SUVType").upper()
        if kind not in _TYPES:
            raise NoSuvError(f"unknown SUV type {kind}")
        return SuvScale(1.0, _TYPES[kind])
    per_unit = 1.0
    if units == "CNTS":
        is_philips = text(dataset, 0x70530010).startswith("Philips PET Private")
        stated = number(dataset, _PHILIPS_SUV) if is_philips else None
        if stated is not None and stated > 0:
            return SuvScale(stated)
        activity = number(dataset, _PHILIPS_ACTIVITY) if is_philips else None
        if activity is None or activity <= 0:
            raise NoSuvError("the image is in counts")
        per_unit = activity
    elif units != "BQML":
        raise NoSuvError(f"the unit is {units or 'missing'}")
    return SuvScale(per_unit * _factor(dataset))


def _factor(dataset: Dataset) -> float:
    """Return SUVbw per Bq/mL."""
    corrected = {value.upper() for value in texts(dataset, "CorrectedImage")}
    for needed, word in (("ATTN", "attenuation"), ("DECY", "decay")):
        if needed not in corrected:
            raise NoSuvError(f"not corrected for {word}")
    weight_kg = _plausible(dataset, "PatientWeight", "patient weight", _PLAUSIBLE_WEIGHT_KG)
    sources = items(dataset, "RadiopharmaceuticalInformationSequence")
    if len(sources) != 1:
        raise NoSuvError("no injection is described" if not sources else "several injections")
    source = sources[0]
    dose_bq = _plausible(source, "RadionuclideTotalDose", "injected dose", _PLAUSIBLE_DOSE_BQ)
    half_life_s = number(source, "RadionuclideHalfLife")
    if half_life_s is None or half_life_s <= 0:
        raise NoSuvError("half-life missing")
    correction = text(dataset, "DecayCorrection").upper()
    if correction == "ADMIN":
        return body_weight_factor(weight_kg, dose_bq, half_life_s, 0.0)
    if correction != "START":
        raise NoSuvError(f"decay correction {correction or 'missing'}")
    scanned = _scan_start(dataset, half_life_s)
    decay_s = (scanned - _injection(source, scanned)).total_seconds()
    if not 0 <= decay_s <= _LONGEST_DECAY * half_life_s:
        raise NoSuvError("injection and scan times do not fit")
    return body_weight_factor(weight_kg, dose_bq, half_life_s, decay_s)


def _plausible(dataset: Dataset, keyword: str, word: str, limits: tuple[float, float]) -> float:
    value = number(dataset, keyword)
    if value is None or value == 0:
        raise NoSuvError(f"{word} missing")
    if not limits[0] <= value <= limits[1]:
        raise NoSuvError(f"{word} {value:g} is implausible")
    return value


def _scan_start(dataset: Dataset, half_life_s: float) -> datetime:
    """Return the time to which images corrected to START belong.

    Notes
    -----
    Series Time is that time, unless a later processing step has set it anew: then it lies after
    the acquisition, and the time is worked out from the frame.
    """
    series = _moment(text(dataset, "SeriesDate"), text(dataset, "SeriesTime"))
    acquired = _moment(text(dataset, "AcquisitionDate"), text(dataset, "AcquisitionTime"))
    if series is not None and (acquired is None or series <= acquired):
        return series
    is_ge = text(dataset, 0x00090010).startswith("GEMS_PETD")
    if is_ge and (stated := _moment_of_text(text(dataset, _GE_SCAN_TIME))) is not None:
        return stated
    reference_ms = number(dataset, "FrameReferenceTime")
    duration_ms = number(dataset, "ActualFrameDuration")
    if acquired is None or reference_ms is None or not duration_ms or duration_ms < 0:
        raise NoSuvError("time of the scan missing")
    decay = math.log(2) / half_life_s
    within = decay * duration_ms / 1000
    mean_s = math.log(within / -math.expm1(-within)) / decay  # where the count rate is the mean
    return acquired - timedelta(seconds=reference_ms / 1000 - mean_s)


def _injection(source: Dataset, scanned: datetime) -> datetime:
    """Return when the dose was given; of a time without date, the last one before the scan."""
    stated = _moment_of_text(text(source, "RadiopharmaceuticalStartDateTime"))
    if stated is not None:
        return stated
    moment = _moment(scanned.strftime("%Y%m%d"), text(source, "RadiopharmaceuticalStartTime"))
    if moment is None:
        raise NoSuvError("time of injection missing")
    return moment - timedelta(days=1) if moment > scanned else moment


def _moment(date_text: str, time_text: str) -> datetime | None:
    return _moment_of_text(date_text + time_text) if date_text and time_text else None


def _moment_of_text(value: str) -> datetime | None:
    """Parse YYYYMMDDHHMMSS.F; a zone after it is left out, for all times of a file share it."""
    digits = value.split("+")[0].split("-")[0].replace(":", "")
    whole, _, fraction = digits.partition(".")
    if len(whole) < 12:  # no minutes
        return None
    try:
        moment = datetime.strptime(whole.ljust(14, "0")[:14], "%Y%m%d%H%M%S")
        return moment + timedelta(seconds=float(f"0.{fraction or 0}"))
    except ValueError:
        return None
