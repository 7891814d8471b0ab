"""The program from its start to its end: what it remembers, what it tells, what it survives."""

import faulthandler
import json
import logging
import shutil
import signal
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from medgan_viewer import app, paths
from medgan_viewer.app import Start, run
from medgan_viewer.errors import EXIT_INPUT, InputError, UsageError
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode
from medgan_viewer.ui.first_run import demo_paths
from medgan_viewer.ui.main_window import MainWindow
from tests.dicom_factory import make_series
from tests.package_factory import write_tiny_package
from tests.session.fixtures import PATIENCE_MS, QuickEngine, deliver_posted, gray_frame, packages  # noqa: F401

STAYS_OPEN = object()
AS_IT_IS = Start()
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)  # offscreen


@pytest.fixture
def start(qtbot, monkeypatch, packages):  # noqa: F811
    """Return a function that runs the program, acts in its window, closes it and says the code.

    `act` gets the window and may wait; the window is closed after it, unless it says STAYS_OPEN.
    """
    monkeypatch.setattr(paths, "shipped_packages", lambda: packages.root)
    monkeypatch.setattr(app, "make_engine", lambda device: QuickEngine())
    level = logging.getLogger().level
    failures = []

    def start(asked=AS_IT_IS, act=lambda window: None):
        def visit():
            windows = QApplication.topLevelWidgets()
            window = next((w for w in windows if isinstance(w, MainWindow) and w.isVisible()), None)
            if window is None or not window.windowHandle().isExposed():
                return
            timer.stop()
            try:
                if act(window) is STAYS_OPEN:
                    return
            except BaseException as error:  # noqa: BLE001 - the window must be closed all the same
                failures.append(error)
            window.close()

        before = set(QApplication.topLevelWidgets())
        timer = QTimer()
        timer.timeout.connect(visit)
        timer.start(5)
        code = run(asked)
        deliver_posted()
        if failures:
            raise failures[0]
        assert set(QApplication.topLevelWidgets()) == before
        return code

    yield start
    # A window closed after the end asks Qt to quit once more; unheard, it ends every later loop.
    QTimer.singleShot(0, QApplication.quit)
    QApplication.exec()
    logging.getLogger().setLevel(level)
    faulthandler.enable(sys.__stderr__)


def test_the_window_comes_back_as_it_was_left(start, tmp_path):
    make_series(tmp_path / "ct", range(2))

    def change_everything(window):
        window.resize(1300, 650)
        window.open_paths([tmp_path / "ct"])
        window.session.choose_package(window.session.library.find("other"))
        window.set_panel_open("toggle_left", False)
        window.set_panel_open("toggle_right", False)
        [close_hints] = window.hints.findChildren(QToolButton)
        close_hints.click()
        window.session.set_mode(Mode.BROWSE)
        window.session.set_layout(Layout(2, 3))
        window.session.grid.set_links(view=False, scroll=False)
        QTest.keyClick(window, Qt.Key.Key_F8)

    def look(window):
        session = window.session
        assert window.height() == 650  # the screen of these tests is narrower than the window
        assert session.studies.opened == (tmp_path / "ct",)
        assert (session.latent.package.id, session.translation.package.id) == (
            "other",
            "tiny-t1-to-t2",
        )
        assert not window.left_side.is_open
        assert not window.right_side.is_open
        assert not window.hints.isVisible()
        assert (session.mode, session.browse_layout) == (Mode.BROWSE, Layout(2, 3))
        assert not session.grid.link_view
        assert not session.grid.link_scroll
        assert session.identity_hidden
        assert window.actions_by_id["hide_identity"].isChecked()
        assert window.images.widget_of(session.acquired[0])._hide_identity

    assert start(act=change_everything) == 0
    assert start(act=look) == 0


def test_the_first_start_shows_the_demonstration_and_the_second_does_not(start):
    opened = []

    for _ in range(2):
        start(act=lambda window: opened.append(list(window.session.studies.opened)))

    assert opened == [demo_paths(), []]
    assert opened[0]


def test_a_first_start_with_a_folder_shows_that_folder(start, tmp_path):
    make_series(tmp_path, range(2))

    def look(window):
        assert window.session.studies.opened == (tmp_path,)

    start(Start(paths=(tmp_path,)), look)


def test_a_folder_that_is_gone_is_not_opened_again(start, tmp_path):
    folder = tmp_path / "ct"
    make_series(folder, range(2))
    start(Start(paths=(folder,)))
    shutil.rmtree(folder)

    def look(window):
        assert window.session.studies.opened == ()
        assert window.notices.texts() == []

    start(act=look)


def test_settings_that_cannot_be_read_are_set_aside_and_named(start):
    path = paths.data_folder() / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_text("{ torn")
    texts = []

    start(act=lambda window: texts.extend(window.notices.texts()))

    kept = path.with_name("settings.unreadable")
    assert kept.read_text() == "{ torn"
    assert [str(kept) in text for text in texts] == [True]
    assert json.loads(path.read_text())["schema_version"] == 1


def test_a_package_opened_by_hand_is_there_the_next_time_also_after_its_drive_was_away(
    start, tmp_path
):
    package = write_tiny_package(tmp_path / "drive" / "mine")
    folder, own = package.folder, package.id
    away = tmp_path / "away"

    def ids(window):
        return {package.id for package in window.session.library.packages}

    start(act=lambda window: window.open_paths([folder]))
    seen = []
    folder.parent.rename(away)
    start(act=lambda window: seen.append(own in ids(window)))
    away.rename(folder.parent)
    start(act=lambda window: seen.append(own in ids(window)))

    assert seen == [False, True]


def test_the_mode_of_the_command_line_wins_over_the_last_one(start):
    modes = []
    for asked in (Start(mode="compare"), Start(), Start(mode="browse")):
        start(asked, lambda window: modes.append(window.session.mode))

    assert modes == [Mode.COMPARE, Mode.COMPARE, Mode.BROWSE]


def test_a_mode_that_does_not_exist_ends_the_program_with_the_modes_that_do(start):
    with pytest.raises(UsageError, match="Use browse, generate, translate or compare"):
        run(Start(mode="sideways"))

    deliver_posted()
    assert not [t for t in threading.enumerate() if t.name.startswith("medgan-")]


def test_an_unknown_model_is_told_and_the_window_can_be_used(start, qtbot):
    def use(window):
        [text] = window.notices.texts()
        assert "no-such-model" in text
        qtbot.waitUntil(lambda: window.session.synthetic.frame is not None, timeout=PATIENCE_MS)
        window.right.latent.seed.setValue(7)
        qtbot.waitUntil(
            lambda: window.session.synthetic.frame.stored[1, 1] == 7, timeout=PATIENCE_MS
        )

    assert start(Start(model="no-such-model"), use) == 0


def test_the_model_of_the_command_line_is_chosen_with_its_mode(start):
    def look(window):
        assert window.session.mode is Mode.TRANSLATE
        assert window.session.translation.package.id == "tiny-t1-to-t2"

    start(Start(model="tiny-t1-to-t2"), look)


def test_compare_shows_what_the_model_of_the_command_line_makes_also_the_next_time(start):
    sources = []

    for asked in (
        Start(mode="compare", model="tiny-t1-to-t2"),
        Start(mode="compare"),
        Start(mode="compare", model="tiny"),
    ):
        start(asked, lambda window: sources.append(window.session.source_mode))

    assert sources == [Mode.TRANSLATE, Mode.TRANSLATE, Mode.GENERATE]


def look_on(window):
    """Leave the window to the picture that is taken of it."""
    return STAYS_OPEN


def test_a_picture_does_not_depend_on_the_mode_of_the_last_time_nor_change_it(start, tmp_path):
    make_series(tmp_path / "ct", range(2))
    start(Start(mode="translate"))
    kept = (paths.data_folder() / "settings.json").read_bytes()

    code = start(Start(paths=(tmp_path / "ct",), screenshot=tmp_path / "shot.png"), look_on)

    assert code == 0
    assert (tmp_path / "shot.png").is_file()
    assert (paths.data_folder() / "settings.json").read_bytes() == kept


def test_a_picture_of_a_series_that_the_translator_refuses_names_the_reason(start, tmp_path):
    make_series(tmp_path / "ct", range(2))
    asked = Start(paths=(tmp_path / "ct",), screenshot=tmp_path / "shot.png", mode="translate")

    with pytest.raises(InputError, match="this series is CT") as refused:
        start(asked, look_on)

    assert refused.value.exit_code == EXIT_INPUT
    assert (tmp_path / "shot.png").is_file()
    deliver_posted()


def test_a_broken_package_of_the_user_is_told_and_the_others_are_there(start, packages):  # noqa: F811
    folder = shutil.copytree(packages.generator.folder, paths.user_packages() / "mine")
    (folder / "manifest.json").write_text('{"schema_version": 7}')

    def look(window):
        [text] = window.notices.texts()
        assert "manifest version 7" in text
        assert window.session.latent.package is not None

    start(act=look)


def test_the_report_of_a_crash_is_offered_at_the_next_start_and_not_again(start):
    crash = (
        "import os; from medgan_viewer import logs, paths; "
        "logs.enable_crash_file(paths.log_folder()); os.abort()"
    )
    done = subprocess.run([sys.executable, "-c", crash], capture_output=True, check=False)
    assert done.returncode != 0
    told = []

    for _ in range(2):
        start(act=lambda window: told.append(window.notices.texts()))

    report = paths.log_folder() / "crash-previous.log"
    assert [str(report) in text for text in told[0]] == [True]
    assert "Aborted" in report.read_text()
    assert told[1] == []


def raise_in_a_slot(window):
    QTimer.singleShot(0, window, fail)


def raise_in_a_thread(window):
    threading.Thread(target=fail).start()


def fail(*_, **__):
    raise RuntimeError("made for this test")


@pytest.mark.parametrize("fault", [raise_in_a_slot, raise_in_a_thread])
def test_a_bug_is_told_and_reported_and_the_window_lives_on(start, qtbot, expects_error_log, fault):
    def use(window):
        fault(window)
        qtbot.waitUntil(lambda: bool(window.notices.texts()), timeout=PATIENCE_MS)
        [text] = window.notices.texts()
        assert "RuntimeError" in text
        assert str(paths.log_folder()) in text
        QTest.keyClick(window, Qt.Key.Key_F5)
        assert not window.left_side.is_open

    assert start(act=use) == 0

    assert "made for this test" in (paths.log_folder() / "medgan-viewer.log").read_text()
    assert [record.getMessage() for record in expects_error_log] == ["unexpected error"]


def test_a_bug_in_painting_is_told_and_the_tile_is_painted_again_later(
    start, qtbot, monkeypatch, expects_error_log
):
    def use(window):
        tile = window.session.acquired[0]
        tile.show_frame(gray_frame())
        widget = window.images.widget_of(tile)
        with monkeypatch.context() as patch:
            patch.setattr(widget.painter_of_tile, "paint", fail)
            widget.update()
            qtbot.waitUntil(lambda: bool(window.notices.texts()), timeout=PATIENCE_MS)
        with qtbot.waitSignal(tile.painted, timeout=PATIENCE_MS):
            tile.show_frame(gray_frame(1))

    assert start(act=use) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these to one thread")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_an_idle_window_in_good_order(start, number):
    rescued = []
    main_thread = threading.get_ident()

    def send_soon(window):
        QTimer.singleShot(5000, window, lambda: rescued.append(window.close()))
        threading.Timer(0.2, signal.pthread_kill, (main_thread, number)).start()
        return STAYS_OPEN

    before = signal.getsignal(number)
    assert start(Start(mode="compare"), send_soon) == 0

    assert rescued == []
    assert json.loads((paths.data_folder() / "settings.json").read_text())["mode"] == "compare"
    assert signal.getsignal(number) is before
