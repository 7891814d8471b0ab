import logging
import re
import stat
import subprocess
import sys
from logging.handlers import RotatingFileHandler

import pytest

from medgan_viewer.logs import enable_crash_file, path_mark, set_up_logging


def log_text(folder):
    return (folder / "medgan-viewer.log").read_text("utf-8")


@pytest.fixture
def root():
    """Give the root logger back as it was; its handlers are removed for all tests."""
    logger = logging.getLogger()
    level = logger.level
    yield logger
    logger.setLevel(level)


@pytest.mark.usefixtures("root")
def test_the_file_gets_what_the_console_leaves_out(tmp_path, capsys):
    set_up_logging(tmp_path / "log")

    logging.getLogger("medgan_viewer.test").info("scanned 12 files")
    logging.getLogger("medgan_viewer.test").warning("3 files skipped")

    assert "scanned 12 files" in log_text(tmp_path / "log")
    assert capsys.readouterr().err == "WARNING: 3 files skipped\n"


@pytest.mark.usefixtures("root")
def test_debug_lines_come_when_they_are_asked_for(tmp_path, capsys):
    set_up_logging(tmp_path, level="DEBUG")

    logging.getLogger("medgan_viewer.test").debug("tile 3 of 4")

    assert capsys.readouterr().err == "DEBUG: tile 3 of 4\n"


def test_a_second_set_up_changes_nothing(tmp_path, root):
    set_up_logging(tmp_path)
    once = list(root.handlers)

    set_up_logging(tmp_path)

    assert root.handlers == once


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_only_the_user_may_read_the_log_also_after_a_rollover(tmp_path, root):
    set_up_logging(tmp_path)
    handler = next(h for h in root.handlers if isinstance(h, RotatingFileHandler))

    handler.doRollover()

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"medgan-viewer.log": 0o600, "medgan-viewer.log.1": 0o600}


@pytest.mark.usefixtures("root")
def test_pydicom_which_quotes_the_file_stays_out_of_the_log(tmp_path):
    set_up_logging(tmp_path)

    logging.getLogger("pydicom").warning("Invalid value for VR PN: 'Doe^Jane'")

    assert "Doe" not in log_text(tmp_path)


@pytest.mark.usefixtures("root")
def test_without_a_log_folder_the_program_still_starts(tmp_path, capsys):
    (tmp_path / "log").write_bytes(b"")  # a file where the folder should be

    set_up_logging(tmp_path / "log")

    assert "no log file" in capsys.readouterr().err


def test_a_path_mark_tells_paths_apart_without_showing_them():
    mark = path_mark("/data/doe_jane/1.dcm")

    assert re.fullmatch("[0-9a-f]{8}", mark)
    assert mark == path_mark("/data/doe_jane/1.dcm")
    assert mark != path_mark("/data/doe_jane/2.dcm")


def start_with_crash_file(folder, then):
    """Run a program of its own: a crash file stays open to the end of its process."""
    code = (
        "import ctypes, pathlib, sys\n"
        "from medgan_viewer.logs import enable_crash_file\n"
        "print(enable_crash_file(pathlib.Path(sys.argv[1])))\n"
        f"{then}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def test_the_next_start_finds_what_a_native_crash_left(tmp_path):
    start_with_crash_file(tmp_path, then="sys.stdout.flush(); ctypes.string_at(0)")

    earlier = start_with_crash_file(tmp_path, then="")

    assert earlier == str(tmp_path / "crash-previous.log")
    assert "string_at" in (tmp_path / "crash-previous.log").read_text("utf-8")


def test_a_start_that_ended_well_leaves_nothing_to_show(tmp_path):
    start_with_crash_file(tmp_path, then="")

    assert start_with_crash_file(tmp_path, then="") == "None"


def test_without_a_folder_there_is_no_crash_file(tmp_path):
    (tmp_path / "log").write_bytes(b"")  # a file where the folder should be

    assert enable_crash_file(tmp_path / "log") is None
