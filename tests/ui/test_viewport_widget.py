import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from medgan_viewer.imaging.frame import PaddingRange, PixelFrame
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.tile_view import Caption, Role, View
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget
from tests.ui.marks import grab

SIDE = 400
MIDDLE = QPoint(200, 200)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
MID = Qt.MouseButton.MiddleButton
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


def ramp_frame(**fields):
    """Return 100 x 100 HU from -1024 on, one more per column and 10 per row."""
    rows, columns = np.mgrid[:100, :100]
    stored = (rows * 10 + columns).astype(np.int16)
    defaults = {"modality": "CT", "transform": Rescale(1, -1024, "HU")}
    return PixelFrame(stored=stored, vois=(VoiWindow(0, 400),), **{**defaults, **fields})


@pytest.fixture
def tile(qtbot, theme):
    state = ViewportState(Role.ACQUIRED)
    widget = ViewportWidget(state)
    qtbot.addWidget(widget)
    widget.resize(SIDE, SIDE)
    widget.show()
    state.start_stack(Caption(title="CT"), 5, 2, "")
    state.show_frame(ramp_frame(), 2)
    return widget


def drag(widget, button, by, start=MIDDLE, modifiers=NONE):
    QTest.mousePress(widget, button, modifiers, start)
    for part in (0.25, 0.5, 0.75, 1.0):
        place = start + QPoint(round(by[0] * part), round(by[1] * part))
        send_move(widget, place, button, modifiers)
    QTest.mouseRelease(widget, button, modifiers, start + QPoint(*by))


def send_move(widget, place, button=Qt.MouseButton.NoButton, modifiers=NONE):
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(place),
        QPointF(widget.mapToGlobal(place)),
        Qt.MouseButton.NoButton,
        button,
        modifiers,
    )
    QApplication.sendEvent(widget, event)


def wheel(widget, delta, modifiers=NONE, place=MIDDLE):
    event = QWheelEvent(
        QPointF(place),
        QPointF(widget.mapToGlobal(place)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_a_left_drag_windows(tile):
    drag(tile, LEFT, (40, 20))

    # The range of 1089 HU by 1024 is rounded to 1 HU a pixel: right widens, down raises the center.
    assert (tile.state.voi.width, tile.state.voi.center) == (440, 20)


def test_a_middle_drag_moves_the_image_by_as_much(tile):
    drag(tile, MID, (40, -20))

    # 400 pixels show the whole image: 40 to the right are a tenth of it.
    assert tile.state.view == View(1.0, (-0.1, 0.05))


def test_a_left_drag_with_shift_moves_the_image(tile):
    drag(tile, LEFT, (40, 0), modifiers=SHIFT)

    assert tile.state.view.pan == pytest.approx((-0.1, 0.0))


def test_a_right_drag_upwards_enlarges_towards_the_place_where_it_began(tile):
    start = QPoint(100, 200)
    before = tile._placement().to_image(QPointF(start))

    drag(tile, RIGHT, (0, -100), start=start)

    assert tile.state.view.zoom == pytest.approx(1.005**100)
    assert tile._placement().to_image(QPointF(start)) == pytest.approx(before, abs=0.01)


def test_a_right_click_asks_for_the_menu_and_a_right_drag_does_not(tile, qtbot):
    with qtbot.waitSignal(tile.menu_wanted):
        QTest.mouseClick(tile, RIGHT, NONE, MIDDLE)

    with qtbot.assertNotEmitted(tile.menu_wanted):
        drag(tile, RIGHT, (0, 40))


def test_a_left_drag_with_ctrl_windows_from_the_rectangle(tile):
    drag(tile, LEFT, (40, 40), start=QPoint(1, 1), modifiers=CTRL)

    # Rows and columns 0 to 10: -1024 to -914 HU, of which 0.1 % at either end do not count.
    assert tile.state.voi.center == pytest.approx(-969)
    assert tile.state.voi.width == pytest.approx(110, abs=1)


@pytest.mark.parametrize(("delta", "wanted"), [(-120, 3), (120, 1), (-360, 4)])
def test_the_wheel_scrolls(tile, qtbot, delta, wanted):
    with qtbot.waitSignal(tile.state.index_wanted) as asked:
        wheel(tile, delta)

    assert asked.args == [wanted]


def test_small_steps_of_a_touchpad_add_up_to_an_image(tile, qtbot):
    asked = []
    tile.state.index_wanted.connect(asked.append)

    for _ in range(4):
        wheel(tile, -30)

    assert asked == [3]


def test_the_wheel_with_ctrl_zooms_towards_the_mouse(tile):
    place = QPoint(300, 100)
    before = tile._placement().to_image(QPointF(place))

    wheel(tile, 240, CTRL, place)

    assert tile.state.view.zoom == pytest.approx(1.15**2)
    assert tile._placement().to_image(QPointF(place)) == pytest.approx(before, abs=0.01)


@pytest.mark.parametrize(
    ("tool", "check"),
    [
        ("scroll", lambda state, asked: asked == [3]),
        ("pan", lambda state, asked: state.view.pan[1] < 0),
        ("zoom", lambda state, asked: state.view.zoom < 1),
    ],
)
def test_the_left_button_does_what_the_tool_says(tile, tool, check):
    asked = []
    tile.state.index_wanted.connect(asked.append)
    tile.left_tool = tool

    drag(tile, LEFT, (0, 16))

    assert check(tile.state, asked)


def test_a_double_click_asks_to_be_alone(tile, qtbot):
    with qtbot.waitSignal(tile.maximize_wanted):
        QTest.mouseDClick(tile, LEFT, NONE, MIDDLE)


def test_any_press_or_wheel_activates_the_tile(tile, qtbot):
    with qtbot.waitSignal(tile.activated):
        QTest.mousePress(tile, MID, NONE, MIDDLE)
    QTest.mouseRelease(tile, MID, NONE, MIDDLE)
    with qtbot.waitSignal(tile.activated):
        wheel(tile, 120)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (QPoint(2, 2), "x 0 y 0 · -1024 HU"),
        (QPoint(2 + 4 * 30, 2 + 4 * 20), "x 30 y 20 · -794 HU"),
    ],
)
def test_the_value_under_the_mouse_is_told(tile, place, text):
    send_move(tile, place)

    assert tile._probe_text() == text


def test_padding_under_the_mouse_is_no_value(tile):
    tile.state.show_frame(ramp_frame(padding=PaddingRange(0, 0)))

    send_move(tile, QPoint(2, 2))

    assert tile._probe_text() == "x 0 y 0 · no image here"


def test_beside_the_image_nothing_is_told(tile):
    tile.state.set_view(View(0.5))

    send_move(tile, QPoint(2, 2))

    assert tile._probe_text() == ""


def test_an_empty_tile_takes_the_mouse_without_complaint(tile):
    tile.state.show_message("broken")

    for button in (LEFT, RIGHT, MID):
        drag(tile, button, (20, 20))
    wheel(tile, 120, CTRL)

    assert tile.state.frame is None


def test_the_image_on_screen_is_the_image_rendered(tile):
    """The middle of a pixel on screen is the gray that the window gives."""
    tile.state.toggle_smoothing()

    pixels = grab(tile)

    # Stored 20 * 10 + 50 = 250, -774 HU, below the window of -200 to 200; row 90: 950, -74 HU.
    assert pixels[80 + 2, 200 + 2].tolist() == [0, 0, 0]
    # PS3.3 C.11.2.1.2: (-74 - (0 - 0.5)) / (400 - 1) + 0.5 of 255 = 80.53
    assert pixels[360 + 2, 200 + 2].tolist() == [81, 81, 81]


def test_inversion_turns_the_grays_over(tile):
    tile.state.toggle_smoothing()
    tile.state.toggle_inversion()

    assert grab(tile)[82, 202].tolist() == [255, 255, 255]


def test_painting_a_new_frame_is_told_once(tile, qtbot):
    told = []
    tile.state.painted.connect(told.append)
    tile.state.show_frame(ramp_frame(), 2)

    tile.grab()
    tile.grab()

    assert told == [tile.state.frame]


def test_tab_into_a_tile_activates_it(tile, qtbot):
    tile.clearFocus()
    with qtbot.waitSignal(tile.activated):
        tile.setFocus(Qt.FocusReason.TabFocusReason)
