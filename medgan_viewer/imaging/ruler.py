"""Ruler: in which unit the distance of some points is told, and where its millimetres come from."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing, SpacingSource

NO_LENGTH = "no length: US region with other units"
DISAGREE = "no length: US regions disagree"


@dataclass(frozen=True, slots=True)
class Ruler:
    """How large a step of one pixel is.

    Attributes
    ----------
    row, column : step to the next row and to the next column, in `unit`
    unit : "mm", "px", or empty where there is no length at all
    source : stands beside every number; empty for the plain millimetres of CT and MR, and for px
    """

    row: float
    column: float
    unit: str
    source: str = ""

    def scaled(self, points: Iterable[tuple[float, float]]) -> npt.NDArray[np.float64]:
        """Return (n, 2) positions (x, y) in `unit` of (column, row) points."""
        return np.asarray(list(points), dtype=np.float64) * (self.column, self.row)

    @property
    def area_unit(self) -> str:
        return f"{self.unit}²" if self.unit else ""


def ruler_for(frame: PixelFrame, points: Iterable[tuple[float, float]]) -> Ruler:
    """Choose the ruler of some (column, row) points.

    Notes
    -----
    A calibrated ultrasound region counts only where all points lie in it. A synthetic image has
    millimetres only if its place in the patient was carried through; a pixel that is not square is
    counted in widths.
    """
    pixels = Ruler(frame.aspect, 1.0, "px")
    if frame.is_synthetic and frame.geometry is None:
        return pixels
    if frame.regions:
        return _region_ruler(frame, tuple(points)) or pixels
    if frame.spacing is None:
        return pixels
    return _ruler_of(frame.spacing)


def _region_ruler(frame: PixelFrame, points: tuple[tuple[float, float], ...]) -> Ruler | None:
    around = [region for region in frame.regions if all(region.contains(*p) for p in points)]
    if not around:
        return None
    spacings = {region.spacing for region in around}
    if len(spacings) > 1:
        return Ruler(frame.aspect, 1.0, "", DISAGREE)
    spacing = spacings.pop()
    return Ruler(frame.aspect, 1.0, "", NO_LENGTH) if spacing is None else _ruler_of(spacing)


def _ruler_of(spacing: PixelSpacing) -> Ruler:
    is_plain = spacing.source is SpacingSource.PATIENT
    source = "" if is_plain else spacing.source.value
    return Ruler(spacing.row_mm, spacing.column_mm, "mm", source)
