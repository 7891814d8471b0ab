"""Hundreds of actions in a row that nobody waits for, windows closed in the middle of them."""

import logging
import threading

import pytest
from PySide6.QtWidgets import QApplication

from tests.conftest import child_processes
from tests.session.fixtures import deliver_posted, real_engine
from tests.soak.engines import QuickTranslator
from tests.soak.random_user import RandomUser

ACTIONS = 500


@pytest.mark.parametrize(
    ("make_engine", "seed"),
    [(QuickTranslator, 1), (QuickTranslator, 2), (real_engine, 3)],
    ids=["quick", "quick, other order", "real"],
)
def test_five_hundred_random_actions_leave_nothing_behind(
    windows, folders, caplog, make_engine, seed
):
    caplog.set_level(logging.INFO, "tests.soak")  # a failure shows what was done
    processes, widgets = child_processes(), set(QApplication.topLevelWidgets())
    user = RandomUser(seed, lambda: windows.open(make_engine), folders)
    for _ in range(ACTIONS):
        user.act()

    user.close()
    deliver_posted()

    assert user.windows > 5
    assert [t.name for t in threading.enumerate() if t.name.startswith("medgan-")] == []
    assert child_processes() == processes
    assert windows.alive() == []
    assert set(QApplication.topLevelWidgets()) == widgets
    warnings = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert warnings == []
