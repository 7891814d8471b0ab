"""TagBrowser: read in the background, newest wins, comparison, search."""

import pytest

from tests.dicom_factory import make_ct
from tests.session.fixtures import PATIENCE_MS


@pytest.fixture
def browser(session):
    return session.tags


def wait_for(qtbot, browser, condition):
    qtbot.waitUntil(lambda: not browser.message and bool(condition()), timeout=PATIENCE_MS)


def values(browser, tag):
    return [
        tuple(row.value if row else None for row in (pair.left, pair.right))
        for pair in browser.lines.pairs
        if pair.row.tag == tag
    ]


def test_a_file_is_read_without_holding_the_window_up(qtbot, browser, tmp_path):
    browser.show(make_ct(tmp_path / "a.dcm", KVP="120"))

    assert browser.message == "Reading …"
    wait_for(qtbot, browser, lambda: browser.lines.pairs)
    assert values(browser, "(0018,0060)") == [("120", None)]


def test_of_several_files_the_newest_is_shown(qtbot, browser, tmp_path):
    paths = [make_ct(tmp_path / f"{kv}.dcm", KVP=str(kv)) for kv in (80, 100, 120)]
    for path in paths:
        browser.show(path)

    wait_for(qtbot, browser, lambda: values(browser, "(0018,0060)") == [("120", None)])


def test_two_files_stand_side_by_side_until_the_comparison_ends(qtbot, browser, tmp_path):
    browser.show(make_ct(tmp_path / "a.dcm", KVP="120"))
    browser.compare_with(make_ct(tmp_path / "b.dcm", KVP="80"))

    wait_for(qtbot, browser, lambda: browser.shows_two)
    assert values(browser, "(0018,0060)") == [("120", "80")]
    browser.show_only_differences(True)
    wait_for(qtbot, browser, lambda: len(browser.lines.pairs) < 10)
    browser.compare_with(None)
    wait_for(qtbot, browser, lambda: not browser.shows_two)
    assert len(browser.lines.pairs) > 10


def test_a_broken_file_says_why_and_the_next_one_is_read(qtbot, browser, tmp_path):
    bad = tmp_path / "bad.dcm"
    bad.write_text("no image " * 40)
    browser.show(bad)

    qtbot.waitUntil(lambda: "bad.dcm is a text file" in browser.message, timeout=PATIENCE_MS)
    assert not browser.lines.pairs
    browser.show(make_ct(tmp_path / "a.dcm"))
    wait_for(qtbot, browser, lambda: browser.lines.pairs)


def test_a_broken_second_file_leaves_the_first_on_screen(qtbot, browser, tmp_path):
    bad = tmp_path / "bad.dcm"
    bad.write_text("no image " * 40)
    browser.show(make_ct(tmp_path / "a.dcm"))
    wait_for(qtbot, browser, lambda: browser.lines.pairs)
    browser.compare_with(bad)

    qtbot.waitUntil(lambda: "bad.dcm" in browser.message, timeout=PATIENCE_MS)
    assert browser.right is None
    assert values(browser, "(0008,0060)") == [("CT", None)]


def test_a_search_without_a_match_says_so(qtbot, browser, tmp_path):
    browser.show(make_ct(tmp_path / "a.dcm"))
    browser.search("no such thing")

    qtbot.waitUntil(lambda: browser.message == "Nothing is found.", timeout=PATIENCE_MS)


def test_closing_while_a_file_is_read_leaves_nothing_behind(session, tmp_path):
    session.tags.show(make_ct(tmp_path / "a.dcm"))
    session.close()
    session.tags.show(make_ct(tmp_path / "b.dcm"))
