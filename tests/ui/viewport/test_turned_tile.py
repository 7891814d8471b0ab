import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.turn import Turn
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.tile_view import Caption, Role, View
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget

ALL = [Turn(*pair) for pair in itertools.product(range(4), (False, True))]
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def tile(qtbot, theme):
    """Return a tile with 60 x 40 pixels, bright in the quarter with the first pixel."""
    stored = np.zeros((40, 60), np.uint16)
    stored[:20, :30] = 100
    state = ViewportState(Role.ACQUIRED)
    widget = ViewportWidget(state)
    qtbot.addWidget(widget)
    widget.resize(240, 240)
    widget.show()
    state.start_stack(Caption(), 1, 0, "")
    state.show_frame(PixelFrame(stored=stored, vois=(VoiWindow(50, 100),)))
    return widget


@pytest.mark.parametrize("zoom", [1.0, 0.9])
@pytest.mark.parametrize("turn", ALL)
def test_pixels_are_painted_where_the_mapping_says(tile, turn, zoom):
    tile.state.set_view(View(zoom, turn=turn))

    picture = tile.grab().toImage()

    placement = tile._placement()
    for column, row, gray in ((15, 10, 255), (45, 10, 0), (15, 30, 0), (45, 30, 0)):
        point = placement.to_widget(column, row).toPoint()
        assert picture.pixelColor(point).red() == gray


def test_a_region_drawn_over_a_turned_image_gives_the_window_of_its_values(tile):
    tile.state.set_view(View(turn=Turn(1)))
    placement = tile._placement()
    start, end = (placement.to_widget(*place).toPoint() for place in ((2, 2), (27, 17)))

    QTest.mousePress(tile, Qt.MouseButton.LeftButton, CTRL, start)
    QTest.mouseMove(tile, end)
    QTest.mouseRelease(tile, Qt.MouseButton.LeftButton, CTRL, end)

    assert tile.state.voi.center == pytest.approx(100, abs=1)


def test_the_value_under_the_mouse_is_that_of_the_turned_pixel(tile):
    tile.state.set_view(View(turn=Turn(2)))

    QTest.mouseMove(tile, QPoint(235, 195))

    assert tile._probe_text().startswith("x 1 y 1 · 100")
