"""TileGuides: the lines and the cursor that other tiles leave on one tile."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from medgan_viewer.imaging.reference_lines import PixelLine


@dataclass(frozen=True, slots=True)
class GuideLine:
    """Where another tile's image cuts this one.

    Attributes
    ----------
    color : 0-based place in the palette of the screen; the same for every line of one tile
    label : stands at the end of the line: what the other tile shows
    is_edge : one side of a slab rather than its middle
    """

    line: PixelLine
    color: int
    label: str
    is_edge: bool = False


class TileGuides(QObject):
    """What is drawn over one image to tell where others lie, and where the user points.

    Signals
    -------
    changed() : lines or cursor
    pointed(float, float) : the user points at this (column, row) of the image
    left() : the user points no longer
    """

    changed = Signal()
    pointed = Signal(float, float)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[GuideLine, ...] = ()
        self._cursor: tuple[float, float] | None = None
        self._own_color: int | None = None
        self._points = False

    @property
    def lines(self) -> tuple[GuideLine, ...]:
        return self._lines

    @property
    def cursor(self) -> tuple[float, float] | None:
        """(column, row) of the point of the patient that the user points at in another tile."""
        return self._cursor

    @property
    def own_color(self) -> int | None:
        """Color of the lines that this tile leaves on others; None when it leaves none."""
        return self._own_color

    def show(
        self,
        lines: tuple[GuideLine, ...],
        cursor: tuple[float, float] | None,
        own_color: int | None,
    ) -> None:
        shown = (self._lines, self._cursor, self._own_color)
        if (lines, cursor, own_color) != shown:
            self._lines, self._cursor, self._own_color = lines, cursor, own_color
            self.changed.emit()

    def point_at(self, column: float, row: float) -> None:
        self._points = True
        self.pointed.emit(column, row)

    def leave(self) -> None:
        """End pointing; calling it again does nothing."""
        if self._points:
            self._points = False
            self.left.emit()
