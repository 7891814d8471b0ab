"""Two processes never train in one folder."""

import errno

import pytest

from medgan_viewer.errors import InputError
from medgan_viewer.training import run_lock
from medgan_viewer.training.run_lock import locked


def test_a_folder_is_held_by_one_and_then_free_again(tmp_path):
    with locked(tmp_path), pytest.raises(InputError, match="Another process"), locked(tmp_path):
        pass

    with locked(tmp_path):
        pass


def test_folders_do_not_hold_each_other(tmp_path):
    (tmp_path / "other").mkdir()

    with locked(tmp_path), locked(tmp_path / "other"):
        pass


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be written"), locked(tmp_path / "absent"):
        pass


def test_a_file_system_without_locks_is_told_and_used(tmp_path, monkeypatch, caplog):
    def no_locks(stream):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(run_lock, "_lock", no_locks)

    with locked(tmp_path):
        pass

    assert "No locks available" in caplog.text
