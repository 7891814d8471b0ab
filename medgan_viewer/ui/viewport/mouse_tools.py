"""What a drag with the mouse does: one class per tool. Conventions: docs/interaction.md."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent

from medgan_viewer.imaging.voi import auto_window
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.viewport.placement import Placement

ZOOM_PER_PIXEL = 1.005
WHEEL_ZOOM = 1.15
SCROLL_PIXELS = 12.0


@dataclass(frozen=True, slots=True)
class Drag:
    """A step of a drag, in widget pixels."""

    start: QPointF
    before: QPointF
    now: QPointF

    @property
    def dx(self) -> float:
        return self.now.x() - self.before.x()

    @property
    def dy(self) -> float:
        return self.now.y() - self.before.y()


class MouseTool(Protocol):
    """A tool gets every step of a drag, and its end."""

    name: str

    def drag(self, state: ViewportState, placement: Placement, step: Drag) -> None: ...

    def finish(self, state: ViewportState, placement: Placement, step: Drag) -> None: ...


class WindowTool:
    """Right widens the window, down raises its centre and so darkens the image."""

    name = "window"

    def drag(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        state.drag_window(step.dx, step.dy)

    def finish(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        """Nothing is left to do."""


class PanTool:
    """Moves the image."""

    name = "pan"

    def drag(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        state.set_view(placement.moved(step.dx, step.dy))

    def finish(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        """Nothing is left to do."""


class ZoomTool:
    """Up enlarges towards the point where the drag began."""

    name = "zoom"

    def drag(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        state.set_view(placement.zoomed(ZOOM_PER_PIXEL**-step.dy, step.start))

    def finish(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        """Nothing is left to do."""


class ScrollTool:
    """Down goes further into the stack."""

    name = "scroll"

    def __init__(self) -> None:
        self._rest = 0.0

    def drag(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        self._rest += step.dy / SCROLL_PIXELS
        whole = int(self._rest)
        if whole:
            self._rest -= whole
            state.scroll(whole)

    def finish(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        self._rest = 0.0


class RegionWindowTool:
    """Takes the window from the values inside the rectangle that was drawn."""

    name = "region window"

    def drag(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        """The rectangle is drawn by the widget."""

    def finish(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        frame = state.frame
        if frame is None or frame.is_color:
            return
        area = QRectF(step.start, step.now).normalized()
        columns_seen, rows_seen = zip(
            placement.to_image(area.topLeft()),
            placement.to_image(area.bottomRight()),
            strict=True,
        )
        left, right = sorted(columns_seen)  # the image may be rotated
        top, bottom = sorted(rows_seen)
        rows = slice(max(round(top), 0), min(round(bottom) + 1, frame.rows))
        columns = slice(max(round(left), 0), min(round(right) + 1, frame.columns))
        values = frame.modality_values()[rows, columns]
        if values.size < 4:
            return
        mask = frame.padding_mask()
        excluded = mask[rows, columns] if mask is not None else None
        state.set_voi(auto_window(values, excluded))


class CrosshairTool:
    """Takes every tile of the same space to the point of the patient under the mouse."""

    name = "crosshair"

    def drag(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        state.guides.point_at(*placement.to_image(step.now))

    def finish(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        """The cursor goes when the mouse moves on."""


class MagnifierTool:
    """Changes nothing; the widget draws the lens while the button is down."""

    name = "magnify"

    def drag(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        """Nothing changes."""

    def finish(self, state: ViewportState, placement: Placement, step: Drag) -> None:
        """Nothing is left to do."""


LEFT_TOOLS: dict[str, Callable[[], MouseTool]] = {
    "window": WindowTool,
    "scroll": ScrollTool,
    "pan": PanTool,
    "zoom": ZoomTool,
    "crosshair": CrosshairTool,
    "region": RegionWindowTool,
    "magnify": MagnifierTool,
}


def tool_for(event: QMouseEvent, left_tool: str) -> MouseTool | None:
    """Return the tool that a button press starts, by button and modifier keys."""
    modifiers = event.modifiers()
    match event.button():
        case Qt.MouseButton.LeftButton:
            if modifiers & Qt.KeyboardModifier.ShiftModifier:
                return PanTool()
            if modifiers & Qt.KeyboardModifier.ControlModifier:
                return RegionWindowTool()
            # Where nothing can be measured, a measuring tool leaves the drag to the window.
            return LEFT_TOOLS.get(left_tool, WindowTool)()
        case Qt.MouseButton.MiddleButton:
            return PanTool()
        case Qt.MouseButton.RightButton:
            return ZoomTool()
        case _:
            return None
