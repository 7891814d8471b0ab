"""Fixtures for all tests: a home of their own, and checks that nothing is left behind."""

import logging
import multiprocessing
import os
import sys
import threading
from pathlib import Path

import psutil
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "2")  # read once, when a test first imports torch
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # tests share the cores with their children

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
QT_FIXTURES = {"qtbot", "qapp", "qtmodeltester"}


def pytest_collection_modifyitems(items):
    for item in items:
        if QT_FIXTURES & set(item.fixturenames):
            item.add_marker("gui")
        if "shared_data" in item.fixturenames:
            item.add_marker("shared_data")


def pytest_runtest_setup(item):
    if item.get_closest_marker("shared_data") and not SHARED_DATA.is_dir():
        pytest.skip(f"needs the real studies, which are not in {SHARED_DATA}")
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a GPU that torch can use")


@pytest.fixture(scope="session")
def shared_data():
    """Return the folder of the real studies; a test that asks for it is skipped without them."""
    return SHARED_DATA


@pytest.fixture(scope="session", autouse=True)
def home_of_the_session(tmp_path_factory):
    """Keep fixtures that live longer than one test out of the user's own folders."""
    os.environ["MEDGAN_HOME"] = str(tmp_path_factory.mktemp("session-home"))


@pytest.fixture(autouse=True)
def temporary_home(tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MEDGAN_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def no_leaked_threads():
    before = set(threading.enumerate())
    yield
    leaked = [t.name for t in set(threading.enumerate()) - before if t.name.startswith("medgan-")]
    assert not leaked, f"still running, call close() in the test or its fixture: {leaked}"


@pytest.fixture(scope="module", autouse=True)
def no_leaked_processes():
    """Allow a module to share one decoder pool; it has to close it in the end."""
    before = child_processes()
    yield
    _, alive = psutil.wait_procs(child_processes() - before, timeout=2)
    names = [process.name() for process in alive]
    for process in alive:
        process.kill()
    assert not names, f"child processes still run, close what started them: {names}"


def child_processes():
    multiprocessing.active_children()  # collects those that have ended
    return {child for child in psutil.Process().children(recursive=True) if is_ours(child)}


def is_ours(process):
    """Tell whether a child does work; Python's helper for shared memory lives to the end."""
    try:
        is_helper = any("resource_tracker" in word for word in process.cmdline())
        return not is_helper and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(autouse=True)
def no_visible_windows():
    yield
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or not isinstance(widgets.QApplication.instance(), widgets.QApplication):
        return
    visible = [w for w in widgets.QApplication.topLevelWidgets() if w.isVisible()]
    for widget in visible:
        widget.close()
    names = [f"{type(w).__name__} {w.objectName()}".strip() for w in visible]
    assert not names, f"windows are still open, add them with qtbot.addWidget(): {names}"


class ErrorRecords(logging.Handler):
    def __init__(self):
        super().__init__(logging.ERROR)
        self.records = []

    def emit(self, record):
        self.records.append(record)


@pytest.fixture
def expects_error_log():
    """Return the list of ERROR records; a test that asks for it may log errors."""
    return []


@pytest.fixture(autouse=True)
def no_error_log(request):
    root = logging.getLogger()
    before = list(root.handlers)
    errors = ErrorRecords()
    is_expected = "expects_error_log" in request.fixturenames
    if is_expected:
        errors.records = request.getfixturevalue("expects_error_log")
    root.addHandler(errors)
    yield
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    if not is_expected:
        texts = [record.getMessage() for record in errors.records]
        assert not texts, f"ERROR was logged; if it is meant, ask for expects_error_log: {texts}"
