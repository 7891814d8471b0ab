import pytest

from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.training import TrainingRuns
from medgan_viewer.ui.training.training_page import TrainingPage
from tests.session.fixtures import PATIENCE_MS, deliver_posted
from tests.session.training_runs import end_processes, write_script


@pytest.fixture
def root(tmp_path):
    """Return the runs folder of the test; it is not there yet."""
    return tmp_path / "runs"


@pytest.fixture
def command(tmp_path):
    """Return a command that trains nothing; its processes are ended after the test."""
    yield write_script(tmp_path)
    end_processes()


@pytest.fixture
def board(qapp):
    return NoticeBoard()


@pytest.fixture
def make_page(qtbot, theme, root, command, board):
    """Return a function that shows a page of its own once it has looked at the runs folder."""
    opened = []

    def make(size=(1280, 730)):
        runs = TrainingRuns(root, board, command, interval_s=0.05)
        page = TrainingPage(runs, board)
        opened.append((page, runs))
        qtbot.addWidget(page)
        page.resize(*size)
        page.show()
        qtbot.waitUntil(lambda: runs.was_read, timeout=PATIENCE_MS)
        return page

    yield make
    for page, runs in opened:
        page.close()
        runs.close()
    deliver_posted()
