"""The mouse in a swipe: it moves the edge where it takes hold of it, elsewhere it has its tools."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest

from medgan_viewer.session.comparison import CompareMode, ComparisonState
from medgan_viewer.session.session import Mode
from medgan_viewer.session.tile_view import Caption, Role
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.compare.swipe_view import SwipeView
from medgan_viewer.ui.viewport.tile_painter import TilePainter
from tests.session.fixtures import deliver_posted, gray_frame
from tests.ui.marks import grab
from tests.ui.test_viewport_widget import CTRL, LEFT, MID, RIGHT, drag, ramp_frame

ON_LEFT, AT_EDGE, ON_RIGHT = QPoint(150, 200), QPoint(305, 200), QPoint(450, 200)


@pytest.fixture
def swipe(qtbot, theme):
    """Return a swipe view of 600 pixels with its edge in the middle."""
    pair = ViewportState(Role.ACQUIRED), ViewportState(Role.SYNTHETIC)
    comparison = ComparisonState(*pair)
    view = SwipeView(comparison)
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.show()
    pair[0].start_stack(Caption(title="CT", badge="gap"), 5, 2, "")
    pair[0].show_frame(ramp_frame(), 2)
    pair[1].show_frame(gray_frame(100, is_synthetic=True))
    yield view
    comparison.close()
    deliver_posted()


def edge_and_windows(view):
    state = view._state
    return state.swipe, state.reference.voi, state.candidate.voi


def test_the_edge_is_dragged_where_the_mouse_takes_hold_of_it(swipe):
    _, *windows = edge_and_windows(swipe)

    drag(swipe, LEFT, (60, 10), AT_EDGE)

    edge, *after = edge_and_windows(swipe)
    assert edge == pytest.approx(365 / 600)
    assert after == windows


@pytest.mark.parametrize(("start", "side"), [(ON_LEFT, 1), (ON_RIGHT, 2)])
def test_a_left_drag_beside_the_edge_windows_the_image_under_it_alone(swipe, start, side):
    before = edge_and_windows(swipe)

    drag(swipe, LEFT, (40, 20), start)

    after = edge_and_windows(swipe)
    assert [i for i in range(3) if after[i] != before[i]] == [side]


def test_a_drag_that_crosses_the_edge_stays_with_the_image_where_it_began(swipe):
    before = edge_and_windows(swipe)

    drag(swipe, LEFT, (300, 0), ON_LEFT)

    after = edge_and_windows(swipe)
    assert (after[0], after[2]) == (before[0], before[2])


@pytest.mark.parametrize("start", [ON_LEFT, ON_RIGHT])
def test_right_drag_zooms_and_middle_drag_moves_both_images(swipe, start):
    tiles = swipe._state.reference, swipe._state.candidate

    drag(swipe, RIGHT, (0, -40), start)
    zoomed = tiles[0].view
    drag(swipe, MID, (30, 0), start)

    view = tiles[0].view
    assert zoomed.zoom == pytest.approx(1.005**40)
    assert view.pan[0] < zoomed.pan[0]
    assert tiles[1].view == view


def test_a_rectangle_takes_the_window_from_its_values(swipe):
    before = swipe._state.reference.voi

    drag(swipe, LEFT, (60, 60), ON_LEFT, CTRL)

    assert swipe._state.reference.voi != before


def test_an_image_is_told_as_painted_once_and_not_with_every_move_of_the_edge(qtbot, swipe):
    grab(swipe)

    with qtbot.assertNotEmitted(swipe._state.candidate.painted):
        swipe._state.set_swipe(0.7)
        grab(swipe)


def test_a_right_click_asks_for_the_menu_of_its_side(qtbot, swipe):
    with qtbot.waitSignal(swipe.menu_wanted) as asked:
        QTest.mouseClick(swipe, RIGHT, pos=ON_RIGHT)

    assert asked.args[0] is swipe._state.candidate


def test_the_tool_that_is_chosen_acts_in_a_swipe_and_keys_follow_the_mouse(make_window):
    window = make_window(Mode.COMPARE)
    window.session.comparison.set_mode(CompareMode.SWIPE)
    acquired = window.session.acquired[0]
    acquired.show_frame(ramp_frame())
    window.actions_by_id["tool_zoom"].trigger()
    swipe = window.images.swipe

    drag(swipe, LEFT, (0, -40), QPoint(swipe.width() // 4, 200))

    assert acquired.view.zoom == pytest.approx(1.005**40)
    assert window.session.grid.active is acquired


@pytest.mark.parametrize("part", [0.5, 0.8])
def test_the_left_half_shows_its_texts_on_its_own_right_side(swipe, monkeypatch, part):
    """Badge above, window and slice number below: bright text, which a picture without it lacks."""
    swipe._state.set_swipe(part)
    edge = round(part * swipe.width())
    with_texts = grab(swipe)[:, edge - 90 : edge - 8].astype(int)
    paint = TilePainter.paint
    monkeypatch.setattr(
        TilePainter,
        "paint",
        lambda self, *of, **options: paint(self, *of, **{**options, "visible": None}),
    )
    clipped = grab(swipe)[:, edge - 90 : edge - 8].astype(int)

    differs = (np.abs(with_texts - clipped).max(axis=-1) > 60).sum(axis=1)
    assert differs[26:70].sum() > 50  # zoom and gap badge, below the room of the bar
    assert differs[-45:].sum() > 50  # window and place in the stack
