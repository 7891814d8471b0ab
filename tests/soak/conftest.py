import gc
import weakref

import numpy as np
import pytest

from medgan_viewer.session.session import Mode, Session
from medgan_viewer.session.session_options import SessionOptions
from medgan_viewer.ui.main_window import MainWindow
from tests.dicom_factory import make_series
from tests.session.fixtures import deliver_posted, packages  # noqa: F401
from tests.session.series import make_sagittal_t1, make_t1
from tests.ui.conftest import theme  # noqa: F401


def pytest_collection_modifyitems(items):
    for item in items:
        if "windows" in item.fixturenames:  # offscreen, size hints go nowhere
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints", extend=True))


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Return three folders: CT of 64 pixels, axial T1 twice, sagittal T1 with a text file."""
    root = tmp_path_factory.mktemp("studies")
    noise = np.random.default_rng(0).integers(0, 2000, (64, 64), np.int16)
    make_series(root / "ct", range(40), pixels=noise, WindowCenter=40, WindowWidth=400)
    make_t1(root / "t1" / "first", 12)
    make_series(root / "t1" / "second", range(6), name="second", PatientID="T-2")
    make_sagittal_t1(root / "sagittal")
    (root / "sagittal" / "notes.dcm").write_text("no image " * 40)
    return [root / name for name in ("ct", "t1", "sagittal")]


class Windows:
    """Opens windows with a session of their own, and says which of them are still in memory."""

    def __init__(self, root):
        self._root = root
        self._made = []

    def open(self, make_engine, mode=Mode.GENERATE):
        options = SessionOptions((self._root,), cache_bytes=100_000, decoders=1)
        session = Session(options, make_engine)
        session.library.refresh()
        session.latent.set_package(session.library.find("tiny"))
        session.translation.set_package(session.library.find("tiny-t1-to-t2"))
        window = MainWindow(session, show_hints=False)
        self._made += [weakref.ref(window), weakref.ref(session)]
        session.set_mode(mode)
        window.resize(900, 600)
        window.show()
        return window

    def alive(self):
        """Return the windows and sessions that are still in memory."""
        deliver_posted()
        gc.collect()
        return [thing for ref in self._made if (thing := ref()) is not None]


@pytest.fixture
def windows(qapp, theme, packages):  # noqa: F811
    windows = Windows(packages.root)
    gc.collect()
    gc.freeze()  # torch's modules hold half a million objects, which every collection would visit
    yield windows
    gc.unfreeze()
    for thing in windows.alive():
        thing.close()
        thing.deleteLater()
    deliver_posted()
