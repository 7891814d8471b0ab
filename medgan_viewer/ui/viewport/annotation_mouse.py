"""AnnotationMouse: drawing, choosing and changing annotations of one tile with the mouse.

A line can be drawn by a drag or by a click at each end; what has more points goes on the same way.
What is drawn already can be chosen, moved and bent with whatever tool the left button has.
"""

import math
from enum import Enum

from PySide6.QtCore import QObject, QPointF, Qt, Signal

from medgan_viewer.imaging.annotation import (
    MAX_POINTS,
    Annotation,
    AnnotationKind,
    Point,
    bidirectional_points,
    new_annotation_uid,
    with_handle,
)
from medgan_viewer.imaging.frame import ImageId
from medgan_viewer.session.annotations import Annotations, image_of
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.viewport.annotation_painter import handle_at, is_on_line
from medgan_viewer.ui.viewport.placement import Placement

CLICK_PIXELS = 4
FREEHAND_STEP_PX = 3.0
MEASURE_TOOLS = {kind.name.lower(): kind for kind in AnnotationKind}
# Points that the user sets; the short axis of a bidirectional measurement comes by itself.
_PLACED = {
    AnnotationKind.LENGTH: 2,
    AnnotationKind.ANGLE: 3,
    AnnotationKind.COBB: 4,
    AnnotationKind.BIDIRECTIONAL: 2,
    AnnotationKind.RECTANGLE: 2,
    AnnotationKind.ELLIPSE: 2,
    AnnotationKind.ARROW: 2,
}


class _Step(Enum):
    """What the mouse is doing."""

    NOTHING = 0
    DRAWING = 1
    FREEHAND = 2
    MOVING = 3
    BENDING = 4


class AnnotationMouse(QObject):
    """The mouse in one tile, as far as it draws.

    Signals
    -------
    words_wanted(str) : UID of an annotation that was drawn and lives from its text
    """

    words_wanted = Signal(str)

    def __init__(self, state: ViewportState, annotations: Annotations) -> None:
        super().__init__()
        self._state = state
        self._annotations = annotations
        self._step = _Step.NOTHING
        self._kind = AnnotationKind.LENGTH
        self._image = ImageId("")
        self._uid = ""
        self._placed: list[Point] = []
        self._pressed = QPointF()
        self._before = QPointF()
        self._just_placed = False
        self._handle = 0

    @property
    def is_busy(self) -> bool:
        """Something is being drawn or changed."""
        return self._step is not _Step.NOTHING

    def press(self, place: QPointF, placement: Placement | None, tool: str) -> bool:
        """Take a plain press of the left button; False leaves it to the other tools."""
        frame = self._state.frame
        image = image_of(frame) if frame is not None else None
        if placement is None or image is None:
            return False
        self._pressed = self._before = place
        if self._step is _Step.DRAWING and image == self._image:
            self._just_placed = False
            if self._kind is AnnotationKind.COBB and len(self._placed) == 2:
                self._place(place, placement)
                self._just_placed = True
            return True
        self.cancel()
        if self._take_hold(place, placement, image):
            return True
        kind = MEASURE_TOOLS.get(tool)
        if kind is None or not _is_in_image(place, placement):
            self._annotations.select("")
            return kind is not None
        self._start(kind, image, place, placement)
        return True

    def move(self, place: QPointF, placement: Placement | None) -> bool:
        """Follow the mouse, pressed or not; False when it draws nothing."""
        if self._step is _Step.NOTHING or placement is None:
            return False
        chosen = self._annotations.selected
        match self._step:
            case _Step.DRAWING:
                self._show_draft(place, placement)
            case _Step.FREEHAND:
                far = math.hypot(*(place - self._before).toTuple()) >= FREEHAND_STEP_PX
                if not far or len(self._placed) >= MAX_POINTS:
                    return True
                self._placed.append(_in_image(place, placement))
                self._show_freehand()
            case _Step.MOVING if chosen is not None:
                old, new = placement.to_image(self._before), placement.to_image(place)
                self._annotations.update(chosen.moved(new[0] - old[0], new[1] - old[1]))
            case _Step.BENDING if chosen is not None:
                point = _in_image(place, placement)
                bent = with_handle(chosen, self._handle, point, placement.aspect)
                self._annotations.update(bent)
        self._before = place
        return True

    def release(self, place: QPointF, placement: Placement | None) -> bool:
        """End a press; False when it was not taken here."""
        step = self._step
        if step is _Step.NOTHING or placement is None:
            return False
        if step in (_Step.MOVING, _Step.BENDING):
            self._step = _Step.NOTHING
            self._annotations.end_edit()
        elif step is _Step.FREEHAND:
            self._finish(tuple(self._placed))
        else:
            moved = (place - self._pressed).manhattanLength() > CLICK_PIXELS
            if moved or not self._just_placed or self._kind not in _PLACED:
                self._place(place, placement)
            self._just_placed = False
        return True

    def cancel(self) -> None:
        """Give up what is being drawn or changed."""
        if self._step in (_Step.MOVING, _Step.BENDING):
            self._annotations.cancel_edit()
        self._step = _Step.NOTHING
        self._placed = []
        self._annotations.set_draft(None)

    def cursor(
        self, place: QPointF, placement: Placement | None, tool: str
    ) -> Qt.CursorShape | None:
        """Return the shape of the mouse here; None leaves the usual one."""
        frame = self._state.frame
        if placement is None or frame is None:
            return None
        for annotation in self._annotations.on_image(image_of(frame)):
            chosen = annotation == self._annotations.selected
            if chosen and handle_at(annotation, placement, place) is not None:
                return Qt.CursorShape.PointingHandCursor
            if not self.is_busy and is_on_line(annotation, placement, place):
                return Qt.CursorShape.SizeAllCursor
        return Qt.CursorShape.CrossCursor if tool in MEASURE_TOOLS else None

    # ---- steps ----

    def _take_hold(self, place: QPointF, placement: Placement, image: ImageId) -> bool:
        """Choose what lies under the mouse, to be moved or bent."""
        chosen = self._annotations.selected
        if chosen is not None and chosen.image == image:
            handle = handle_at(chosen, placement, place)
            if handle is not None:
                self._step, self._handle = _Step.BENDING, handle
                self._annotations.begin_edit()
                return True
        for annotation in reversed(self._annotations.on_image(image)):
            if is_on_line(annotation, placement, place):
                self._annotations.select(annotation.uid)
                self._step = _Step.MOVING
                self._annotations.begin_edit()
                return True
        return False

    def _start(
        self, kind: AnnotationKind, image: ImageId, place: QPointF, placement: Placement
    ) -> None:
        self._kind, self._image, self._uid = kind, image, new_annotation_uid()
        self._annotations.select("")
        self._placed = [_in_image(place, placement)]
        self._just_placed = True
        if kind is AnnotationKind.FREEHAND:
            self._step = _Step.FREEHAND
            return
        self._step = _Step.DRAWING
        if kind not in _PLACED:
            self._placed = []
        self._show_draft(place, placement)

    def _place(self, place: QPointF, placement: Placement) -> None:
        """Set the next point for good; with the last one the drawing is done."""
        self._placed.append(_in_image(place, placement))
        if len(self._placed) < _PLACED.get(self._kind, 1):
            self._show_draft(place, placement)
            return
        self._finish(self._points(self._placed, placement.aspect))

    def _points(self, placed: list[Point], aspect: float) -> tuple[Point, ...]:
        if self._kind is AnnotationKind.BIDIRECTIONAL:
            return bidirectional_points(placed[0], placed[1], aspect)
        return tuple(placed)

    def _show_draft(self, place: QPointF, placement: Placement) -> None:
        """Show what is there with the mouse as its next point; a part of it is a simpler thing."""
        points = [*self._placed, _in_image(place, placement)]
        kind = self._kind
        wanted = _PLACED.get(kind, 1)
        if len(points) < wanted:
            if len(points) == 3:  # the second line of a Cobb angle has not begun
                points = [*points[:2], points[2], points[2]]
            else:
                kind = AnnotationKind.LENGTH
        if kind is self._kind:
            shown = self._points(points[: max(wanted, 1)], placement.aspect)
        else:
            shown = tuple(points[:2])
        self._annotations.set_draft(Annotation(self._uid, kind, self._image, shown))

    def _show_freehand(self) -> None:
        if len(self._placed) >= 3:
            points = tuple(self._placed)
            self._annotations.set_draft(Annotation(self._uid, self._kind, self._image, points))

    def _finish(self, points: tuple[Point, ...]) -> None:
        self._step, self._placed = _Step.NOTHING, []
        self._annotations.set_draft(None)
        if self._kind is AnnotationKind.FREEHAND and len(points) < 3:
            return
        annotation = Annotation(self._uid, self._kind, self._image, points)
        if _is_degenerate(annotation):
            return
        if self._kind not in (AnnotationKind.TEXT, AnnotationKind.ARROW):
            self._annotations.add(annotation)
            return
        self._annotations.begin_edit()  # ends with the words: one step for undo
        self._annotations.add(annotation)
        self.words_wanted.emit(annotation.uid)


def _in_image(place: QPointF, placement: Placement) -> Point:
    """Return the image point under the mouse, held inside the image."""
    column, row = placement.to_image(place)
    return (
        min(max(column, -0.5), placement.columns - 0.5),
        min(max(row, -0.5), placement.rows - 0.5),
    )


def _is_in_image(place: QPointF, placement: Placement) -> bool:
    column, row = placement.to_image(place)
    return -0.5 <= column <= placement.columns - 0.5 and -0.5 <= row <= placement.rows - 0.5


def _is_degenerate(annotation: Annotation) -> bool:
    """Return whether it has no extent where it should have one."""
    if annotation.kind in (AnnotationKind.PROBE, AnnotationKind.TEXT):
        return False
    columns = {column for column, _ in annotation.points}
    rows = {row for _, row in annotation.points}
    if annotation.kind.is_region:
        return len(columns) == 1 or len(rows) == 1
    return len(columns) == 1 and len(rows) == 1
