"""Values inside a region: which pixels count, and their mean, SD, range and histogram."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.annotation import Annotation, AnnotationKind, box_of
from medgan_viewer.imaging.frame import PixelFrame

BINS = 48

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RoiStatistics:
    """Modality values of the pixels whose centres lie in a region.

    Attributes
    ----------
    pixels : how many count
    excluded : padding and values that are no numbers, which do not count
    sd : root of the mean squared deviation (divided by the number of pixels)
    unit : of all values; empty where they have none
    histogram : pixels in each of the equal steps from minimum to maximum
    """

    pixels: int
    excluded: int
    mean: float
    sd: float
    minimum: float
    maximum: float
    unit: str
    histogram: tuple[int, ...]


def roi_mask(annotation: Annotation, rows: int, columns: int) -> tuple[slice, slice, Mask]:
    """Return the part of an image around a region, and which of its pixel centres lie inside.

    Returns
    -------
    row slice, column slice, mask of their shape; empty where the region is outside the image
    """
    left, top, right, bottom = box_of(annotation)
    row_slice, column_slice = _covered(top, bottom, rows), _covered(left, right, columns)
    y = np.arange(row_slice.start, row_slice.stop, dtype=np.float64)
    x = np.arange(column_slice.start, column_slice.stop, dtype=np.float64)
    if annotation.kind is AnnotationKind.RECTANGLE:
        mask = np.ones((y.size, x.size), bool)
    elif annotation.kind is AnnotationKind.ELLIPSE:
        a, b = max((right - left) / 2, 1e-9), max((bottom - top) / 2, 1e-9)
        center_x, center_y = (left + right) / 2, (top + bottom) / 2
        mask = ((x - center_x) / a) ** 2 + ((y[:, None] - center_y) / b) ** 2 <= 1
    else:
        mask = _polygon_mask(np.asarray(annotation.points), x, y)
    return row_slice, column_slice, mask


def roi_statistics(annotation: Annotation, frame: PixelFrame) -> RoiStatistics | None:
    """Measure the modality values in a region; None for color and where no pixel counts."""
    if frame.is_color:
        return None
    row_slice, column_slice, mask = roi_mask(annotation, frame.rows, frame.columns)
    stored = frame.stored[row_slice, column_slice][mask]
    if stored.size == 0:
        return None
    values = frame.transform.apply(stored).astype(np.float64)
    counts = np.isfinite(values)
    if frame.padding is not None:
        counts &= ~frame.padding.mask(stored)
    values = values[counts]
    if values.size == 0:
        return None
    low, high = float(values.min()), float(values.max())
    histogram, _ = np.histogram(values, BINS, (low, high) if high > low else (low - 0.5, low + 0.5))
    return RoiStatistics(
        pixels=int(values.size),
        excluded=int(stored.size - values.size),
        mean=float(values.mean()),
        sd=float(values.std()),
        minimum=low,
        maximum=high,
        unit=frame.unit,
        histogram=tuple(int(count) for count in histogram),
    )


def _covered(low: float, high: float, count: int) -> slice:
    """Return the pixels of one axis whose centres lie from `low` to `high`."""
    start = min(max(math.ceil(low), 0), count)
    return slice(start, max(min(math.floor(high) + 1, count), start))


def _polygon_mask(
    points: npt.NDArray[np.float64], x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> Mask:
    """Return which (y, x) lie inside a closed outline, by the even-odd rule, row by row."""
    mask = np.zeros((y.size, x.size), bool)
    start, end = points, np.roll(points, -1, axis=0)
    for index, height in enumerate(y):
        crosses = (start[:, 1] <= height) != (end[:, 1] <= height)
        first, last = start[crosses], end[crosses]
        share = (height - first[:, 1]) / (last[:, 1] - first[:, 1])
        at = np.sort(first[:, 0] + share * (last[:, 0] - first[:, 0]))
        mask[index] = np.searchsorted(at, x, side="right") % 2 == 1
    return mask
