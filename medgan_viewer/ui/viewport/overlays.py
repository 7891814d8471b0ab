"""What stands over an image: corner text, orientation letters, scale bar, place in the stack."""

from collections.abc import Sequence
from itertools import zip_longest

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import SpacingSource
from medgan_viewer.imaging.turn import edge_letters
from medgan_viewer.imaging.voi import Voi, VoiWindow, text_of
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.theme import ACCENT, LOADED, SECONDARY, TEXT, TRACK, overlay_font
from medgan_viewer.ui.viewport.color_bar import paint_color_bar
from medgan_viewer.ui.viewport.placement import Placement

MARGIN = 8.0
GAP_PX = 12.0
LETTER_PX = 16.0
_SHADOW = QColor(0, 0, 0, 200)
_SCALE_LENGTHS_MM = (1000, 500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1)


def paint_overlays(
    painter: QPainter,
    area: QRectF,
    placement: Placement,
    state: ViewportState,
    *,
    probe: str = "",
    hide_identity: bool = False,
) -> None:
    """Draw all overlays of a tile into `area`, the part of the tile that is seen of it."""
    frame, look = state.frame, state.look
    assert frame is not None
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setFont(overlay_font())
    inner = area.adjusted(MARGIN, MARGIN / 2, -MARGIN, -MARGIN / 2)
    top = _two_corners(
        painter,
        inner,
        _top_left(state, hide_identity=hide_identity),
        _top_right(state, placement),
        at_bottom=False,
    )
    bottom = _two_corners(
        painter,
        inner,
        [probe] if probe and look.shows("value") else [],
        _bottom_right(state),
        at_bottom=True,
    )
    if look.shows("letters"):
        _letters(painter, area, placement, frame, top, bottom)
    if look.shows("scale"):
        _scale_bar(painter, area, placement, frame)
    if look.shows("stack"):
        _stack_place(painter, area, state)
    if look.colormap != "gray" and not frame.is_color and state.voi is not None:
        paint_color_bar(painter, area, state)
    painter.restore()


def _top_left(state: ViewportState, *, hide_identity: bool) -> list[str]:
    caption = state.caption
    frame = state.frame
    origin = "ACQUIRED" if frame is not None and not frame.is_synthetic else ""
    first = " · ".join(part for part in (origin, caption.title) if part)
    if not state.look.shows("title"):
        first = ""
    if not state.look.shows("identity"):
        return [first] if first else []
    identity = ("identity hidden",) if hide_identity and caption.identity else caption.identity
    return [line for line in (first, *identity) if line]


def _top_right(state: ViewportState, placement: Placement) -> list[str]:
    lines = [f"{placement.scale[0] * 100:.0f} %"] if state.look.shows("zoom") else []
    if state.look.remark:
        lines.append(state.look.remark)
    if state.caption.badge:
        lines.append(f"⚠ {state.caption.badge}")
    if state.waiting:
        lines.append(state.waiting)
    return lines


def _bottom_right(state: ViewportState) -> list[str]:
    frame = state.frame
    assert frame is not None
    lines = list(frame.notes)
    if frame.overlay is not None and not state.shows_graphics:
        lines.append("graphics of the file hidden")
    if state.view.turn.text:
        lines.append(state.view.turn.text)
    look = state.look
    if state.is_inverted:
        lines.append("inverted")
    if state.voi is not None and not frame.is_color and look.shows("window"):
        unit = f" {frame.unit}" if frame.unit else ""
        lines.append(text_of(state.voi) + unit)
        lines.extend(_uptake(frame, state.voi))
    if state.count > 1 and look.shows("place"):
        lines.append(f"{state.index + 1} / {state.count}")
    return lines


def _uptake(frame: PixelFrame, voi: Voi) -> list[str]:
    """Return the window as a range of SUV, as PET is read."""
    if frame.suv is None or not isinstance(voi, VoiWindow):
        return []
    low, high = ((voi.center + side * voi.width / 2) * frame.suv.factor for side in (-1, 1))
    return [f"{frame.suv.label} {low:.1f} to {high:.1f}"]


def _two_corners(
    painter: QPainter, area: QRectF, left: Sequence[str], right: Sequence[str], *, at_bottom: bool
) -> float:
    """Write the lines of two corners; return the height up to which they reach the middle."""
    metrics = QFontMetricsF(painter.font())
    step = metrics.height()
    taken = 0.0
    if at_bottom:  # lines are counted from the edge
        left, right = left[::-1], right[::-1]
    for index, (first, second) in enumerate(zip_longest(left, right, fillvalue="")):
        top = area.bottom() - step * (index + 1) if at_bottom else area.top() + step * index
        place = QRectF(area.left(), top, area.width(), step)
        color = TEXT if at_bottom or index == 0 else SECONDARY
        room = area.width()
        for text, side, part in (
            (second, Qt.AlignmentFlag.AlignRight, 0.5 if first else 1.0),
            (first, Qt.AlignmentFlag.AlignLeft, 1.0),
        ):
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room * part)
            _text(painter, place, side | Qt.AlignmentFlag.AlignVCenter, shown, color)
            width = metrics.horizontalAdvance(shown)
            if width > area.width() / 2 - LETTER_PX:
                taken = step * (index + 1)
            room -= width + GAP_PX if shown else 0
    return taken


def _text(
    painter: QPainter, place: QRectF, flags: Qt.AlignmentFlag, text: str, color: QColor
) -> None:
    """Write with a shadow, so that the text stands out on white and on black."""
    painter.setPen(_SHADOW)
    for dx, dy in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        painter.drawText(place.translated(dx, dy), flags, text)
    painter.setPen(color)
    painter.drawText(place, flags, text)


def _letters(
    painter: QPainter,
    area: QRectF,
    placement: Placement,
    frame: PixelFrame,
    top: float,
    bottom: float,
) -> None:
    """Name the patient side at all four edges; nothing when it is not known.

    Parameters
    ----------
    placement : left and right are named at the ends of its tile: where a swipe cuts it, neither
        begins
    top, bottom : height that corner text takes in the middle of these edges
    """
    sides = edge_letters(frame.geometry, placement.view.turn)
    tile = placement.tile
    center = Qt.AlignmentFlag.AlignCenter
    size = 40.0
    middle = area.center()
    for letters, place in (
        (sides.left, QRectF(tile.left() + 4, middle.y() - 10, size, 20)),
        (sides.right, QRectF(tile.right() - size - 8, middle.y() - 10, size, 20)),
        (sides.top, QRectF(middle.x() - size / 2, area.top() + top + 4, size, 20)),
        (sides.bottom, QRectF(middle.x() - size / 2, area.bottom() - bottom - 24, size, 20)),
    ):
        _text(painter, place, center, letters, TEXT)


def _scale_bar(painter: QPainter, area: QRectF, placement: Placement, frame: PixelFrame) -> None:
    """Draw a bar of a round length; where millimetres are not plain, their source stands beside."""
    spacing = frame.spacing
    if spacing is None or (frame.is_color and spacing.source is not SpacingSource.ULTRASOUND):
        return
    across, down = placement.scale
    is_turned = placement.view.turn.swaps_axes
    pixels_per_mm = down / spacing.row_mm if is_turned else across / spacing.column_mm
    longest = area.width() * 0.3
    length = next((mm for mm in _SCALE_LENGTHS_MM if mm * pixels_per_mm <= longest), None)
    if length is None:
        return
    source = "" if spacing.source is SpacingSource.PATIENT else f" {spacing.source.value}"
    text = (f"{length / 10:g} cm" if length >= 10 else f"{length:g} mm") + source
    left = area.left() + MARGIN
    y = area.bottom() - 44
    right = left + length * pixels_per_mm
    for color, width in ((_SHADOW, 4.0), (TEXT, 1.5)):
        painter.setPen(QPen(color, width))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        for x in (left, right):
            painter.drawLine(QPointF(x, y - 4), QPointF(x, y + 4))
    place = QRectF(left, y - 22, area.width() / 2, 18)
    _text(painter, place, Qt.AlignmentFlag.AlignLeft, text, TEXT)


def _stack_place(painter: QPainter, area: QRectF, state: ViewportState) -> None:
    """Draw a thin bar at the right edge: where in the stack the image lies, and what is loaded."""
    if state.count < 2:
        return
    track = QRectF(area.right() - 8, area.top() + 30, 2, max(area.height() - 90, 10))
    painter.fillRect(track, TRACK)
    per_plane = track.height() / state.count
    for first, last in state.loaded:
        part = QRectF(track.left(), 0, track.width(), per_plane * (last - first + 1))
        part.moveTop(track.top() + per_plane * first)
        painter.fillRect(part, LOADED)
    thumb = max(track.height() / state.count, 6.0)
    room = track.height() - thumb
    top = track.top() + room * state.index / (state.count - 1)
    painter.fillRect(QRectF(track.left() - 1, top, 4, thumb), ACCENT)
