import numpy as np
import pytest

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.reference_lines import PixelLine
from medgan_viewer.imaging.turn import Turn
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.guides import GuideLine
from medgan_viewer.session.tile_view import Caption, Role
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.viewport.guide_overlay import PALETTE
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget


@pytest.fixture
def tile(qtbot, theme):
    state = ViewportState(Role.ACQUIRED)
    widget = ViewportWidget(state)
    qtbot.addWidget(widget)
    widget.resize(200, 200)
    widget.show()
    state.start_stack(Caption(), 1, 0, "")
    state.show_frame(PixelFrame(stored=np.zeros((100, 100), np.uint8), vois=(VoiWindow(99, 9),)))
    return widget


def colored_pixels(widget, color):
    picture = widget.grab().toImage()
    wanted = (color.red(), color.green(), color.blue())
    return [
        (x, y)
        for x in range(picture.width())
        for y in range(picture.height())
        if all(
            abs(part - want) < 60
            for part, want in zip(picture.pixelColor(x, y).getRgb(), wanted, strict=False)
        )
    ]


@pytest.mark.parametrize(("turn", "axis"), [(Turn(), 1), (Turn(1), 0)])
def test_a_line_turns_with_its_image(tile, turn, axis):
    tile.state.turn(turn)
    level = GuideLine(PixelLine((-0.5, 29.5), (99.5, 29.5)), 1, "")

    tile.state.guides.show((level,), None, None)

    found = colored_pixels(tile, PALETTE[1])
    places = {place[axis] for place in found}
    # Row 29.5 of 100 lies at 60 of 200 pixels; turned clockwise it is 60 from the right.
    wanted = 60 if axis == 1 else 140
    assert len(found) > 150
    assert all(abs(place - wanted) <= 1 for place in places)


def test_the_cursor_leaves_the_point_itself_free(tile):
    tile.state.guides.show((), (49.5, 49.5), None)

    picture = tile.grab().toImage()

    assert picture.pixelColor(100, 100).red() < 60
    assert picture.pixelColor(106, 100).red() > 150
    assert picture.pixelColor(100, 94).red() > 150


def test_a_line_that_is_scrolled_out_of_sight_is_no_trouble(tile):
    far = GuideLine(PixelLine((-500.0, -500.0), (-400.0, -450.0)), 0, "12")

    tile.state.guides.show((far,), (-1000.0, 5.0), 0)

    assert not tile.grab().toImage().isNull()
