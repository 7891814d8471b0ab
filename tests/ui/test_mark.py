"""The mark of a synthetic image: always there, in every state, whatever the user does."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from medgan_viewer.imaging.display import DisplayImage
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.comparison import CompareMode, ComparisonState
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode
from medgan_viewer.session.tile_view import Caption, Role, View
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.actions import ACTIONS
from medgan_viewer.ui.compare.swipe_view import SwipeView
from medgan_viewer.ui.pictures import picture_of
from medgan_viewer.ui.studies.thumbnail import thumbnail_pixmap
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget
from tests.session.fixtures import PATIENCE_MS, deliver_posted, gray_frame, provenance
from tests.ui.marks import assert_marked, grab, has_amber, is_amber, pixels_of

SIZES = [(120, 120), (120, 800), (345, 700), (512, 512), (900, 200), (1600, 1200)]


def white_frame(is_synthetic, size=64):
    """Return the brightest image, on which a mark is hardest to see."""
    stored = np.full((size, size), 255, np.uint8)
    made = provenance(summary="seed 4123 · psi 0.70 · a text that is longer than the bar")
    return PixelFrame(
        stored=stored,
        vois=(VoiWindow(128, 256),),
        bits_stored=8,
        provenance=made if is_synthetic else None,
    )


@pytest.fixture
def tile(qtbot, theme):
    """Return a function that shows a tile with or without a frame."""

    def make(frame=None, role=Role.SYNTHETIC, size=(300, 300)):
        state = ViewportState(role)
        widget = ViewportWidget(state)
        qtbot.addWidget(widget)
        widget.resize(*size)
        widget.show()
        state.start_stack(Caption(("Name", "T-1", "2024-01-02"), "MR · T1"), 3, 0, "Loading …")
        if frame is not None:
            state.show_frame(frame)
        return widget

    return make


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_synthetic_image_is_marked_at_every_size_of_its_tile(tile, size):
    widget = tile(white_frame(is_synthetic=True), size=size)

    assert_marked(grab(widget))


@pytest.mark.parametrize("zoom", [0.1, 1.0, 7.3, 40.0])
@pytest.mark.parametrize("pan", [(0.0, 0.0), (1.0, -1.0)])
def test_a_synthetic_image_is_marked_at_every_zoom_and_place(tile, zoom, pan):
    widget = tile(white_frame(is_synthetic=True))

    widget.state.set_view(View(zoom, pan))

    assert_marked(grab(widget))


def test_an_empty_tile_for_synthetic_images_keeps_its_mark(tile):
    widget = tile()

    assert_marked(grab(widget))


def test_a_synthetic_image_in_a_tile_for_acquired_ones_is_marked(tile):
    widget = tile(white_frame(is_synthetic=True), role=Role.ACQUIRED)

    assert_marked(grab(widget))


def test_the_mark_stays_when_a_tile_is_active_and_has_the_keyboard(tile, qtbot):
    widget = tile(white_frame(is_synthetic=True))
    widget.set_active(True)
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)

    assert_marked(grab(widget))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_an_acquired_image_never_has_amber(tile, size):
    widget = tile(white_frame(is_synthetic=False), role=Role.ACQUIRED, size=size)
    widget.set_active(True)
    widget.setFocus()

    assert not has_amber(grab(widget))


def test_a_tile_loses_its_mark_with_the_synthetic_image(tile):
    widget = tile(white_frame(is_synthetic=True), role=Role.ACQUIRED)
    assert_marked(grab(widget))

    widget.state.show_frame(white_frame(is_synthetic=False))

    assert not has_amber(grab(widget))


def test_the_mark_is_as_large_on_a_screen_with_twice_the_pixels(tile, monkeypatch):
    widget = tile(white_frame(is_synthetic=True))
    monkeypatch.setattr(widget, "devicePixelRatioF", lambda: 2.0)

    assert_marked(grab(widget))


@pytest.fixture
def swipe(qtbot, theme):
    """Return a swipe view over a black acquired and a white synthetic image."""
    pair = ViewportState(Role.ACQUIRED), ViewportState(Role.SYNTHETIC)
    comparison = ComparisonState(*pair)
    view = SwipeView(comparison)
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.show()
    black = np.zeros((64, 64), np.uint8)
    pair[0].show_frame(replace(white_frame(is_synthetic=False), stored=black))
    pair[1].show_frame(white_frame(is_synthetic=True))
    yield view, comparison
    comparison.close()
    deliver_posted()


@pytest.mark.parametrize("part", [0.0, 0.2, 0.5, 0.8])
def test_the_synthetic_side_of_a_swipe_is_marked_at_every_place_of_the_edge(swipe, part):
    view, comparison = swipe

    comparison.set_swipe(part)

    edge = round(part * view.width())
    side = grab(view)[:, edge + 2 :]
    amber = is_amber(side)
    assert amber[:24, -2].all()
    assert (amber[:24].mean(axis=1) > 0.33).sum() >= 19  # less the hatching
    assert amber[:, -2].mean() > 0.98


def test_no_synthetic_pixel_stands_on_the_acquired_side_of_a_swipe(swipe):
    view, comparison = swipe

    comparison.set_swipe(0.5)

    left = grab(view)[:, : view.width() // 2 - 8]
    assert not has_amber(left)
    rows = left[100:400]  # between the texts of the corners
    assert rows.max() < 60, "the white synthetic image shows through"


def test_both_images_of_a_swipe_lie_in_one_place(swipe):
    view, _ = swipe
    whole = QRectF(view.rect())

    first, second = view._left.placement(whole), view._right.placement(whole)

    assert first.image_rect == second.image_rect


def test_thumbnails_of_synthetic_sets_are_marked(theme):
    picture = DisplayImage(np.full((96, 96), 255, np.uint8))

    marked = pixels_of(thumbnail_pixmap(picture, synthetic=True).toImage())
    plain = pixels_of(thumbnail_pixmap(picture, synthetic=False).toImage())

    assert is_amber(marked)[-8:].mean() > 0.3
    assert is_amber(marked)[:, 0].all()
    assert not has_amber(plain)


def test_an_unfinished_thumbnail_of_a_synthetic_set_is_marked(theme):
    marked = pixels_of(thumbnail_pixmap(None, synthetic=True).toImage())

    assert is_amber(marked)[-8:].mean() > 0.3


# ---- in the window ----


@pytest.fixture
def window(qtbot, make_window):
    window = make_window(Mode.GENERATE)
    session = window.session
    qtbot.waitUntil(lambda: session.synthetic.frame is not None, timeout=PATIENCE_MS)
    session.acquired[0].show_frame(gray_frame(100))
    return window


def shown_marked(window):
    """Check every tile that is on screen: a synthetic image is marked, an acquired one is not."""
    session = window.session
    if window.images.swipe.isVisible():
        amber = is_amber(grab(window.images.swipe))
        edge = round(session.comparison.swipe * window.images.swipe.width())
        assert amber[:, edge + 2 :].any()
        return
    for tile in session.grid.shown:
        pixels = grab(window.images.widget_of(tile))
        if tile.frame is not None and tile.frame.is_synthetic:
            assert_marked(pixels)
        elif tile.role is Role.ACQUIRED:
            assert not has_amber(pixels)


@pytest.mark.parametrize("rows_and_columns", [(1, 1), (1, 2), (2, 2), (3, 3)])
def test_a_synthetic_image_is_marked_in_every_layout_of_browse(window, rows_and_columns):
    session = window.session
    session.set_mode(Mode.BROWSE)
    session.set_layout(Layout(*rows_and_columns))
    for tile in session.grid.tiles[::2]:
        tile.show_frame(white_frame(is_synthetic=True))

    shown_marked(window)


@pytest.mark.parametrize("mode", [Mode.GENERATE, Mode.COMPARE])
@pytest.mark.parametrize("compare", CompareMode)
def test_a_synthetic_image_is_marked_in_every_mode(window, mode, compare):
    window.session.comparison.set_mode(compare)
    window.session.set_mode(mode)

    shown_marked(window)


def test_an_enlarged_synthetic_tile_is_marked(window):
    window.session.grid.toggle_maximized(window.session.synthetic)

    shown_marked(window)


def test_a_picture_of_the_window_holds_the_mark_and_says_so(window):
    image = picture_of(window, holds_synthetic=True)

    tile = window.images.widget_of(window.session.synthetic)
    corner = tile.mapTo(window, tile.rect().topLeft())
    pixels = pixels_of(image)[
        corner.y() : corner.y() + tile.height(), corner.x() : corner.x() + tile.width()
    ]
    assert_marked(pixels)
    assert image.text("Synthetic") == "YES, in part"


NOT_RUN = {
    # They ask for a file, end the program, or leave this test's control.
    "open_folder",
    "open_files",
    "open_demo",
    "save_picture",
    "save_tile",
    "export_synthetic",
    "print_images",
    "measure_save",
    "measure_open",
    "quit",
}


def close_dialogs(window):
    for widget in QApplication.topLevelWidgets():
        if widget is not window and widget.isVisible():
            widget.close()
    deliver_posted()


@pytest.mark.parametrize("action_id", [a.action_id for a in ACTIONS if a.action_id not in NOT_RUN])
def test_no_action_takes_the_mark_away(window, action_id):
    window.session.grid.activate(window.session.synthetic)
    action = window.actions_by_id[action_id]

    for _ in range(2):
        action.trigger()
        shown_marked(window)
    close_dialogs(window)


def test_no_key_takes_the_mark_away(window):
    """All printable keys, alone and with Shift, and the function keys, in the synthetic tile."""
    window.session.grid.activate(window.session.synthetic)
    function_keys = (Qt.Key(code) for code in range(Qt.Key.Key_F2, Qt.Key.Key_F13))
    keys = [*(chr(code) for code in range(0x20, 0x7F)), *function_keys]
    for key in keys:
        window.images.focus_active()
        target = QApplication.focusWidget() or window
        for modifier in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            QTest.keyClick(target, key, modifier)
        close_dialogs(window)
        if window.session.synthetic in window.session.grid.shown:
            window.session.synthetic.show_frame(
                replace(white_frame(is_synthetic=True), notes=(str(key),))
            )
        shown_marked(window)
