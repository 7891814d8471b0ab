"""Measurements to a DICOM Structured Report by template TID 1500 (PS3.16)."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from highdicom import sr
from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes

from medgan_viewer.dicom.synthetic_marks import SOFTWARE_NAME
from medgan_viewer.export.annotated_image import (
    AnnotatedImage,
    Measured,
    file_points,
    save_object,
)
from medgan_viewer.export.context import new_uid
from medgan_viewer.export.dicom_writer import IMPLEMENTATION_UID
from medgan_viewer.imaging.annotation import AnnotationKind
from medgan_viewer.imaging.measure import Quantity

_SERIES_NUMBER = 9002  # beyond the numbers that scanners use
_SCHEME = "99MEDGAN"
_NAMES = {
    "Length": codes.SCT.Length,
    "Angle": codes.SCT.Angle,
    "Cobb angle": codes.SCT.CobbAngle,
    "Long axis": codes.SCT.LongAxis,
    "Short axis": codes.SCT.ShortAxis,
    "Area": codes.SCT.Area,
}
_UNITS = {
    "mm": CodedConcept("mm", "UCUM", "millimeter"),
    "px": CodedConcept("{pixels}", "UCUM", "pixels"),
    "mm²": CodedConcept("mm2", "UCUM", "square millimeter"),
    "px²": CodedConcept("{pixels}", "UCUM", "pixels"),
    "°": CodedConcept("deg", "UCUM", "degree"),
    "HU": CodedConcept("[hnsf'U]", "UCUM", "Hounsfield unit"),
    "SUV": CodedConcept("g/ml{SUVbw}", "UCUM", "Standardized Uptake Value body weight"),
    "%": CodedConcept("%", "UCUM", "percent"),
    "": CodedConcept("1", "UCUM", "no units"),
}
# Where millimetres come from, as code values (at most 16 characters).
_SOURCES = {
    "calibrated": "CALIBRATED",
    "magnification-corrected (estimated)": "MAGNIFICATION",
    "estimated": "ESTIMATED",
    "at detector": "AT_DETECTOR",
    "US region": "US_REGION",
    "user": "USER",
}
_POINTS = sr.GraphicTypeValues.POINT
_LINES = sr.GraphicTypeValues.POLYLINE


def write_report(images: Sequence[AnnotatedImage], path: Path) -> None:
    """Write all measurements of one study as one Comprehensive SR.

    Parameters
    ----------
    images : of one study; the first one's identity is taken
    path : checked by the caller; its folder must exist
    """
    observer = sr.DeviceObserverIdentifyingAttributes(
        uid=str(IMPLEMENTATION_UID), name=SOFTWARE_NAME, model_name=SOFTWARE_NAME
    )
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(
            observer_device_context=sr.ObserverContext(codes.DCM.Device, observer)
        ),
        procedure_reported=CodedConcept("363679005", "SCT", "Imaging procedure"),
        imaging_measurements=[_group(each, image) for image in images for each in image.measured],
        title=codes.DCM.ImagingMeasurementReport,
    )
    evidence = {image.image.uid: image.header for image in images}
    document = sr.ComprehensiveSR(
        evidence=list(evidence.values()),
        content=report[0],
        series_instance_uid=new_uid(),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=SOFTWARE_NAME,
        is_complete=True,
    )
    save_object(document, images, path)


def _group(
    measured: Measured, image: AnnotatedImage
) -> sr.MeasurementsAndQualitativeEvaluations | sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    """Return one measurement group; the tracking identifier carries kind and name."""
    annotation = measured.annotation
    name = f"{annotation.kind.value}: {annotation.text}" if annotation.text else None
    tracking = sr.TrackingIdentifier(annotation.uid, name or annotation.kind.value)
    points = file_points(annotation)
    match annotation.kind:
        case AnnotationKind.LENGTH | AnnotationKind.ANGLE:
            lines = [[points]]
        case AnnotationKind.COBB:
            lines = [[points[:2], points[2:]]]
        case AnnotationKind.BIDIRECTIONAL:
            lines = [[points[:2]], [points[2:]]]
            one, other = (float(np.hypot(*np.diff(axis[0], axis=0)[0])) for axis in lines)
            if one < other:
                lines.reverse()
        case _:
            return _region(measured, image, tracking, points)
    numbers = [q for q in measured.measurement.quantities if q.value is not None]
    if not numbers:
        return _region(measured, image, tracking, points)
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking,
        measurements=[
            _number(quantity, image, own) for quantity, own in zip(numbers, lines, strict=True)
        ],
    )


def _region(
    measured: Measured,
    image: AnnotatedImage,
    tracking: sr.TrackingIdentifier,
    points: npt.NDArray[np.float64],
) -> sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    kind = _LINES
    if measured.annotation.kind is AnnotationKind.ELLIPSE:
        kind = sr.GraphicTypeValues.ELLIPSE
    elif len(points) == 1:
        kind = _POINTS
    numbers = [
        _number(quantity, image, [])
        for quantity in measured.measurement.quantities
        if quantity.value is not None
    ]
    found = measured.measurement.statistics
    if found is not None:
        for value, derivation in (
            (found.mean, codes.SCT.Mean),
            (found.sd, codes.SCT.StandardDeviation),
            (found.minimum, codes.SCT.Minimum),
            (found.maximum, codes.SCT.Maximum),
        ):
            numbers.append(
                sr.Measurement(
                    name=_value_name(image),
                    value=value,
                    unit=_unit(image.unit),
                    derivation=derivation,
                    method=_method("", image),
                )
            )
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking,
        referenced_region=sr.ImageRegion(kind, points, _source(image)),
        measurements=numbers or None,
    )


def _number(
    quantity: Quantity, image: AnnotatedImage, lines: Sequence[npt.NDArray[np.float64]]
) -> sr.Measurement:
    assert quantity.value is not None
    is_value = quantity.name == "Value"
    line = partial(sr.CoordinatesForMeasurement, _LINES, source_image=_source(image))
    return sr.Measurement(
        name=_value_name(image) if is_value else _NAMES[quantity.name],
        value=quantity.value,
        unit=_unit(image.unit if is_value else quantity.unit),
        method=_method(quantity.source, image),
        referenced_coordinates=[line(graphic_data=points) for points in lines] or None,
    )


def _source(image: AnnotatedImage) -> sr.SourceImageForRegion:
    return sr.SourceImageForRegion(image.header.SOPClassUID, image.image.uid, image.frame_numbers)


def _value_name(image: AnnotatedImage) -> CodedConcept:
    """Return what the modality values are."""
    if image.unit == "HU":
        return CodedConcept("112031", "DCM", "Attenuation Coefficient")
    if image.unit == "SUV":
        return CodedConcept("126401", "DCM", "SUVbw")
    if image.modality == "MR":
        return CodedConcept("110852", "DCM", "MR signal intensity")
    return CodedConcept("MODALITY_VALUE", _SCHEME, "Modality value")


def _unit(unit: str) -> CodedConcept:
    """Return the UCUM code; a unit that we do not know stands as an annotation, which is legal."""
    plain = "".join(letter for letter in unit if letter.isascii() and letter.isalnum())[:14]
    return _UNITS.get(unit) or CodedConcept(f"{{{plain}}}", "UCUM", plain or "no units")


def _method(source: str, image: AnnotatedImage) -> CodedConcept | None:
    """Return where the millimetres come from, and that the image is synthetic."""
    code = _SOURCES.get(source, "OTHER") if source else ""
    if image.provenance is not None:
        meaning = f"synthetic image, {source}" if source else "synthetic image"
        return CodedConcept(f"SYN_{code}"[:16].rstrip("_"), _SCHEME, meaning)
    return CodedConcept(code, _SCHEME, source) if source else None
