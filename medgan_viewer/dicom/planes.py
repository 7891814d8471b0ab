"""Place of an image plane in the patient, from Image Position and Orientation (PS3.3 C.7.6.2)."""

import math

from medgan_viewer.dicom.attributes import number, numbers, text, texts
from medgan_viewer.dicom.functional_groups import FrameView
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry

_UNIT_TOLERANCE = 0.01  # files round cosines to as few as three digits


def plane_of(view: FrameView, spacing: PixelSpacing | None) -> PlaneGeometry | None:
    """Return the plane of a frame; None when position, orientation or spacing is missing."""
    position = numbers(
        view.holder("PlanePositionSequence", "ImagePositionPatient"), "ImagePositionPatient", 3
    )
    cosines = numbers(
        view.holder("PlaneOrientationSequence", "ImageOrientationPatient"),
        "ImageOrientationPatient",
        6,
    )
    if position is None or cosines is None or spacing is None:
        return None
    row, column = _unit_vector(cosines[:3]), _unit_vector(cosines[3:])
    if row is None or column is None:
        return None
    if abs(math.fsum(r * c for r, c in zip(row, column, strict=True))) > _UNIT_TOLERANCE:
        return None
    # A mosaic shows many slices, and its position is none of theirs: it shares no space.
    space = "" if _is_mosaic(view) else text(view.root, "FrameOfReferenceUID")
    return PlaneGeometry(
        position_mm=(position[0], position[1], position[2]),
        row_direction=row,
        column_direction=column,
        spacing=spacing,
        frame_of_reference_uid=space,
        thickness_mm=number(
            view.holder("PixelMeasuresSequence", "SliceThickness"), "SliceThickness"
        ),
    )


def _is_mosaic(view: FrameView) -> bool:
    """Return whether the image is a sheet of slices, as Siemens and UIH write them."""
    return not {"MOSAIC", "VFRAME"}.isdisjoint(texts(view.root, "ImageType"))


def _unit_vector(cosines: tuple[float, ...]) -> tuple[float, float, float] | None:
    length = math.hypot(*cosines)
    if abs(length - 1) > _UNIT_TOLERANCE:
        return None
    x, y, z = (value / length for value in cosines)
    return (x, y, z)
