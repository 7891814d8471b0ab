"""MatchedPair: two frames as arrays that may be compared pixel by pixel, or the reason why not."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medgan_viewer.compare.linking import is_trusted, share_frame_of_reference
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.imaging.modality import FloatArray

Mask = npt.NDArray[np.bool_]

_SPACING_TOLERANCE = 0.01  # as for the slices of a volume
_PLACE_TOLERANCE_PX = 0.5
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


@dataclass(frozen=True, slots=True, eq=False)
class MatchedPair:
    """Values of two images on one grid.

    Attributes
    ----------
    reference, candidate : (rows, columns) float32 modality values; luma 0 to 255 for color images
    counted : (rows, columns), True where both images have a value
    unit : of both; a simulated one says so
    mask : what is not counted, in words
    spacing : of the pixels where it can be trusted, else None
    """

    reference: FloatArray
    candidate: FloatArray
    counted: Mask
    unit: str
    mask: str
    spacing: PixelSpacing | None


def match(
    reference: PixelFrame, candidate: PixelFrame, region: npt.ArrayLike | None = None
) -> MatchedPair:
    """Bring two frames together without resampling.

    Parameters
    ----------
    region : (rows, columns), True where pixels are to be counted; None counts all but padding

    Raises
    ------
    InputError
        The frames differ in size, unit, kind (gray, color), pixel size or place in the patient, or
        no pixel is left to count.
    ValueError
        `region` has another shape.
    """
    _refuse_unlike(reference, candidate)
    _refuse_other_place(reference, candidate)
    first, second = _values_of(reference), _values_of(candidate)
    counted = np.isfinite(first) & np.isfinite(second)
    reasons = []
    for padding in (reference.padding_mask(), candidate.padding_mask()):
        if padding is not None and padding.any():
            counted &= ~padding
            reasons.append("padding excluded")
    if region is not None:
        chosen = np.asarray(region, dtype=bool)
        if chosen.shape != counted.shape:
            raise ValueError(f"the region is {chosen.shape}, the images are {counted.shape}")
        counted &= chosen
        reasons.append("region only")
    if not counted.any():
        raise InputError(
            problem="The two images have no pixel in common that could be compared.",
            action="Choose images with content at the same place, or a larger region.",
        )
    synthetic = candidate if candidate.is_synthetic else reference
    return MatchedPair(
        reference=first,
        candidate=second,
        counted=counted,
        unit=synthetic.unit,
        mask=", ".join(dict.fromkeys(reasons)) or "none",
        spacing=reference.spacing if is_trusted(reference.spacing) else None,
    )


def base_unit(frame: PixelFrame) -> str:
    """Return the unit without the remark that it is simulated."""
    return "" if frame.is_color else frame.transform.unit


def _values_of(frame: PixelFrame) -> FloatArray:
    if not frame.is_color:
        return frame.modality_values()
    luma: FloatArray = frame.stored.astype(np.float32) @ _LUMA
    return luma


def _refuse_unlike(reference: PixelFrame, candidate: PixelFrame) -> None:
    if reference.is_color != candidate.is_color:
        raise InputError(
            problem="One of the two images is gray and the other has color.",
            action="Compare gray with gray, or color with color.",
        )
    if (reference.rows, reference.columns) != (candidate.rows, candidate.columns):
        raise InputError(
            problem="The two images differ in size: "
            f"{reference.columns} x {reference.rows} and {candidate.columns} x {candidate.rows} "
            "pixels.",
            action="Bring them to one grid first, then compare.",
        )
    if base_unit(reference) != base_unit(candidate):
        units = [base_unit(frame) or "no unit" for frame in (reference, candidate)]
        raise InputError(
            problem=f"The values of the two images cannot be compared: {units[0]} and {units[1]}.",
            action="Choose two images with the same unit.",
        )


def _refuse_other_place(reference: PixelFrame, candidate: PixelFrame) -> None:
    first, second = reference.geometry, candidate.geometry
    if first is not None and second is not None and share_frame_of_reference(first, second):
        offset_px = _corner_offset_px(first, second, reference.rows, reference.columns)
        if offset_px > _PLACE_TOLERANCE_PX:
            raise InputError(
                problem="The two images do not show the same place: they lie "
                f"{offset_px:.1f} pixels apart.",
                action="Choose the slices that belong together, or bring them to one grid.",
            )
        return
    one, other = reference.spacing, candidate.spacing
    if one is None or other is None or not (is_trusted(one) and is_trusted(other)):
        return
    ratios = (other.row_mm / one.row_mm, other.column_mm / one.column_mm)
    if any(abs(ratio - 1) > _SPACING_TOLERANCE for ratio in ratios):
        raise InputError(
            problem="The pixels of the two images differ in size: "
            f"{one.row_mm:g} x {one.column_mm:g} and {other.row_mm:g} x {other.column_mm:g} mm.",
            action="Bring them to one grid first, then compare.",
        )


def _corner_offset_px(
    first: PlaneGeometry, second: PlaneGeometry, rows: int, columns: int
) -> float:
    """Return the largest distance of corresponding corners, in the smaller pixel spacing."""
    corners = ((0, 0), (columns - 1, 0), (0, rows - 1), (columns - 1, rows - 1))
    largest_mm = max(
        float(np.linalg.norm(first.to_patient(*corner) - second.to_patient(*corner)))
        for corner in corners
    )
    return largest_mm / min(first.spacing.row_mm, first.spacing.column_mm)
