"""Everything by keyboard, everything with a name and a tooltip, and keys that do not collide."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QTreeView,
)

from medgan_viewer.session.comparison import CompareMode
from medgan_viewer.session.session import Mode
from medgan_viewer.ui.actions import ACTIONS, Scope
from medgan_viewer.ui.latent.value_slider import ValueSlider
from tests.session.fixtures import PATIENCE_MS, gray_frame

CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, ValueSlider, QTreeView)


@pytest.fixture
def window(qtbot, make_window):
    window = make_window(Mode.GENERATE, hints=True)
    session = window.session
    qtbot.waitUntil(lambda: session.synthetic.frame is not None, timeout=PATIENCE_MS)
    session.acquired[0].start_stack(session.acquired[0].caption, 9, 4, "")
    session.acquired[0].show_frame(gray_frame(100), 4)
    session.notices.post_warning("A warning.", "Do this.")
    return window


def controls(window):
    """Return what the user can operate and sees now, without the insides of spin boxes."""
    found = [widget for kind in CONTROLS for widget in window.findChildren(kind)]
    inside = (QAbstractSpinBox, QLineEdit)
    return [w for w in found if w.isVisible() and not isinstance(w.parent(), inside)]


def name_of(widget):
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


@pytest.mark.parametrize("mode", Mode)
def test_every_control_has_a_name_with_letters_and_a_tooltip(window, mode):
    window.session.set_mode(mode)

    without = [
        (type(w).__name__, name_of(w), w.toolTip())
        for w in controls(window)
        if not any(c.isalpha() for c in name_of(w)) or not (w.toolTip() or isinstance(w, QTreeView))
    ]

    assert without == []


def is_left_to_arrows(widget):
    """Tell whether Tab goes to the chosen button of the group alone, as it does everywhere."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and group.exclusive() and not widget.isChecked()


@pytest.mark.parametrize("mode", [Mode.GENERATE, Mode.COMPARE])
def test_every_control_is_reached_with_tab(window, mode):
    window.session.set_mode(mode)
    window.images.focus_active()
    reached = set()
    for _ in range(200):
        reached.add(QApplication.focusWidget())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)

    wanted = {w for w in controls(window) if w.isEnabled() and not is_left_to_arrows(w)}
    missed = [(type(w).__name__, name_of(w)) for w in wanted - reached]
    assert missed == []
    assert {window.images.widget_of(tile) for tile in window.session.grid.tiles} <= reached


def test_the_swipe_view_is_reached_with_tab_and_left_with_it(window):
    window.session.comparison.set_mode(CompareMode.SWIPE)
    window.session.set_mode(Mode.COMPARE)
    window.images.swipe.setFocus()

    QTest.keyClick(window.images.swipe, Qt.Key.Key_Tab)
    assert not window.images.isAncestorOf(QApplication.focusWidget())

    QTest.keyClick(
        QApplication.focusWidget(), Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier
    )
    assert QApplication.focusWidget() is window.images.swipe


def test_no_key_has_two_meanings():
    keys = [key for action in ACTIONS for key in action.keys]

    assert len(keys) == len(set(keys))


def test_every_action_has_a_tooltip_that_shows_its_key(window):
    for spec in ACTIONS:
        action = window.actions_by_id[spec.action_id]
        assert action.toolTip()
        assert all(key in action.toolTip() for key in spec.keys)


class Watch:
    """Counts what the actions of the images do."""

    def __init__(self, window):
        self.count = 0
        for spec in ACTIONS:
            if spec.scope is Scope.IMAGES:
                window.actions_by_id[spec.action_id].triggered.connect(self._on_triggered)

    def _on_triggered(self):
        self.count += 1


PLAIN_KEYS = [
    *"0123456789irf+-=wstz ",
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
]


@pytest.mark.qt_log_ignore("does not support", extend=True)  # Space opens lists, offscreen too
def test_plain_keys_leave_the_images_alone_while_another_control_has_them(window):
    watch = Watch(window)
    window.studies.search.setVisible(True)
    others = [w for w in controls(window) if w.isEnabled() and not isinstance(w, QAbstractButton)]
    assert {QLineEdit, ValueSlider} <= {type(w) for w in others}

    for widget in others:
        for key in PLAIN_KEYS:
            widget.setFocus()
            QTest.keyClick(widget, key)

    assert watch.count == 0


def test_plain_keys_act_on_the_images_while_a_tile_has_them(window):
    watch = Watch(window)
    window.images.focus_active()

    for key in PLAIN_KEYS:
        QTest.keyClick(QApplication.focusWidget(), key)

    assert watch.count == len(PLAIN_KEYS)


def test_the_search_box_takes_letters_that_are_keys_elsewhere(qtbot, window):
    window.studies.search.setVisible(True)
    window.studies.search.setFocus()

    QTest.keyClicks(window.studies.search, "Dir W?+-=")

    assert window.studies.search.text() == "Dir W?+-="
    assert window.session.mode is Mode.GENERATE


def test_the_arrow_keys_move_the_edge_of_a_swipe(window):
    comparison = window.session.comparison
    comparison.set_mode(CompareMode.SWIPE)
    window.session.set_mode(Mode.COMPARE)
    window.images.swipe.setFocus()

    QTest.keyClick(window.images.swipe, Qt.Key.Key_Right)

    assert comparison.swipe == pytest.approx(0.52)


@pytest.mark.parametrize(
    ("keys", "mode"),
    [
        (Qt.Key.Key_1, Mode.BROWSE),
        (Qt.Key.Key_2, Mode.GENERATE),
        (Qt.Key.Key_3, Mode.TRANSLATE),
        (Qt.Key.Key_4, Mode.COMPARE),
    ],
)
def test_ctrl_and_a_digit_choose_the_mode_from_anywhere(window, keys, mode):
    box = window.findChildren(QCheckBox)[0]
    box.setFocus()

    QTest.keyClick(box, keys, Qt.KeyboardModifier.ControlModifier)

    assert window.session.mode is mode
    assert window.actions_by_id[f"mode_{mode.value}"].isChecked()


def test_undo_works_for_sliders_from_the_images(window):
    window.session.latent.set_seed(9)
    window.images.focus_active()

    QTest.keyClick(QApplication.focusWidget(), "z", Qt.KeyboardModifier.ControlModifier)

    assert window.session.latent.point.seed == 0


def test_focus_is_visible_in_a_tile(window):
    tile = window.images.widget_of(window.session.acquired[0])
    tile.setFocus()
    with_focus = tile.grab().toImage()
    window.studies.open.setFocus()

    assert tile.grab().toImage() != with_focus
