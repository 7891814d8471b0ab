"""Keys and mouse in the images: scroll, window, enlarge, choose tools and tiles."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.tile_view import View
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget
from tests.dicom_factory import MR_IMAGE, make_series
from tests.session.fixtures import (
    PATIENCE_MS,
    open_and_wait,
)
from tests.ui.keys import press
from tests.ui.test_viewport_widget import wheel


@pytest.mark.parametrize(
    ("key", "modifiers", "index"),
    [
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, 7),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, 5),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier, 11),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier, 0),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 11),
    ],
)
def test_keys_scroll_the_stack(qtbot, ct, key, modifiers, index):
    tile = ct.session.acquired[0]
    assert tile.index == 6

    press(ct, key, modifiers)

    qtbot.waitUntil(lambda: tile.index == index, timeout=PATIENCE_MS)


def test_the_wheel_scrolls_without_a_click(qtbot, ct):
    tile = ct.session.acquired[0]

    wheel(ct.images.widget_of(tile), -120)

    qtbot.waitUntil(lambda: tile.index == 7, timeout=PATIENCE_MS)


def test_page_keys_go_through_the_series(qtbot, window, tmp_path):
    for number, name in enumerate(("first", "second"), start=1):
        make_series(tmp_path / name, range(3), name=name, SeriesNumber=number)
    open_and_wait(qtbot, window.session, tmp_path)
    window.images.focus_active()
    feeder = window.session.feeders[0]

    press(window, Qt.Key.Key_PageDown)
    second = feeder.display_set.label
    press(window, Qt.Key.Key_PageUp)

    assert (second, feeder.display_set.label) == ("second", "first")


@pytest.mark.parametrize(
    ("key", "window_of_key"), [("2", (40, 400)), ("3", (-600, 1500)), ("4", (350, 2000))]
)
def test_digits_choose_the_presets_of_ct(ct, key, window_of_key):
    press(ct, key)

    voi = ct.session.acquired[0].voi
    assert (voi.center, voi.width) == window_of_key


def test_digits_do_nothing_on_mr(qtbot, window, tmp_path):
    make_series(tmp_path, range(2), Modality="MR", SOPClassUID=MR_IMAGE, WindowCenter=9)
    open_and_wait(qtbot, window.session, tmp_path)
    window.images.focus_active()
    before = window.session.acquired[0].voi

    press(window, "3")

    assert window.session.acquired[0].voi == before


def test_i_inverts_and_r_resets(ct):
    tile = ct.session.acquired[0]
    tile.set_view(View(3.0))
    tile.set_voi(VoiWindow(1, 2))

    press(ct, "i")
    inverted = tile.is_inverted
    press(ct, "r")

    assert inverted
    assert (tile.is_inverted, tile.view, tile.voi.width) == (False, View(), 400)


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [
        (Qt.Key.Key_Plus, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Plus, Qt.KeyboardModifier.KeypadModifier),
    ],
)
def test_plus_enlarges_wherever_it_lies_on_the_keyboard(ct, key, modifiers):
    press(ct, key, modifiers)

    assert ct.session.acquired[0].view.zoom == pytest.approx(1.25)


def test_minus_reduces_and_equals_fits(ct):
    tile = ct.session.acquired[0]
    press(ct, "-")
    assert tile.view.zoom == pytest.approx(0.8)

    press(ct, "=")
    assert tile.view == View()


def test_f_shows_one_tile_alone_and_then_all(ct):
    press(ct, "f")
    alone = ct.images.widget_of(ct.session.acquired[1]).isVisible()
    press(ct, "f")

    assert not alone
    assert ct.images.widget_of(ct.session.acquired[1]).isVisible()


def test_a_double_click_shows_one_tile_alone(ct):
    tile = ct.session.acquired[0]
    QTest.mouseDClick(ct.images.widget_of(tile), Qt.MouseButton.LeftButton)

    assert ct.session.grid.maximized is tile


def test_tab_goes_through_the_tiles_and_then_on(ct):
    first, second = ct.session.acquired[:2]

    press(ct, Qt.Key.Key_Tab)
    assert ct.session.grid.active is second
    assert QApplication.focusWidget() is ct.images.widget_of(second)

    press(ct, Qt.Key.Key_Tab)
    assert not ct.images.isAncestorOf(QApplication.focusWidget())

    press(ct, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is ct.images.widget_of(second)
    press(ct, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert ct.session.grid.active is first


def test_a_tool_letter_changes_the_left_button(ct):
    press(ct, "z")

    assert ct.images.widget_of(ct.session.acquired[0]).left_tool == "zoom"
    assert ct.actions_by_id["tool_zoom"].isChecked()


def test_the_buttons_of_the_tools_keep_their_signs(ct):
    signs = [b.text() for b in ct.tool_bar.findChildren(QToolButton)]

    for key in "stzw":
        press(ct, key)

    assert [b.text() for b in ct.tool_bar.findChildren(QToolButton)] == signs


def test_linked_tiles_zoom_together_and_unlinked_ones_do_not(ct):
    first, second = ct.session.acquired[:2]
    ct.session.show_set(ct.session.feeders[0].display_set, second)
    second.show_frame(first.frame)

    ct.actions_by_id["link_view"].trigger()
    first.set_view(View(2.0))
    unlinked = second.view
    ct.actions_by_id["link_view"].trigger()
    first.set_view(View(3.0))

    assert unlinked == View()
    assert second.view.zoom == pytest.approx(3.0, rel=0.01)  # one tile may be a pixel wider


def test_a_layout_is_a_number_of_tiles(ct):
    ct.session.set_layout(Layout(2, 2))

    assert sum(tile.isVisible() for tile in ct.images.findChildren(ViewportWidget)) == 4
