"""What holds for every command: exit codes, one document on stdout, a light start."""

import json
import logging
import os
import subprocess
import sys

import pytest

from medgan_viewer import __version__
from medgan_viewer.cli.main import COMMANDS, with_command
from medgan_viewer.generators import package as packages
from tests.dicom_factory import make_ct, make_series

HEAVY = ("torch", "PySide6", "pydicom", "SimpleITK")
PRINT_MODULES = f"""
import sys
from medgan_viewer.cli import main
try:
    main(sys.argv[1:])
finally:
    print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""


def in_a_process(*command, **environment):
    """Run Python with the home of the test; return code, stdout and stderr."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("generate", "--help")])
def test_help_and_version_import_nothing_heavy(arguments):
    code, out, err = in_a_process("-c", PRINT_MODULES, *arguments)

    assert (code, err.strip()) == (0, "[]")
    assert out


def test_the_version_is_that_of_the_package(run):
    assert run("--version").out == f"medgan-viewer {__version__}\n"


def test_the_help_names_every_command(run):
    text = run("--help").out

    assert all(command in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    ended = run(command, "--help")

    assert (ended.code, ended.err) == (0, "")
    assert "Usage" in ended.out


def test_a_real_process_prints_one_document_and_leaves_no_decoder_behind(tmp_path):
    make_series(tmp_path / "ct")

    code, out, err = in_a_process("-m", "medgan_viewer", "scan", tmp_path, "--json")

    assert (code, err) == (0, "")
    assert len(json.loads(out)["studies"]) == 1


def test_a_name_that_the_console_cannot_show_stops_nothing(tmp_path):
    # A pipe on Windows has such an encoding, and names of files and patients come in any script.
    path = tmp_path / "山.txt"
    path.write_text("no image " * 50)
    command = ("-m", "medgan_viewer", "scan", path)

    text = in_a_process(*command, PYTHONIOENCODING="cp1252")
    document = in_a_process(*command, "--json", PYTHONIOENCODING="cp1252")

    assert (text[0], document[0]) == (3, 3)  # there is no image, and no bug
    assert r"\u5c71.txt" in text[1]
    assert r"\u5c71.txt" in text[2]
    assert json.loads(document[1])["skipped"][0]["path"] == str(path)


def test_messages_go_to_stderr_at_any_level_of_detail(tmp_path):
    path = make_ct(tmp_path / "one.dcm")
    command = ("--log-level", "debug", "probe", path, "--at", "0,0", "--json")

    code, out, _ = in_a_process("-m", "medgan_viewer", *command)

    assert code == 0
    assert json.loads(out)["stored"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "{study}", "--json"),
        ("probe", "{study}/0001.dcm", "--at", "0,0", "--json"),
        ("models", "list", "--json"),
        ("models", "show", "tiny", "--json"),
        ("models", "verify", "tiny", "--json"),
        ("generate", "tiny", "--out", "{out}", "--json"),
        ("compare", "{study}", "{study}", "--json"),
    ],
)
def test_json_is_one_document_and_nothing_else(run, models, tmp_path, arguments):
    make_series(tmp_path / "study")
    places = {"study": tmp_path / "study", "out": tmp_path / "out"}

    ended = run(*(argument.format(**places) for argument in arguments))

    assert (ended.code, ended.err) == (0, "")
    assert isinstance(ended.json, dict)


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan",),
        ("scan", "--no-such-option", "."),
        ("models", "no-such-command"),
        ("render", "file.dcm"),
        ("generate", "tiny"),
        ("--log-level", "loud", "models", "list"),
        ("view", "--size", "large"),
        ("view", "--size", "1440x0"),
        ("view", "--device", "abacus"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why_on_stderr(run, models, arguments):
    ended = run(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err
    assert "Traceback" not in ended.err


def test_a_bug_exits_with_1_one_line_and_a_traceback_in_the_log(
    run, models, temporary_home, monkeypatch
):
    monkeypatch.setattr(packages, "find_packages", lambda roots: 1 / 0)

    ended = run("models", "list")

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "An unexpected error: ZeroDivisionError: division by zero\n"
    for handler in logging.getLogger().handlers:
        handler.flush()
    log = (temporary_home / "log" / "medgan-viewer.log").read_text()
    assert "Traceback" in log
    assert "ZeroDivisionError" in log


def test_ctrl_c_exits_with_5(run, models, monkeypatch):
    def interrupted(roots):
        raise KeyboardInterrupt

    monkeypatch.setattr(packages, "find_packages", interrupted)

    assert run("models", "list").code == 5


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ["view"]),
        (["study"], ["view", "study"]),
        (["--demo"], ["view", "--demo"]),
        (["--temp-home", "study"], ["--temp-home", "view", "study"]),
        (["--log-level", "info", "a", "b"], ["--log-level", "info", "view", "a", "b"]),
        (["scan", "study"], ["scan", "study"]),
        (["--version"], ["--version"]),
    ],
)
def test_a_path_alone_opens_the_window(given, expected):
    assert with_command(given) == expected


def test_a_picture_of_the_window_never_replaces_an_opened_file(run, tmp_path):
    path = make_ct(tmp_path / "one.dcm")
    before = path.read_bytes()

    for opened in (path, tmp_path):
        ended = run("view", opened, "--screenshot", path)

        assert ended.code == 3
        assert path.read_bytes() == before
