"""Carrying plane, zoom and pan from one tile to another by the rules of compare.linking."""

from medgan_viewer.compare.linking import (
    ViewArea,
    ViewGrid,
    link_view,
)
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.turn import fit_scale
from medgan_viewer.session.tile_view import View
from medgan_viewer.session.viewports import ViewportState


def carry_view(
    source: ViewportState, target: ViewportState, *, zoom: bool = True, position: bool = True
) -> View | None:
    """Return the view that `target` takes to go along with `source`; None when one has no image.

    Without a common space it is the same enlargement of the fitted image, at the same part of it.
    Each tile keeps its own rotation, and its zoom or position where that is not linked.
    """
    if source.frame is None or target.frame is None:
        return None
    area = _area_of(source, source.frame)
    linked = link_view(area, _grid_of(source.frame), _grid_of(target.frame))
    view = source.view if linked is None else _view_of(target, target.frame, linked)
    own = target.view
    return View(view.zoom if zoom else own.zoom, view.pan if position else own.pan, own.turn)


def _grid_of(frame: PixelFrame) -> ViewGrid:
    return ViewGrid(frame.rows, frame.columns, frame.spacing, frame.geometry)


def _fit_rows(state: ViewportState, frame: PixelFrame) -> float:
    """Return how many image rows the tile's height has room for at zoom 1."""
    turn = state.view.turn
    scale = fit_scale(state.tile_size, frame.columns, frame.rows, frame.aspect, turn)
    return state.tile_size[1] / (scale * frame.aspect)


def _area_of(state: ViewportState, frame: PixelFrame) -> ViewArea:
    view = state.view
    return ViewArea(
        column=(0.5 + view.pan[0]) * frame.columns - 0.5,
        row=(0.5 + view.pan[1]) * frame.rows - 0.5,
        rows_shown=_fit_rows(state, frame) / view.zoom,
    )


def _view_of(state: ViewportState, frame: PixelFrame, area: ViewArea) -> View:
    return View(
        zoom=_fit_rows(state, frame) / area.rows_shown,
        pan=((area.column + 0.5) / frame.columns - 0.5, (area.row + 0.5) / frame.rows - 0.5),
    )
