"""GuideKeeper: reference lines between the tiles, and the point that all of them follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.imaging.geometry import PlaneGeometry, Vector
from medgan_viewer.imaging.reference_lines import (
    PlaneArea,
    SliceAxis,
    reference_line,
    slice_axis,
)
from medgan_viewer.session.grid import ViewportGrid
from medgan_viewer.session.guides import GuideLine
from medgan_viewer.session.mpr import MprViews
from medgan_viewer.session.stacks import StackFeeder
from medgan_viewer.session.viewports import ViewportState

MANY_TILES = 4  # with more, only the active tile leaves its line


@dataclass(frozen=True, slots=True, eq=False)
class _Pointed:
    """A point of the patient that the user points at in `tile`."""

    tile: ViewportState
    position_mm: Vector
    space: str


class GuideKeeper(QObject):
    """Draws where the tiles lie in each other and takes them to the point under the mouse.

    Signals
    -------
    lines_shown_changed()
    """

    lines_shown_changed = Signal()

    def __init__(
        self,
        grid: ViewportGrid,
        feeders: Sequence[StackFeeder],
        mpr: MprViews,
        others: Sequence[ViewportState],
    ) -> None:
        super().__init__()
        self._grid = grid
        self._feeders = feeders
        self._mpr = mpr
        self._lines_shown = True
        self._closed = False
        self._pointed: _Pointed | None = None
        self._axes: dict[str, tuple[DisplaySet, SliceAxis | None]] = {}
        # Tiles change several times in one step of a linked scroll; lines are drawn once for it.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self.refresh)
        stacks = (feeder.viewport for feeder in feeders)
        self._tiles = (*stacks, *mpr.tiles, *others)
        for tile in self._tiles:
            tile.content_changed.connect(self._refresh_soon)
            tile.guides.pointed.connect(self._on_pointed)
            tile.guides.left.connect(self._on_left)
        grid.tiles_changed.connect(self._refresh_soon)
        grid.active_changed.connect(self._refresh_soon)
        grid.patients_changed.connect(self._refresh_soon)
        mpr.slab_changed.connect(self._refresh_soon)
        mpr.center_changed.connect(self._on_center_changed)

    @property
    def lines_shown(self) -> bool:
        """Reference lines are drawn; the planes of a reformatted series always show theirs."""
        return self._lines_shown

    def close(self) -> None:
        """Stop the timer: one that runs while its owner is freed by any thread is a crash."""
        self._closed = True
        self._timer.stop()

    def show_lines(self, shown: bool) -> None:
        if shown != self._lines_shown:
            self._lines_shown = shown
            self.refresh()
            self.lines_shown_changed.emit()

    def _refresh_soon(self) -> None:
        if not self._closed:
            self._timer.start()

    def refresh(self) -> None:
        """Draw all lines and the cursor anew."""
        tiles = self._grid.shown
        areas = {tile: area for tile in tiles if (area := _area_of(tile)) is not None}
        sources: set[ViewportState] = set()
        lines: dict[ViewportState, list[GuideLine]] = {tile: [] for tile in tiles}
        for target, target_area in areas.items():
            for source, source_area in areas.items():
                if source is target or not self._leaves_line(source, target, len(tiles)):
                    continue
                found = self._lines_of(source, source_area, target_area)
                if found:
                    sources.add(source)
                    lines[target].extend(found)
        for tile in tiles:
            color = self._color_of(tile) if tile in sources else None
            tile.guides.show(tuple(lines[tile]), self._cursor_on(tile), color)

    # ---- lines ----

    def _leaves_line(self, source: ViewportState, target: ViewportState, count: int) -> bool:
        if not self._grid.may_link(source, target):
            return False
        if source in self._mpr.tiles:
            return target in self._mpr.tiles or self._lines_shown
        if not self._lines_shown or target in self._mpr.tiles:
            return False
        return count <= MANY_TILES or source is self._grid.active

    def _lines_of(
        self, source: ViewportState, area: PlaneArea, target: PlaneArea
    ) -> list[GuideLine]:
        color, label = self._color_of(source), self._label_of(source)
        found = []
        middle = reference_line(area, target)
        if middle is not None:
            found.append(GuideLine(middle, color, label))
        if source in self._mpr.tiles:
            half_mm = self._mpr.slab.thickness_mm / 2
            for offset_mm in (-half_mm, half_mm) if half_mm else ():
                edge = reference_line(replace(area, plane=_moved(area.plane, offset_mm)), target)
                if edge is not None:
                    found.append(GuideLine(edge, color, "", is_edge=True))
        return found

    def _color_of(self, tile: ViewportState) -> int:
        return self._grid.tiles.index(tile)

    def _label_of(self, tile: ViewportState) -> str:
        if tile in self._mpr.tiles:
            place = self._mpr.tiles.index(tile)
            # Words, not initials: an "A" on an image means anterior.
            return self._mpr.feeders[place].orientation.value
        return str(tile.index + 1)

    # ---- the point ----

    def _on_pointed(self, column: float, row: float) -> None:
        """Take every other tile to the plane that holds this point of the patient."""
        guides = self.sender()
        tile = next(tile for tile in self._tiles if tile.guides is guides)
        geometry = tile.frame.geometry if tile.frame is not None else None
        if geometry is None or not geometry.frame_of_reference_uid:
            return
        position = geometry.to_patient(column, row)
        pointed = _Pointed(tile, position, geometry.frame_of_reference_uid)
        self._pointed = pointed
        if self._mpr.is_open and pointed.space == self._mpr.space:
            self._mpr.move_to(position)
        for feeder in self._feeders:
            if feeder.viewport is not tile and self._grid.may_link(tile, feeder.viewport):
                self._bring(feeder, position, pointed.space)
        self._refresh_soon()

    def _on_left(self) -> None:
        self._pointed = None
        self._refresh_soon()

    def _on_center_changed(self) -> None:
        """Let the stack that the planes were made from follow their crossing point."""
        self._refresh_soon()
        center = self._mpr.center_mm
        if center is not None and self._grid.link_scroll:
            for feeder in self._feeders:
                self._bring(feeder, center, self._mpr.space)

    def _bring(self, feeder: StackFeeder, position_mm: Vector, space: str) -> None:
        if feeder.viewport not in self._grid.shown:
            return
        axis = self._axis_of(feeder)
        index = axis.nearest(position_mm, space) if axis is not None else None
        if index is not None and index != feeder.viewport.wanted:
            feeder.go_to(index)

    def _axis_of(self, feeder: StackFeeder) -> SliceAxis | None:
        display_set = feeder.display_set
        if display_set is None:
            return None
        kept = self._axes.get(display_set.uid)
        if kept is None or kept[0] is not display_set:
            if len(self._axes) > 2 * len(self._feeders):
                self._axes.clear()
            kept = (display_set, slice_axis(display_set.planes))
            self._axes[display_set.uid] = kept
        return kept[1]

    def _cursor_on(self, tile: ViewportState) -> tuple[float, float] | None:
        """Return the pixel that is pointed at in another tile, if this plane holds the point."""
        pointed = self._pointed
        geometry = tile.frame.geometry if tile.frame is not None else None
        if pointed is None or pointed.tile is tile or geometry is None:
            return None
        is_elsewhere = geometry.frame_of_reference_uid != pointed.space
        if is_elsewhere or not self._grid.may_link(pointed.tile, tile):
            return None
        column, row, away_mm = geometry.to_pixel(pointed.position_mm)
        if tile not in self._mpr.tiles:
            feeder = next((f for f in self._feeders if f.viewport is tile), None)
            axis = self._axis_of(feeder) if feeder is not None else None
            if axis is not None and abs(away_mm) > axis.distance_mm / 2 + 0.01:
                return None
        return column, row


def _area_of(tile: ViewportState) -> PlaneArea | None:
    frame = tile.frame
    if frame is None or frame.geometry is None:
        return None
    return PlaneArea(frame.geometry, frame.rows, frame.columns)


def _moved(plane: PlaneGeometry, offset_mm: float) -> PlaneGeometry:
    x, y, z = np.asarray(plane.position_mm) + plane.normal * offset_mm
    return replace(plane, position_mm=(float(x), float(y), float(z)))
