"""Draws annotations over an image, with their numbers; knows where on screen each of them lies."""

import math
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
)

from medgan_viewer.imaging.annotation import Annotation, AnnotationKind, box_of, handles_of
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.session.annotations import Annotations, image_of
from medgan_viewer.session.measuring import Measuring
from medgan_viewer.ui.theme import ACCENT, TEXT, overlay_font
from medgan_viewer.ui.viewport.placement import Placement

HANDLE_PX = 4.0
GRAB_PX = 8.0
LABEL_GAP_PX = 10.0
_HALO = QColor(0, 0, 0, 190)
_LABEL_BACK = QColor(0, 0, 0, 165)
_ELLIPSE_STEPS = 64
_ARROW_PX = 12.0
_ARROW_ANGLE = math.radians(25)
_CROSS_PX = 6.0
_MAX_LABEL_PX = 320.0


class AnnotationPainter:
    """Paints what is drawn on the image of a tile."""

    def __init__(self, annotations: Annotations, measuring: Measuring) -> None:
        self._annotations = annotations
        self._measuring = measuring
        self._layer: QPixmap | None = None
        self._layer_key: object = None

    def paint(
        self, painter: QPainter, area: QRectF, placement: Placement, frame: PixelFrame
    ) -> None:
        """Draw all annotations of the image into `area`, the part of the tile that is seen.

        What was drawn is kept as a layer: moving the mouse over a tile paints it again and again.
        """
        drawn = self._annotations.on_image(image_of(frame))
        if not drawn:
            return
        found = [self._measuring.measurement_of(each, frame) for each in drawn]
        selected, ratio = self._annotations.selected, painter.device().devicePixelRatio()
        key = (drawn, found, selected, self._annotations.draft, placement, area, ratio)
        if self._layer is None or key != self._layer_key:
            size = placement.tile.size() * ratio
            layer = QPixmap(max(math.ceil(size.width()), 1), max(math.ceil(size.height()), 1))
            layer.setDevicePixelRatio(ratio)
            layer.fill(Qt.GlobalColor.transparent)
            with QPainter(layer) as inner:
                inner.translate(-placement.tile.topLeft())
                self._paint_all(inner, area, placement, frame, drawn)
            self._layer, self._layer_key = layer, key
        painter.drawPixmap(placement.tile.topLeft(), self._layer)

    def _paint_all(
        self,
        painter: QPainter,
        area: QRectF,
        placement: Placement,
        frame: PixelFrame,
        drawn: tuple[Annotation, ...],
    ) -> None:
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing
        )
        painter.setFont(overlay_font())
        selected = self._annotations.selected
        taken: list[QRectF] = []
        for annotation in drawn:
            is_chosen = annotation in (selected, self._annotations.draft)
            color = ACCENT if is_chosen else TEXT
            path = path_of(annotation, placement)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen, is_smooth in ((QPen(_HALO, 3.5), False), (QPen(color, 1.5), True)):
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, is_smooth)
                painter.setPen(pen)
                painter.drawPath(path)
            if is_chosen and annotation is selected:
                _paint_handles(painter, annotation, placement)
            self._label(painter, area, annotation, frame, placement, color, taken)

    def _label(
        self,
        painter: QPainter,
        area: QRectF,
        annotation: Annotation,
        frame: PixelFrame,
        placement: Placement,
        color: QColor,
        taken: list[QRectF],
    ) -> None:
        found = self._measuring.measurement_of(annotation, frame)
        lines = [annotation.text] if annotation.text else []
        lines += found.lines if found is not None else ["…"]
        if not lines:
            return
        metrics = QFontMetricsF(painter.font())
        elided = [
            metrics.elidedText(line, Qt.TextElideMode.ElideRight, _MAX_LABEL_PX) for line in lines
        ]
        width = max(metrics.horizontalAdvance(line) for line in elided) + 8
        height = metrics.height() * len(elided)
        anchor = _label_anchor(annotation, placement)
        place = QRectF(anchor.x() + LABEL_GAP_PX, anchor.y() - height / 2, width, height)
        if place.right() > area.right():  # to the other side, where there is room
            left = path_of(annotation, placement).boundingRect().left()
            place.moveRight(min(left - LABEL_GAP_PX, area.right()))
        place = _inside(place, area)
        for other in taken:
            if place.intersects(other):
                place.moveTop(other.bottom() + 2)
        taken.append(place)
        painter.fillRect(place, _LABEL_BACK)
        painter.setPen(color)
        for index, line in enumerate(elided):
            row = QRectF(
                place.left() + 4, place.top() + metrics.height() * index, width, metrics.height()
            )
            painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line)


def path_of(annotation: Annotation, placement: Placement) -> QPainterPath:
    """Return the drawing in widget coordinates."""
    path = QPainterPath()
    if annotation.kind.is_region:
        path.addPolygon(_map_of(placement).map(_polygon(outline_of(annotation))))
        path.closeSubpath()
        return path
    points = _on_screen(annotation, placement)
    match annotation.kind:
        case AnnotationKind.COBB | AnnotationKind.BIDIRECTIONAL:
            for start, end in ((0, 1), (2, 3)):
                path.moveTo(points[start])
                path.lineTo(points[end])
        case AnnotationKind.PROBE | AnnotationKind.TEXT:
            size = _CROSS_PX if annotation.kind is AnnotationKind.PROBE else 2.0
            for dx, dy in ((size, 0.0), (0.0, size)):
                path.moveTo(points[0] - QPointF(dx, dy))
                path.lineTo(points[0] + QPointF(dx, dy))
        case AnnotationKind.ARROW:
            _add_arrow(path, points[0], points[1])
        case _:
            path.moveTo(points[0])
            for point in points[1:]:
                path.lineTo(point)
            if annotation.kind is AnnotationKind.LENGTH:
                _add_ticks(path, points[0], points[1])
    return path


def outline_of(annotation: Annotation) -> list[tuple[float, float]]:
    """Return the outline of a region in image coordinates, as a polygon."""
    if annotation.kind is AnnotationKind.FREEHAND:
        return list(annotation.points)
    left, top, right, bottom = box_of(annotation)
    if annotation.kind is AnnotationKind.RECTANGLE:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    middle = ((left + right) / 2, (top + bottom) / 2)
    turns = [2 * math.pi * step / _ELLIPSE_STEPS for step in range(_ELLIPSE_STEPS)]
    return [
        (
            middle[0] + (right - left) / 2 * math.cos(turn),
            middle[1] + (bottom - top) / 2 * math.sin(turn),
        )
        for turn in turns
    ]


def handle_at(annotation: Annotation, placement: Placement, place: QPointF) -> int | None:
    """Return the handle under a widget point, the nearest if there are several."""
    distances = [
        math.hypot(*(at - place).toTuple())
        for at in (placement.to_widget(*point) for point in handles_of(annotation))
    ]
    nearest = min(range(len(distances)), key=distances.__getitem__)
    return nearest if distances[nearest] <= GRAB_PX else None


def is_on_line(annotation: Annotation, placement: Placement, place: QPointF) -> bool:
    """Return whether a widget point lies on the drawing, give or take what a hand misses."""
    left, top, right, bottom = box_of(annotation)
    corners = [
        placement.to_widget(column, row) for column in (left, right) for row in (top, bottom)
    ]
    near = _box_around(corners).adjusted(-_ARROW_PX, -_ARROW_PX, _ARROW_PX, _ARROW_PX)
    if not near.contains(place):
        return False
    for polygon in path_of(annotation, placement).toSubpathPolygons():
        ends = [polygon.at(index) for index in range(polygon.size())]
        if any(_distance(place, start, end) <= GRAB_PX * 0.75 for start, end in pairwise(ends)):
            return True
    return False


def _box_around(points: list[QPointF]) -> QRectF:
    across, down = [point.x() for point in points], [point.y() for point in points]
    return QRectF(QPointF(min(across), min(down)), QPointF(max(across), max(down)))


def _distance(place: QPointF, start: QPointF, end: QPointF) -> float:
    line, offset = end - start, place - start
    squared = QPointF.dotProduct(line, line)
    share = QPointF.dotProduct(offset, line) / squared if squared else 0.0
    foot = start + line * min(max(share, 0.0), 1.0)
    return math.hypot(*(place - foot).toTuple())


def _map_of(placement: Placement) -> QTransform:
    """Return the way from image to widget as one map: it is the same at every point."""
    origin = placement.to_widget(0, 0)
    across, down = placement.to_widget(1, 0) - origin, placement.to_widget(0, 1) - origin
    return QTransform(across.x(), across.y(), down.x(), down.y(), origin.x(), origin.y())


def _polygon(points: list[tuple[float, float]]) -> QPolygonF:
    return QPolygonF([QPointF(column, row) for column, row in points])


def _on_screen(annotation: Annotation, placement: Placement) -> list[QPointF]:
    return [placement.to_widget(*point) for point in annotation.points]


def _label_anchor(annotation: Annotation, placement: Placement) -> QPointF:
    """Return the point of the drawing that lies furthest to the right on screen."""
    points = [placement.to_widget(*point) for point in handles_of(annotation)]
    if annotation.kind is AnnotationKind.ARROW:
        return points[0]  # the words stand at its tail
    return max(points, key=lambda point: point.x())


def _inside(place: QRectF, area: QRectF) -> QRectF:
    """Return it moved into the area, so that its beginning is seen."""
    moved = QRectF(place)
    moved.moveRight(min(moved.right(), area.right()))
    moved.moveBottom(min(moved.bottom(), area.bottom()))
    moved.moveLeft(max(moved.left(), area.left()))
    moved.moveTop(max(moved.top(), area.top()))
    return moved


def _paint_handles(painter: QPainter, annotation: Annotation, placement: Placement) -> None:
    painter.setPen(QPen(_HALO, 1))
    painter.setBrush(ACCENT)
    for point in handles_of(annotation):
        painter.drawEllipse(placement.to_widget(*point), HANDLE_PX, HANDLE_PX)


def _add_arrow(path: QPainterPath, tail: QPointF, head: QPointF) -> None:
    path.moveTo(tail)
    path.lineTo(head)
    back = math.atan2(tail.y() - head.y(), tail.x() - head.x())
    for turn in (-_ARROW_ANGLE, _ARROW_ANGLE):
        path.moveTo(head)
        path.lineTo(head + QPointF(math.cos(back + turn), math.sin(back + turn)) * _ARROW_PX)


def _add_ticks(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    length = math.hypot(*(end - start).toTuple())
    if not length:
        return
    across = QPointF(-(end - start).y(), (end - start).x()) * (5.0 / length)
    for point in (start, end):
        path.moveTo(point - across)
        path.lineTo(point + across)
