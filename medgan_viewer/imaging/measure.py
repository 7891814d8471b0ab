"""What an annotation says of its image: lengths, angles, areas and values, with their units."""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.annotation import Annotation, AnnotationKind, box_of
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.roi import RoiStatistics, roi_statistics
from medgan_viewer.imaging.ruler import Ruler, ruler_for

SYNTHETIC_LINE = "on a SYNTHETIC image"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number.

    Attributes
    ----------
    name : "Length", "Long axis", "Angle", "Area", "Value"
    value : None where there is none; then `source` says why
    unit : "mm", "px", "mm²", "px²", "°", or that of the modality values
    source : where the millimetres come from; empty for plain ones
    """

    name: str
    value: float | None
    unit: str = ""
    source: str = ""

    @property
    def text(self) -> str:
        """The number as it is shown: "12.3 mm at detector"."""
        if self.value is None:
            return self.source
        number = number_text(self.value)
        sign = "" if self.unit == "°" else " "
        return " ".join(
            part for part in (f"{number}{sign}{self.unit}".rstrip(), self.source) if part
        )


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything that an annotation measures.

    Attributes
    ----------
    statistics : of a region in a gray image
    remark : why there are no values, where one would expect some
    """

    quantities: tuple[Quantity, ...] = ()
    statistics: RoiStatistics | None = None
    is_synthetic: bool = False
    remark: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The text beside the drawing, line by line."""
        lines = []
        found = self.statistics
        if found is not None:
            unit = f" {found.unit}" if found.unit else ""
            lines += [
                f"Mean {number_text(found.mean)}{unit} · SD {number_text(found.sd)}",
                f"Min {found.minimum:.6g} · Max {found.maximum:.6g}{unit}",
            ]
        alone = len(self.quantities) == 1 and self.quantities[0].name != "Area"
        lines += [q.text if alone else f"{q.name} {q.text}" for q in self.quantities]
        if self.remark:
            lines.append(self.remark)
        if self.is_synthetic and lines:
            lines.append(SYNTHETIC_LINE)
        return tuple(lines)

    @property
    def summary(self) -> str:
        """The most telling number, for a list."""
        if self.statistics is not None:
            return self.lines[0]
        return " × ".join(q.text for q in self.quantities) or self.remark


def number_text(value: float) -> str:
    """Return a number with as many digits as a measurement by hand bears."""
    size = abs(value)
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.1 or size == 0 else f"{value:.3g}"


def measure(annotation: Annotation, frame: PixelFrame) -> Measurement:
    """Measure an annotation on its image."""
    quantities: tuple[Quantity, ...] = ()
    statistics, remark = None, ""
    kind, points = annotation.kind, annotation.points
    ruler = ruler_for(frame, points)
    match kind:
        case AnnotationKind.LENGTH:
            quantities = (_length("Length", points[:2], ruler),)
        case AnnotationKind.BIDIRECTIONAL:
            quantities = _axes(points, ruler)
        case AnnotationKind.ANGLE:
            vertex = points[1]
            quantities = (_angle("Angle", ((vertex, points[0]), (vertex, points[2])), ruler),)
        case AnnotationKind.COBB:
            quantities = (_cobb((points[:2], points[2:]), ruler),)
        case AnnotationKind.PROBE:
            quantities, remark = _value_at(annotation, frame)
        case AnnotationKind.RECTANGLE | AnnotationKind.ELLIPSE | AnnotationKind.FREEHAND:
            quantities = (_area(annotation, ruler),)
            statistics = roi_statistics(annotation, frame)
            if statistics is None:
                remark = "color: no values" if frame.is_color else "no pixel inside"
        case AnnotationKind.ARROW | AnnotationKind.TEXT:
            pass
    return Measurement(quantities, statistics, frame.is_synthetic, remark)


def _length(name: str, points: tuple[tuple[float, float], ...], ruler: Ruler) -> Quantity:
    if not ruler.unit:
        return Quantity(name, None, source=ruler.source)
    start, end = ruler.scaled(points)
    return Quantity(name, float(np.hypot(*(end - start))), ruler.unit, ruler.source)


def _axes(points: tuple[tuple[float, float], ...], ruler: Ruler) -> tuple[Quantity, ...]:
    """Return both axes; the longer one is the long axis, whichever was drawn first."""
    found = (_length("Long axis", points[:2], ruler), _length("Short axis", points[2:], ruler))
    values = [axis.value for axis in found if axis.value is not None]
    if len(values) < len(found):
        return found[:1]
    return tuple(
        replace(axis, value=value)
        for axis, value in zip(found, sorted(values, reverse=True), strict=True)
    )


def _angle(
    name: str,
    legs: tuple[tuple[tuple[float, float], tuple[float, float]], ...],
    ruler: Ruler,
) -> Quantity:
    """Return the angle between two legs, 0 to 180 degrees, as it is in the patient."""
    if not ruler.unit:
        return Quantity(name, None, source=ruler.source.replace("length", "angle"))
    first, second = (_direction(leg, ruler) for leg in legs)
    if not first.any() or not second.any():
        return Quantity(name, 0.0, "°")
    cross = float(first[0] * second[1] - first[1] * second[0])
    return Quantity(name, math.degrees(math.atan2(abs(cross), float(first @ second))), "°")


def _cobb(lines: tuple[tuple[tuple[float, float], ...], ...], ruler: Ruler) -> Quantity:
    """Return the angle between two lines, 0 to 90 degrees: lines have no direction."""
    legs = tuple((line[0], line[1]) for line in lines)
    found = _angle("Cobb angle", legs, ruler)
    if found.value is None:
        return found
    return Quantity(found.name, min(found.value, 180 - found.value), "°")


def _direction(
    leg: tuple[tuple[float, float], tuple[float, float]], ruler: Ruler
) -> npt.NDArray[np.float64]:
    start, end = ruler.scaled(leg)
    direction: npt.NDArray[np.float64] = end - start
    return direction


def _area(annotation: Annotation, ruler: Ruler) -> Quantity:
    """Return the area of what was drawn, not of the pixels whose centres it holds."""
    if not ruler.unit:
        return Quantity("Area", None, source=ruler.source.replace("length", "area"))
    left, top, right, bottom = box_of(annotation)
    match annotation.kind:
        case AnnotationKind.RECTANGLE:
            pixels = (right - left) * (bottom - top)
        case AnnotationKind.ELLIPSE:
            pixels = math.pi / 4 * (right - left) * (bottom - top)
        case _:
            x, y = np.asarray(annotation.points).T
            pixels = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return Quantity("Area", pixels * ruler.row * ruler.column, ruler.area_unit, ruler.source)


def _value_at(annotation: Annotation, frame: PixelFrame) -> tuple[tuple[Quantity, ...], str]:
    column, row = (round(value) for value in annotation.points[0])
    if not (0 <= column < frame.columns and 0 <= row < frame.rows):
        return (), "outside the image"
    stored = frame.stored[row, column]
    if frame.is_color:
        return (), f"RGB {' '.join(str(int(sample)) for sample in stored)}"
    if frame.padding is not None and bool(frame.padding.mask(stored)):
        return (), "no image here"
    value = float(frame.transform.apply(stored[None])[0])
    return (Quantity("Value", value, frame.unit),), ""
