import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from medgan_viewer.imaging.slab import Projection, Slab
from medgan_viewer.imaging.turn import Turn
from medgan_viewer.ui.viewport.mpr_bar import MprBar
from tests.session.fixtures import PATIENCE_MS
from tests.ui.keys import press

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def planes(qtbot, ct):
    """Return the window with the planes of its CT open, all drawn."""
    press(ct, Qt.Key.Key_M, CTRL)
    qtbot.waitUntil(
        lambda: all(tile.frame is not None for tile in ct.session.mpr.tiles), timeout=PATIENCE_MS
    )
    return ct


def bar_of(window):
    [bar] = window.images.findChildren(MprBar)
    return bar


def test_a_key_opens_the_planes_and_the_bar_closes_them(qtbot, planes):
    bar = bar_of(planes)
    assert bar.isVisible()
    assert planes.actions_by_id["mpr"].isChecked()
    assert len(planes.session.grid.shown) == 4

    QTest.mouseClick(bar.leave, Qt.MouseButton.LeftButton)

    assert not bar.isVisible()
    assert not planes.actions_by_id["mpr"].isChecked()


def test_a_refused_wish_for_planes_leaves_the_action_unchecked(window):
    window.actions_by_id["mpr"].trigger()

    assert not window.actions_by_id["mpr"].isChecked()
    assert window.session.notices.notices


def test_the_bar_sets_the_slab(planes):
    bar = bar_of(planes)
    assert not bar.projection.isEnabled()

    bar.thickness.setValue(7.5)
    bar.projection.setCurrentIndex(1)

    assert planes.session.mpr.slab == Slab(7.5, Projection.MINIP)
    assert bar.projection.isEnabled()


def test_shift_and_move_takes_the_other_planes_along(qtbot, planes):
    axial = planes.session.mpr.tiles[0]
    widget = planes.images.widget_of(axial)
    place = widget._placement().to_widget(2, 6).toPoint()

    send_move(widget, place, Qt.KeyboardModifier.ShiftModifier)

    assert planes.session.mpr.center_mm[:2].tolist() == pytest.approx([2, 6], abs=0.1)
    send_move(widget, place + QPoint(1, 0))
    qtbot.waitUntil(lambda: all(t.guides.cursor is None for t in planes.session.grid.shown))


def test_the_pointing_tool_needs_no_key_and_a_click_is_enough(planes):
    planes.actions_by_id["tool_crosshair"].trigger()
    coronal = planes.session.mpr.tiles[1]
    coronal.turn(Turn(1, is_mirrored=True))
    widget = planes.images.widget_of(coronal)

    QTest.mouseClick(
        widget,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        widget._placement().to_widget(3, 4).toPoint(),
    )

    center = planes.session.mpr.center_mm
    assert (center[0], center[2]) == pytest.approx((3, 11 - 4), abs=0.1)


def test_a_double_click_shows_one_plane_alone_and_all_again(planes):
    tile = planes.session.mpr.tiles[2]
    widget = planes.images.widget_of(tile)

    QTest.mouseDClick(widget, Qt.MouseButton.LeftButton)
    assert planes.session.grid.shown == (tile,)

    QTest.mouseDClick(widget, Qt.MouseButton.LeftButton)
    assert len(planes.session.grid.shown) == 4


@pytest.mark.parametrize(
    ("key", "turn"),
    [
        (Qt.Key.Key_Period, Turn(1)),
        (Qt.Key.Key_Comma, Turn(3)),
        (Qt.Key.Key_H, Turn(0, is_mirrored=True)),
        (Qt.Key.Key_V, Turn(2, is_mirrored=True)),
    ],
)
def test_keys_turn_the_active_tile_alone_and_a_reset_turns_it_back(ct, key, turn):
    first, second = ct.session.acquired[:2]

    press(ct, key)
    assert (first.view.turn, second.view.turn) == (turn, Turn())

    press(ct, Qt.Key.Key_Space)
    assert first.view.turn == Turn()


def test_a_key_shows_image_pixels_as_screen_pixels(ct):
    tile = ct.session.acquired[0]
    press(ct, Qt.Key.Key_0, CTRL)

    placement = ct.images.widget_of(tile)._placement()
    assert placement.scale[0] == pytest.approx(1) or tile.view.zoom == pytest.approx(0.1)


def test_a_key_hides_and_shows_reference_lines(ct):
    press(ct, Qt.Key.Key_L)
    assert not ct.session.guide_keeper.lines_shown
    assert not ct.actions_by_id["reference_lines"].isChecked()

    press(ct, Qt.Key.Key_L)
    assert ct.session.guide_keeper.lines_shown


def send_move(widget, place, modifiers=Qt.KeyboardModifier.NoModifier):
    from tests.ui.test_viewport_widget import send_move as send

    send(widget, place, modifiers=modifiers)
