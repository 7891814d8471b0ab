import pytest
from PySide6.QtWidgets import QFileDialog

from medgan_viewer.session.session import Mode
from medgan_viewer.ui.main_window import MainWindow
from medgan_viewer.ui.theme import apply_theme
from tests.dicom_factory import make_series
from tests.session.fixtures import (  # noqa: F401
    make_session,
    open_and_wait,
    packages,
    session,
)


def pytest_collection_modifyitems(items):
    for item in items:
        if "theme" in item.fixturenames:  # offscreen, size hints go nowhere
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints", extend=True))


@pytest.fixture(autouse=True)
def no_unanswered_dialogs(monkeypatch):
    """Fail where a test would wait forever for somebody to choose a file."""

    def fail(*_):
        pytest.fail("A file dialog was opened, and the test does not answer it.")

    for name in ("getExistingDirectory", "getOpenFileNames", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, fail)


@pytest.fixture(scope="session")
def theme(qapp):
    apply_theme(qapp)


@pytest.fixture
def make_window(qtbot, theme, make_session):  # noqa: F811
    """Return a function that shows a window in a mode; windows are closed after the test."""

    def make(mode=None, *, session=None, size=(1280, 800), hints=False):  # noqa: F811
        window = MainWindow(session or make_session(), show_hints=hints)
        qtbot.addWidget(window)
        if mode is not None:
            window.session.set_mode(mode)
        window.resize(*size)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        return window

    return make


@pytest.fixture
def window(make_window):
    return make_window(Mode.BROWSE)


@pytest.fixture
def ct(qtbot, window, tmp_path):
    """Return the window with a CT series of 12 slices on screen, its middle first."""
    make_series(tmp_path / "ct", range(12), WindowCenter=40, WindowWidth=400)
    open_and_wait(qtbot, window.session, tmp_path / "ct")
    window.images.focus_active()
    return window
