"""The training page as a part of the window: reached, left, named, and survived by its runs."""

import shutil

import psutil
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from medgan_viewer.session.session import Mode
from tests.session.fixtures import PATIENCE_MS, packages  # noqa: F401
from tests.session.training_runs import status_of, write_run
from tests.ui.keys import press
from tests.ui.test_accessibility import controls, is_left_to_arrows, name_of

CTRL = Qt.KeyboardModifier.ControlModifier
PNG_SHEET = "00001200.png"


@pytest.fixture
def open_window(qtbot, make_window, make_session, root, command):
    """Return a function that opens a window on the runs folder of the test, at the page."""

    def open_window(mode=Mode.BROWSE, size=(1280, 800)):
        session = make_session(runs_folder=root, training_command=command)
        window = make_window(mode, session=session, size=size)
        window.actions_by_id["train"].trigger()
        qtbot.waitUntil(lambda: session.training.was_read, timeout=PATIENCE_MS)
        return window

    return open_window


@pytest.fixture
def window(root, open_window):
    """Return a window at the page, with a finished run."""
    folder = write_run(root, state="finished", curves="10,1,loss_g,2\n20,2,loss_g,1\n")
    Image.new("L", (64, 64), 90).save(folder / "sheets" / PNG_SHEET)
    return open_window()


def wait_for_sheet(qtbot, window):
    qtbot.waitUntil(lambda: window.training.run.sheet.sheet is not None, timeout=PATIENCE_MS)


def test_a_key_opens_the_page_and_a_mode_leaves_it(window):
    press(window, Qt.Key.Key_1, CTRL)  # the mode that it had before, too
    assert window.images.isVisible()
    assert not window.training.isVisible()

    press(window, Qt.Key.Key_T, CTRL)
    assert window.training.isVisible()
    assert window.actions_by_id["train"].isChecked()
    assert not window.actions_by_id["mode_browse"].isChecked()
    assert window.training.isAncestorOf(QApplication.focusWidget())

    press(window, Qt.Key.Key_2, CTRL)
    assert window.images.isVisible()
    assert window.actions_by_id["mode_generate"].isChecked()


def test_opened_images_are_shown_in_place_of_the_page(window, tmp_path):
    for act in (
        lambda: window.open_paths([tmp_path]),
        window.open_demo,
        window.actions_by_id["compare_difference"].trigger,
    ):
        window.show_training()

        act()

        assert window.images.isVisible()


def test_a_notice_is_seen_on_both_pages(window):
    window.session.notices.post_info("Something happened.")

    assert window.training.notices.isVisible()
    press(window, Qt.Key.Key_1, CTRL)
    assert window.notices.isVisible()


def test_training_goes_on_when_the_window_is_closed(qtbot, open_window, root, tmp_path):
    window = open_window()
    form = window.training.form
    form.folder.setText(str(tmp_path))
    form.name.setText("Chest")
    press(form.name, Qt.Key.Key_Return)
    form.name.returnPressed.emit()
    qtbot.waitUntil(lambda: (root / "chest-1" / "status.json").exists(), timeout=PATIENCE_MS)
    process = psutil.Process(status_of(root / "chest-1")["pid"])

    window.close()
    assert process.is_running()
    before = status_of(root / "chest-1")["images"]
    again = open_window()

    qtbot.waitUntil(lambda: "running" in again.training.run.state.text(), timeout=PATIENCE_MS)
    assert again.session.training.chosen.images >= before
    assert process.is_running()


def test_a_finished_package_is_used_in_the_mode_that_fits_it(
    qtbot,
    window,
    root,
    packages,  # noqa: F811
):
    for package, mode in (
        (packages.generator, Mode.GENERATE),
        (packages.translator, Mode.TRANSLATE),
    ):
        folder = shutil.copytree(package.folder, root / "chest-1" / "package")
        window.show_training()
        button = window.training.run.show_package
        qtbot.waitUntil(button.isEnabled, timeout=PATIENCE_MS)

        button.click()

        session = window.session
        used = session.latent.package if mode is Mode.GENERATE else session.translation.package
        assert session.mode is mode
        assert used.folder == folder
        assert window.images.isVisible()
        shutil.rmtree(folder)


def test_a_damaged_package_is_told_and_the_page_stays(qtbot, window, root):
    (root / "chest-1" / "package").mkdir()
    (root / "chest-1" / "package" / "manifest.json").write_text("{}")
    qtbot.waitUntil(window.training.run.show_package.isEnabled, timeout=PATIENCE_MS)

    window.training.run.show_package.click()

    assert window.training.notices.texts()
    assert window.training.isVisible()


def test_a_picture_of_the_page_says_that_it_holds_synthetic_images(
    qtbot, window, tmp_path, monkeypatch
):
    wait_for_sheet(qtbot, window)
    path = tmp_path / "shot.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))

    window.actions_by_id["save_picture"].trigger()

    qtbot.waitUntil(lambda: path.exists() and not window.session.service.jobs, timeout=PATIENCE_MS)
    with Image.open(path) as image:
        assert image.info["Synthetic"] == "YES, in part"


def test_every_control_has_a_name_and_a_tooltip_and_is_reached_with_tab(qtbot, window):
    wait_for_sheet(qtbot, window)
    qtbot.waitUntil(lambda: bool(window.training.run.curves._entries), timeout=PATIENCE_MS)
    all_controls = controls(window)
    without = [
        (type(w).__name__, name_of(w), w.toolTip())
        for w in all_controls
        if not any(c.isalpha() for c in name_of(w))
        or not (w.toolTip() or w is window.training.list.tree)
    ]
    assert without == []

    reached = set()
    for _ in range(80):
        reached.add(QApplication.focusWidget())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    wanted = {w for w in all_controls if w.isEnabled() and not is_left_to_arrows(w)}
    assert [name_of(w) for w in wanted - reached] == []


def test_letters_typed_on_the_page_are_no_keys_of_the_images(qtbot, window):
    mode, seed = window.session.mode, window.session.latent.point.seed

    QTest.keyClicks(window.training.form.name, "DWR fit 0")

    assert window.training.form.name.text() == "DWR fit 0"
    assert (window.session.mode, window.session.latent.point.seed) == (mode, seed)
    assert window.training.isVisible()


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_the_page_fits_the_window(qtbot, open_window, root, size):
    write_run(root, curves="10,1,loss_g,2\n")
    window = open_window(size=size)
    page = window.training

    assert window.size().toTuple() == size
    assert page.run.curves.plot.width() > 0.3 * size[0]
    assert page.run.sheet.width() > 0.3 * size[0]
    for widget in (page.form.start, page.list.tree, page.run.show_package):
        place = widget.mapTo(page, widget.rect().bottomRight())
        assert page.rect().contains(place)
