import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from medgan_viewer.session.latent import LatentState
from medgan_viewer.ui.latent.latent_panel import LatentPanel
from tests.package_factory import write_tiny_package
from tests.ui.test_viewport_widget import drag, wheel

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def state(qapp, packages):
    state = LatentState()
    state.set_package(packages.generator)
    return state


@pytest.fixture
def panel(qtbot, theme, state):
    panel = LatentPanel(state)
    qtbot.addWidget(panel)
    panel.resize(300, 700)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def thumb(slider):
    return QPoint(round(slider.x_of(slider.value)), slider.height() // 2)


def test_dragging_a_slider_moves_the_value_and_is_one_step_for_undo(panel, state):
    slider = panel.direction_row("pc-01").slider
    pixels_per_sd = (slider.width() - 14) / 6  # a thumb of 14 px; -3 to 3 SD

    drag(slider, LEFT, (round(2 * pixels_per_sd), 0), start=thumb(slider))

    assert state.point.offsets["pc-01"] == pytest.approx(2, abs=0.1)
    state.undo()
    assert not state.can_undo
    assert slider.value == 0


def test_a_drag_near_zero_lands_on_it(panel, state):
    slider = panel.direction_row("pc-01").slider

    drag(slider, LEFT, (1, 0), start=thumb(slider))

    assert dict(state.point.offsets) == {}


def test_a_click_beside_the_thumb_moves_it_there(panel, state):
    slider = panel.direction_row("pc-01").slider

    QTest.mouseClick(slider, LEFT, pos=QPoint(slider.width() - 2, 10))

    assert state.point.offsets["pc-01"] == 3


def test_a_drag_with_shift_makes_fine_steps(panel, state):
    slider = panel.direction_row("pc-01").slider
    pixels_per_sd = (slider.width() - 14) / 6

    drag(
        slider,
        LEFT,
        (round(2 * pixels_per_sd), 0),
        start=thumb(slider),
        modifiers=Qt.KeyboardModifier.ShiftModifier,
    )

    assert state.point.offsets["pc-01"] == pytest.approx(0.2, abs=0.02)


def test_a_double_click_resets(panel, state):
    state.set_offset("pc-01", 2)
    slider = panel.direction_row("pc-01").slider

    QTest.mouseDClick(slider, LEFT, pos=QPoint(5, 10))

    assert dict(state.point.offsets) == {}


@pytest.mark.parametrize(
    ("key", "modifiers", "value"),
    [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 1.1),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 0.9),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier, 1.01),
        (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, 0.0),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, -3.0),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 3.0),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, 0.0),
    ],
)
def test_keys_move_a_slider(panel, state, key, modifiers, value):
    state.set_offset("pc-01", 1.0)

    QTest.keyClick(panel.direction_row("pc-01").slider, key, modifiers)

    assert state.point.offsets.get("pc-01", 0.0) == pytest.approx(value)


def test_the_wheel_steps_a_slider_with_ctrl_alone(panel, state):
    slider = panel.direction_row("pc-01").slider

    wheel(slider, 120, place=thumb(slider))
    assert dict(state.point.offsets) == {}

    wheel(slider, 120, Qt.KeyboardModifier.ControlModifier, thumb(slider))
    assert state.point.offsets["pc-01"] == pytest.approx(0.1)


def type_into(box, text):
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def test_typing_a_number_sets_it_in_one_step(panel, state):
    type_into(panel.direction_row("pc-02").number, "1.25")

    assert state.point.offsets["pc-02"] == 1.25
    state.undo()
    assert not state.can_undo


def test_typing_a_percentage_mixes_the_labels(panel, state):
    type_into(panel.label_row("effusion").number, "40")

    assert dict(state.point.label_weights) == pytest.approx({"normal": 0.6, "effusion": 0.4})
    assert panel.label_row("normal").number.text() == "60 %"


def test_typing_a_seed_makes_one_sample(panel, state):
    made = []
    state.point_changed.connect(made.append)

    type_into(panel.seed, "4123")

    assert [point.seed for point in made] == [4123]


def test_the_numbers_are_wide_enough_to_be_read(panel, state):
    """A style sheet once left the text one pixel of width."""
    state.set_seed(987654)
    for box in (panel.seed, panel.label_row("normal").number, panel.direction_row("pc-01").number):
        text = box.lineEdit()
        assert text.width() >= text.fontMetrics().horizontalAdvance(box.text())


def test_rows_show_what_undo_brings_back_and_tell_nothing(panel, state):
    state.set_offset("pc-01", 2)
    told = []
    panel.direction_row("pc-01").value_edited.connect(told.append)

    state.undo()

    assert panel.direction_row("pc-01").number.value() == 0
    assert told == []


def test_another_generator_gets_rows_of_its_own(panel, state, packages, qtbot):
    state.set_package(packages.other)

    panel.label_row("one")
    with pytest.raises(KeyError):
        panel.direction_row("pc-01")


def test_switching_generators_leaves_the_noise_box_connected_once(panel, state, packages):
    for package in (packages.other, packages.generator, packages.other, packages.generator):
        state.set_package(package)
    made = []
    state.point_changed.connect(made.append)

    panel.noise.click()

    assert [point.noise for point in made] == [False]


def test_weaker_directions_wait_behind_a_button(qtbot, theme, tmp_path, monkeypatch):
    monkeypatch.setattr("medgan_viewer.ui.latent.latent_panel.FIRST_DIRECTIONS", 1)
    state = LatentState()
    state.set_package(write_tiny_package(tmp_path / "two"))
    panel = LatentPanel(state)
    qtbot.addWidget(panel)
    [more] = [b for b in panel.findChildren(QToolButton) if "weaker" in b.toolTip()]
    assert panel.direction_row("pc-02").isHidden()
    assert more.text() == "1 more ▸"

    more.click()

    assert not panel.direction_row("pc-02").isHidden()


def test_without_a_generator_the_panel_is_off(panel, state):
    state.set_package(None)

    assert not panel.isEnabled()


def test_reset_and_undo_are_offered_when_they_do_something(panel, state):
    assert not panel.undo.isEnabled()
    assert not panel.reset.isEnabled()

    state.set_truncation(1.2)
    assert panel.undo.isEnabled()
    panel.reset.click()
    assert state.point == state.default_point()
    assert not panel.reset.isEnabled()

    panel.undo.click()
    panel.undo.click()
    assert panel.redo.isEnabled()
    assert not panel.undo.isEnabled()


def test_the_dice_make_another_sample(panel, state):
    state.set_seed(20_000)  # the dice stay below 10 000
    [dice] = [b for b in panel.findChildren(QToolButton) if "random" in b.toolTip()]

    dice.click()

    assert state.point.seed < 10_000
