"""Pixel spacing with its source: where the millimetres of a length come from.

A projection image is measured in the plane of the detector; in the patient it is smaller by a
magnification that only a calibration tells (PS3.3 10.7.1.3). So its millimetres are never plain.
"""

from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import integer, items, number, numbers, text
from medgan_viewer.dicom.functional_groups import FrameView
from medgan_viewer.imaging.geometry import PixelSpacing, SpacingSource, UltrasoundRegion

_PROJECTIONS = frozenset(("CR", "DX", "MG", "IO", "PX", "XA", "RF", "RG"))
_CENTIMETRES = 3  # Physical Units of an ultrasound region
_MM_PER_CM = 10.0


def spacing_of(view: FrameView) -> PixelSpacing | None:
    """Return the distance of pixel centres, or None when a length can only be told in pixels."""
    modality = text(view.root, "Modality")
    if modality in _PROJECTIONS:
        return _projection_spacing(view)
    measured = _pair(view, "PixelSpacing", SpacingSource.PATIENT)
    if measured is not None:
        return measured
    if modality == "US":
        return _ultrasound_spacing(view)
    scanned = _pair(view, "NominalScannedPixelSpacing", SpacingSource.DETECTOR)
    return scanned or _pair(view, "ImagerPixelSpacing", SpacingSource.DETECTOR)


def aspect_of(view: FrameView, spacing: PixelSpacing | None) -> float:
    """Return height / width of a pixel; Pixel Aspect Ratio counts only where no spacing is."""
    if spacing is not None:
        return spacing.row_mm / spacing.column_mm
    ratio = numbers(view.root, "PixelAspectRatio", 2)
    return ratio[0] / ratio[1] if ratio is not None and min(ratio) > 0 else 1.0


def has_negative_spacing(view: FrameView) -> bool:
    """Tell whether the file gives a negative spacing; its absolute value is used."""
    pair = numbers(view.holder("PixelMeasuresSequence", "PixelSpacing"), "PixelSpacing", 2)
    return pair is not None and min(pair) < 0


def _projection_spacing(view: FrameView) -> PixelSpacing | None:
    pixel = _pair(view, "PixelSpacing", SpacingSource.ESTIMATED)
    detector = _pair(view, "ImagerPixelSpacing", SpacingSource.DETECTOR)
    calibration = text(view.root, "PixelSpacingCalibrationType").upper()
    if pixel is not None and calibration == "FIDUCIAL":
        return PixelSpacing(pixel.row_mm, pixel.column_mm, SpacingSource.CALIBRATED)
    if pixel is not None and calibration == "GEOMETRY":
        return PixelSpacing(pixel.row_mm, pixel.column_mm, SpacingSource.GEOMETRY)
    if detector is None:
        # Without the detector's own spacing nobody can tell in which plane Pixel Spacing holds.
        scanned = _pair(view, "NominalScannedPixelSpacing", SpacingSource.DETECTOR)
        return _at_detector(pixel) if pixel is not None else scanned
    if pixel is not None and pixel.row_mm < detector.row_mm:
        return pixel
    magnification = _magnification(view)
    if magnification is not None:
        return PixelSpacing(
            detector.row_mm / magnification,
            detector.column_mm / magnification,
            SpacingSource.ESTIMATED,
        )
    return detector


def _magnification(view: FrameView) -> float | None:
    factor = number(view.root, "EstimatedRadiographicMagnificationFactor")
    if factor is not None and factor > 1:
        return factor
    detector_mm = number(view.root, "DistanceSourceToDetector")
    patient_mm = number(view.root, "DistanceSourceToPatient")
    if detector_mm is None or patient_mm is None or not 0 < patient_mm < detector_mm:
        return None
    return detector_mm / patient_mm


def _at_detector(spacing: PixelSpacing) -> PixelSpacing:
    return PixelSpacing(spacing.row_mm, spacing.column_mm, SpacingSource.DETECTOR)


def regions_of(view: FrameView) -> tuple[UltrasoundRegion, ...]:
    """Return the calibrated parts of an ultrasound image; those without a box are left out."""
    regions = []
    for region in items(view.root, "SequenceOfUltrasoundRegions"):
        left, top = (number(region, f"RegionLocationMin{axis}0") for axis in "XY")
        right, bottom = (number(region, f"RegionLocationMax{axis}1") for axis in "XY")
        if left is not None and top is not None and right is not None and bottom is not None:
            regions.append(
                UltrasoundRegion(left, top, right, bottom, spacing=_region_spacing(region))
            )
    return tuple(regions)


def _ultrasound_spacing(view: FrameView) -> PixelSpacing | None:
    """Return the spacing of the regions in centimetres; None unless all of them agree."""
    regions = items(view.root, "SequenceOfUltrasoundRegions")
    found = {spacing for spacing in map(_region_spacing, regions) if spacing is not None}
    return found.pop() if len(found) == 1 else None


def _region_spacing(region: Dataset) -> PixelSpacing | None:
    units = (
        integer(region, "PhysicalUnitsXDirection"),
        integer(region, "PhysicalUnitsYDirection"),
    )
    x_cm, y_cm = number(region, "PhysicalDeltaX"), number(region, "PhysicalDeltaY")
    if units != (_CENTIMETRES, _CENTIMETRES) or not x_cm or not y_cm:
        return None
    row_mm, column_mm = abs(y_cm) * _MM_PER_CM, abs(x_cm) * _MM_PER_CM
    return PixelSpacing(row_mm, column_mm, SpacingSource.ULTRASOUND)


def _pair(view: FrameView, keyword: str, source: SpacingSource) -> PixelSpacing | None:
    """Return a spacing attribute (row \\ column); some files give it negative."""
    pair = numbers(view.holder("PixelMeasuresSequence", keyword), keyword, 2)
    if pair is None or 0 in pair:
        return None
    return PixelSpacing(abs(pair[0]), abs(pair[1]), source)
