import itertools

import pytest
from PySide6.QtCore import QPointF, QRectF

from medgan_viewer.imaging.turn import Turn
from medgan_viewer.session.tile_view import View
from medgan_viewer.ui.viewport.placement import Placement

ALL = [Turn(*pair) for pair in itertools.product(range(4), (False, True))]
TILE = QRectF(10, 20, 300, 200)


def placement(turn, zoom=1.0, pan=(0.0, 0.0)):
    """Return an image of 100 x 50 pixels, each twice as high as wide."""
    return Placement(TILE, 100, 50, 2.0, View(zoom, pan, turn))


@pytest.mark.parametrize("turn", ALL)
def test_a_point_comes_back_from_the_screen(turn):
    place = placement(turn, 1.7, (0.2, -0.1))

    column, row = place.to_image(place.to_widget(12.25, 40.5))

    assert (column, row) == pytest.approx((12.25, 40.5))


@pytest.mark.parametrize("turn", ALL)
def test_the_whole_image_fits_and_stands_in_the_middle(turn):
    rect = placement(turn).image_rect

    # 100 columns and 50 double rows are a square: 200 pixels, whichever way it lies.
    assert (rect.width(), rect.height()) == pytest.approx((200, 200))
    assert (rect.center().x(), rect.center().y()) == pytest.approx((160, 120))


def test_the_first_pixel_goes_clockwise_round_the_corners():
    corners = [placement(Turn(turns)).to_widget(-0.5, -0.5) for turns in range(4)]

    assert [(c.x(), c.y()) for c in corners] == [(60, 20), (260, 20), (260, 220), (60, 220)]


@pytest.mark.parametrize("turn", ALL)
def test_the_point_under_the_mouse_stays_while_zooming(turn):
    place = placement(turn, 1.3, (0.1, 0.05))
    anchor = QPointF(90, 60)

    view = place.zoomed(2.5, anchor)

    zoomed = Placement(TILE, 100, 50, 2.0, view)
    assert zoomed.to_image(anchor) == pytest.approx(place.to_image(anchor))
    assert (view.zoom, view.turn) == (pytest.approx(3.25), turn)


@pytest.mark.parametrize("turn", ALL)
def test_a_dragged_image_follows_the_mouse(turn):
    place = placement(turn)
    grabbed = place.to_image(QPointF(100, 100))

    moved = Placement(TILE, 100, 50, 2.0, place.moved(15, -7))

    there = moved.to_widget(*grabbed)
    assert (there.x(), there.y()) == pytest.approx((115, 93))
