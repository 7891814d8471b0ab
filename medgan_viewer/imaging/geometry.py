"""Where a plane lies in the patient: position, orientation, spacing and its source (LPS, mm)."""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


class SpacingSource(Enum):
    """Where the millimetres of a length come from; the text stands beside every number."""

    PATIENT = "mm"
    CALIBRATED = "calibrated"
    GEOMETRY = "magnification-corrected (estimated)"
    ESTIMATED = "estimated"
    DETECTOR = "at detector"
    ULTRASOUND = "US region"


@dataclass(frozen=True, slots=True)
class PixelSpacing:
    """Distance between centres of neighbouring pixels, in mm, with the source of that figure.

    Attributes
    ----------
    row_mm : between neighbouring rows (vertical), as DICOM's first value
    column_mm : between neighbouring columns (horizontal)
    """

    row_mm: float
    column_mm: float
    source: SpacingSource = SpacingSource.PATIENT

    def __post_init__(self) -> None:
        if not (0 < self.row_mm < math.inf and 0 < self.column_mm < math.inf):
            raise ValueError(f"spacing must be positive, got {self.row_mm}, {self.column_mm}")


@dataclass(frozen=True, slots=True)
class UltrasoundRegion:
    """A part of an ultrasound image with a calibration of its own (PS3.3 C.8.5.5.1).

    Attributes
    ----------
    left, top, right, bottom : first and last pixel of the box, 0-based, ends included
    spacing : of its pixels; None where one of its axes is no distance (time, velocity, ...)
    """

    left: float
    top: float
    right: float
    bottom: float
    spacing: PixelSpacing | None

    def contains(self, column: float, row: float) -> bool:
        """Return whether a 0-based, possibly fractional pixel lies in the box."""
        return (
            self.left - 0.5 <= column <= self.right + 0.5
            and self.top - 0.5 <= row <= self.bottom + 0.5
        )


@dataclass(frozen=True, slots=True)
class PlaneGeometry:
    """Position and orientation of an image plane in the patient (PS3.3 C.7.6.2).

    Attributes
    ----------
    position_mm : centre of the first pixel, LPS
    row_direction : unit vector along a row, towards higher column index
    column_direction : unit vector down a column, towards higher row index
    spacing : distance of pixel centres
    frame_of_reference_uid : planes may be linked by position only where it is equal; empty: unknown
    thickness_mm : nominal thickness; not the distance of slices
    """

    position_mm: tuple[float, float, float]
    row_direction: tuple[float, float, float]
    column_direction: tuple[float, float, float]
    spacing: PixelSpacing
    frame_of_reference_uid: str = ""
    thickness_mm: float | None = None

    @property
    def normal(self) -> Vector:
        """Unit vector row x column, LPS."""
        return np.array(self._normal)

    @property
    def _normal(self) -> tuple[float, float, float]:
        # By hand: sorting a scan asks for it often, and np.cross takes 30 times as long.
        (rx, ry, rz), (cx, cy, cz) = self.row_direction, self.column_direction
        return ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx

    @property
    def distance_mm(self) -> float:
        """Position along the normal; slices are ordered by it."""
        (x, y, z), (nx, ny, nz) = self.position_mm, self._normal
        return x * nx + y * ny + z * nz

    def to_patient(self, column: float, row: float) -> Vector:
        """Return the LPS position in mm of a 0-based, possibly fractional pixel."""
        return (
            np.asarray(self.position_mm)
            + np.asarray(self.row_direction) * (column * self.spacing.column_mm)
            + np.asarray(self.column_direction) * (row * self.spacing.row_mm)
        )

    def to_pixel(self, position_mm: npt.ArrayLike) -> tuple[float, float, float]:
        """Return (column, row, distance from the plane in mm along the normal) of an LPS point."""
        offset = np.asarray(position_mm, dtype=np.float64) - np.asarray(self.position_mm)
        return (
            float(np.dot(offset, self.row_direction) / self.spacing.column_mm),
            float(np.dot(offset, self.column_direction) / self.spacing.row_mm),
            float(np.dot(offset, self.normal)),
        )


def orientation_letters(direction: npt.ArrayLike, limit: float = 0.25) -> str:
    """Name the patient direction (LPS) with up to three letters, strongest first.

    Letters with a component below `limit` are left out, so an oblique plane reads "AL", an almost
    straight one "A".
    """
    vector = np.asarray(direction, dtype=np.float64)
    names = (("R", "L"), ("A", "P"), ("F", "H"))
    order = np.argsort(-np.abs(vector), kind="stable")
    return "".join(
        names[axis][int(vector[axis] > 0)] for axis in order if abs(vector[axis]) > limit
    )


def plane_name(geometry: PlaneGeometry) -> str:
    """Return "axial", "coronal", "sagittal" or "oblique" (more than 20 degrees off)."""
    normal = np.abs(geometry.normal)
    axis = int(np.argmax(normal))
    if normal[axis] < np.cos(np.radians(20)):
        return "oblique"
    return ("sagittal", "coronal", "axial")[axis]
