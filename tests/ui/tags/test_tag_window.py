"""TagWindow: follows the image, hides identifiers, copies plain text, compares."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from medgan_viewer.ui.tags.tag_model import MARK, NAME, OTHER_VALUE, VALUE
from tests.dicom_factory import make_ct
from tests.session.fixtures import PATIENCE_MS


@pytest.fixture
def tags(qtbot, ct):
    """Return the tag window over a series of 12 slices, its middle on screen."""
    ct.actions_by_id["show_tags"].trigger()
    window = ct.tool_windows.tags
    wait_for(qtbot, window, lambda: text(window, "(0020,0013)") is not None)
    return window


def wait_for(qtbot, window, condition):
    browser = window._browser
    qtbot.waitUntil(lambda: not browser.message and bool(condition()), timeout=PATIENCE_MS)


def place(window, tag):
    return next((i for i, p in enumerate(window.model.lines.pairs) if p.row.tag == tag), None)


def text(window, tag, column=VALUE):
    found = place(window, tag)
    return None if found is None else window.model.text(found, column)


def select(window, *tags):
    selection = window.tree.selectionModel()
    flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
    for tag in tags:
        selection.select(window.model.index_of(place(window, tag)), flags)


def test_the_elements_follow_the_image_on_screen(qtbot, ct, tags):
    before = text(tags, "(0020,0032)")

    ct.actions_by_id["last_image"].trigger()

    wait_for(qtbot, tags, lambda: text(tags, "(0020,0032)") not in (None, before))


def test_a_chosen_file_stays_while_one_scrolls(qtbot, ct, tags, tmp_path, monkeypatch):
    path = make_ct(tmp_path / "one.dcm", KVP="77")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))

    QTest.mouseClick(tags.file, Qt.MouseButton.LeftButton)

    wait_for(qtbot, tags, lambda: text(tags, "(0018,0060)") == "77")
    ct.actions_by_id["first_image"].trigger()
    assert not tags.follow.isChecked()
    assert tags._browser.left == path


def test_the_privacy_key_hides_names_files_and_what_is_copied(qtbot, ct, tags):
    assert text(tags, "(0010,0010)") == "TEST^CASE"
    select(tags, "(0010,0010)", "(0008,0060)")

    ct.actions_by_id["hide_identity"].trigger()

    wait_for(qtbot, tags, lambda: text(tags, "(0010,0010)") == "hidden")
    assert "hidden" in tags.names.text()
    assert not tags.names.toolTip()
    select(tags, "(0010,0010)", "(0008,0060)")
    tags.copy_lines()
    copied = QGuiApplication.clipboard().text()
    assert copied == ("(0008,0060)\tModality\tCS\tCT\n(0010,0010)\tPatient's Name\tPN\thidden")


def test_markup_in_a_value_is_shown_as_text(qtbot, tags, tmp_path):
    path = make_ct(tmp_path / "m.dcm", SeriesDescription="<b>bold</b>")
    tags.show_file(path)
    wait_for(qtbot, tags, lambda: text(tags, "(0008,103E)") == "<b>bold</b>")

    index = tags.model.index_of(place(tags, "(0008,103E)")).siblingAtColumn(VALUE)

    assert index.data() == "<b>bold</b>"
    assert "&lt;b&gt;" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_the_next_image_stands_beside_with_differences_marked(qtbot, tags):
    tags.compare_menu.aboutToShow.emit()
    menu = {action.text(): action for action in tags.compare_menu.actions()}

    menu["Next image"].trigger()

    wait_for(qtbot, tags, lambda: tags._browser.shows_two)
    assert text(tags, "(0020,0013)", MARK) == "≠"
    assert text(tags, "(0010,0010)", MARK) == ""
    assert text(tags, "(0020,0013)") != text(tags, "(0020,0013)", OTHER_VALUE)
    tags.only_differences.setChecked(True)
    wait_for(qtbot, tags, lambda: text(tags, "(0010,0010)") is None)


def test_typing_finds_elements_by_name(qtbot, tags):
    QTest.keyClicks(tags.search, "rescale")

    wait_for(qtbot, tags, lambda: len(tags.model.lines.pairs) <= 3)
    assert all("Rescale" in tags.model.text(i, NAME) for i in range(len(tags.model.lines.pairs)))
