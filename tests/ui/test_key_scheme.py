"""KeyScheme and its editor: other keys, refusals with a word, what is kept."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from medgan_viewer.ui.help_dialogs import KeysDialog
from medgan_viewer.ui.keys_editor import KeysEditor


@pytest.fixture
def scheme(window):
    return window.tool_windows.keys


def test_a_new_key_works_and_the_old_one_does_not(qtbot, ct):
    tile = ct.session.grid.active
    assert ct.tool_windows.keys.set_keys("invert", ["J"]) == ""

    QTest.keyClick(ct.images.widget_of(tile), Qt.Key.Key_I)
    assert not tile.is_inverted
    QTest.keyClick(ct.images.widget_of(tile), Qt.Key.Key_J)
    assert tile.is_inverted


def test_a_key_that_is_taken_is_refused_and_says_by_what(scheme):
    told = scheme.set_keys("invert", ["W"])

    assert told == "W is already the key of 'Left drag: window'."
    assert scheme.keys_of("invert") == ("I",)


def test_a_letter_cannot_be_the_key_of_something_that_works_everywhere(scheme):
    assert "needed for typing" in scheme.set_keys("open_folder", ["J"])
    assert scheme.set_keys("open_folder", ["Ctrl+U"]) == ""
    assert scheme.set_keys("full_screen", ["F12"]) == ""


def test_tooltip_and_help_show_the_keys_in_force(window, scheme):
    scheme.set_keys("hide_identity", ["Ctrl+H"])

    assert window.actions_by_id["hide_identity"].toolTip() == "Hide patient identifiers (Ctrl+H)"
    help_dialog = KeysDialog(window, window.actions_by_id)
    table = help_dialog.findChild(type(KeysEditor(scheme).table))
    texts = [table.item(row, 1).text() for row in range(table.rowCount())]
    assert "Ctrl+H" in texts
    assert "F8" not in texts


def test_only_what_differs_is_kept_and_comes_back(window, scheme):
    scheme.set_keys("invert", ["J"])
    scheme.set_keys("fit", [])

    assert scheme.own_keys == {"invert": ("J",), "fit": ()}
    own = scheme.own_keys
    scheme.reset_all()
    assert scheme.own_keys == {}
    assert scheme.load(own) == ()
    assert scheme.own_keys == own


def test_two_actions_can_have_exchanged_their_keys(scheme):
    assert scheme.load({"tool_pan": ["S"], "tool_scroll": ["T"]}) == ()

    assert scheme.keys_of("tool_pan") == ("S",)


def test_settings_with_a_conflict_keep_the_usual_keys(scheme):
    refused = scheme.load({"invert": ["W"], "no_such_action": ["Q"], "fit": ["not a key"]})

    assert len(refused) == 2
    assert scheme.keys_of("invert") == ("I",)
    assert scheme.keys_of("fit") == ("=",)


def test_the_editor_refuses_in_words_and_sets_what_is_free(qtbot, window, scheme):
    editor = KeysEditor(scheme, window)
    qtbot.addWidget(editor)
    editor.choose("invert")
    editor.key.setKeySequence(QKeySequence("W"))
    editor.set_key()
    assert "already the key" in editor.message.text()

    editor.key.setKeySequence(QKeySequence("J"))
    editor.add_key()
    assert scheme.keys_of("invert") == ("I", "J")
    assert editor.message.text() == ""
    editor.reset_key()
    assert scheme.keys_of("invert") == ("I",)
    editor.clear_keys()
    assert scheme.keys_of("invert") == ()


def test_an_empty_key_is_refused(qtbot, window, scheme):
    editor = KeysEditor(scheme, window)
    qtbot.addWidget(editor)
    editor.choose("invert")

    editor.set_key()

    assert "no key" in editor.message.text()
