"""A run from its order to its end, with a process that learns nothing."""

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from medgan_viewer.training.run_states import RunState
from tests.session.fixtures import PATIENCE_MS
from tests.session.training_runs import status_of, write_run
from tests.ui.marks import assert_marked, grab, is_amber


def words_of(page):
    """Return the lines of the list, one text for each run."""
    tree = page.list.tree
    return [tree.topLevelItem(row).text(0) for row in range(tree.topLevelItemCount())]


def wait_for_words(qtbot, page, words):
    qtbot.waitUntil(lambda: words in page.run.state.text(), timeout=PATIENCE_MS)


def start(qtbot, page, folder, name="Chest"):
    """Fill in the form, press Start, and wait until the run has something to show."""
    page.form.folder.setText(str(folder))
    page.form.name.setText(name)
    page.form.start.click()
    qtbot.waitUntil(lambda: page.run.sheet.sheet is not None, timeout=PATIENCE_MS)


def test_an_empty_page_says_what_to_do_first_with_its_button(
    qtbot, make_page, tmp_path, monkeypatch
):
    page = make_page()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "my_knees"))
    assert page.list.empty.isVisible()
    assert not page.form.start.isEnabled()
    assert page.form.obstacle.text() == "Choose the folder with your images."

    page.run.choose_folder.click()

    assert page.form.folder.text() == str(tmp_path / "my_knees")
    assert page.form.name.text() == "my knees"
    assert page.form.start.isEnabled()


def test_a_run_is_ordered_and_its_curves_and_samples_come_in(qtbot, make_page, tmp_path):
    page = make_page()

    start(qtbot, page, tmp_path)

    assert [text.split("\n")[0] for text in words_of(page)] == ["Chest"]
    wait_for_words(qtbot, page, "running")
    assert page.run.name.text() == "Chest"
    assert "33.3 images/s" in page.run.progress.text()
    assert "of 30 min" in page.run.progress.text()
    assert page.run.progress.text().startswith("warm-up · ")
    legend = page.run.curves.findChildren(type(page.run.curves._entries["loss_g"]))
    assert [box.text().split()[0] for box in legend] == ["loss_g", "loss_d"]
    assert "images" in page.run.sheet.accessibleDescription()


def test_a_run_waits_goes_on_and_stops_by_its_buttons(qtbot, make_page, tmp_path):
    page = make_page()
    start(qtbot, page, tmp_path)
    run = page.run

    run.pause.click()
    wait_for_words(qtbot, page, "paused")
    assert not run.pause.isEnabled()

    run.resume.click()
    wait_for_words(qtbot, page, "running")

    run.stop.click()
    wait_for_words(qtbot, page, "stopped")
    assert [b.isEnabled() for b in (run.pause, run.resume, run.stop)] == [False, True, False]

    run.resume.click()
    wait_for_words(qtbot, page, "running")


def test_a_run_is_found_again_by_another_page(qtbot, make_page, tmp_path):
    first = make_page()
    start(qtbot, first, tmp_path)
    pid = status_of(tmp_path / "runs" / "chest-1")["pid"]

    first.close()
    again = make_page()

    assert psutil.Process(pid).is_running()
    wait_for_words(qtbot, again, "running")
    qtbot.waitUntil(lambda: again.run.sheet.sheet is not None, timeout=PATIENCE_MS)


def test_a_killed_run_is_interrupted_and_can_be_resumed(qtbot, make_page, tmp_path):
    page = make_page()
    start(qtbot, page, tmp_path)

    psutil.Process(status_of(tmp_path / "runs" / "chest-1")["pid"]).kill()

    wait_for_words(qtbot, page, "interrupted")
    assert page.run.problem.isVisible()
    assert "Resume goes on" in page.run.problem.text.text()
    assert page.run.resume.isEnabled()
    assert "interrupted" in words_of(page)[0]


def test_a_failed_run_says_why_in_its_place(qtbot, make_page, tmp_path):
    page = make_page()
    page.form.folder.setText(str(tmp_path))
    page.form.name.setText("fails at once")

    page.form.start.click()

    wait_for_words(qtbot, page, "failed")
    assert page.run.problem.text.text() == "There is no labels.csv. Add one."
    assert not page.run.problem.details.isVisible()
    page.run.problem.fold.click()
    assert "reading ..." in page.run.problem.details.text()


def test_a_folder_that_is_not_there_is_a_notice_on_the_page(qtbot, make_page, tmp_path):
    page = make_page()
    page.form.folder.setText(str(tmp_path / "none"))
    page.form.name.setText("Chest")

    page.form.start.click()

    qtbot.waitUntil(lambda: bool(page.notices.texts()), timeout=PATIENCE_MS)
    assert page.notices.isVisible()


def test_the_samples_carry_the_mark(qtbot, make_page, tmp_path):
    page = make_page()
    start(qtbot, page, tmp_path)

    pixels = grab(page.run.sheet)
    columns = is_amber(pixels).any(axis=0).nonzero()[0]
    rows = is_amber(pixels).any(axis=1).nonzero()[0]

    marked = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert_marked(marked, page.run.sheet.height())
    assert page.shows_synthetic


@pytest.mark.parametrize("has_package", [True, False])
def test_a_finished_run_offers_its_package(qtbot, make_page, root, has_package):
    folder = write_run(root, state="finished")
    if has_package:
        (folder / "package").mkdir()
        (folder / "package" / "manifest.json").write_text("{}")
    page = make_page()
    wait_for_words(qtbot, page, "finished")

    assert page.run.show_package.isEnabled() == has_package
    if has_package:
        with qtbot.waitSignal(page.package_wanted) as wanted:
            page.run.show_package.click()
        assert wanted.args == [folder / "package"]


def test_another_run_of_the_list_is_shown_by_the_keyboard(qtbot, make_page, root):
    write_run(root, "a-1", title="First", curves="10,0.1,loss_a,1\n")
    write_run(root, "b-1", title="Second", curves="10,0.1,loss_b,1\n")
    page = make_page()
    before = page.run.name.text()

    page.list.tree.setFocus()
    QTest.keyClick(page.list.tree, Qt.Key.Key_Down)
    QTest.keyClick(page.list.tree, Qt.Key.Key_Up)
    QTest.keyClick(page.list.tree, Qt.Key.Key_Down)

    assert {before, page.run.name.text()} == {"First", "Second"}
    name = "loss_b" if page.run.name.text() == "Second" else "loss_a"
    qtbot.waitUntil(lambda: list(page.run.curves._entries) == [name], timeout=PATIENCE_MS)


def test_runs_are_looked_at_only_while_the_page_is_seen(qtbot, make_page, root):
    write_run(root, images=100)
    page = make_page()
    runs = page._runs
    page.hide()
    seen = []
    runs.runs_changed.connect(lambda: seen.append(runs.runs))

    write_run(root, "b-1")
    qtbot.wait(200)
    assert seen == []

    page.show()
    qtbot.waitUntil(lambda: len(runs.runs) == 2, timeout=PATIENCE_MS)


def test_text_of_a_run_is_shown_as_text(qtbot, make_page, root):
    write_run(root, title="<b>bold</b>", state="failed", message="<img src='x'>")
    page = make_page()
    wait_for_words(qtbot, page, "failed")

    for label in (page.run.name, page.run.problem.text):
        assert label.textFormat() is Qt.TextFormat.PlainText
    assert page.list.tree.topLevelItem(0).toolTip(0).startswith("<qt>&lt;b&gt;")
    assert page._runs.chosen.state is RunState.FAILED
