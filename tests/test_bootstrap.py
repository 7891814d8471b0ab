"""Most of these run the real file on a small project that needs no network."""

import ast
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

import bootstrap
from installer import qt_system
from installer.qt_system import Library
from medgan_viewer.cli.main import app

ROOT = Path(bootstrap.__file__).parent

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "small"
version = "1"
[project.optional-dependencies]
dev = []
"""

# Builds a wheel that puts the project on the path; tells when, and takes as long as it is told.
BACKEND = """
import os, pathlib, time, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    with pathlib.Path("builds.txt").open("a") as log:
        log.write("build\\n")
    time.sleep(float(os.environ.get("BUILD_SECONDS", "0")))
    files = {
        "small.pth": os.getcwd(),
        "small-1.dist-info/METADATA":
            "Metadata-Version: 2.1\\nName: small\\nVersion: 1\\nProvides-Extra: dev\\n",
        "small-1.dist-info/WHEEL":
            "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(f"{name},,\\n" for name in files)
    with zipfile.ZipFile(pathlib.Path(folder) / "small-1-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, "small-1.dist-info/RECORD": record}.items():
            wheel.writestr(name, text)
    return "small-1-py3-none-any.whl"
"""

PROGRAM = """
import json, os, sys
print(json.dumps([sys.argv[1:], os.environ.get("QT_QPA_PLATFORM")]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a small project in which bootstrap.py has been started once."""
    folder = tmp_path_factory.mktemp("small project")  # the blank is meant
    for name, text in {"pyproject.toml": PYPROJECT, "backend.py": BACKEND}.items():
        (folder / name).write_text(text)
    (folder / "constraints.txt").write_text("# none\n")
    shutil.copy(ROOT / "bootstrap.py", folder)
    shutil.copytree(ROOT / "installer", folder / "installer")
    (folder / "medgan_viewer").mkdir()
    (folder / "medgan_viewer" / "__main__.py").write_text(PROGRAM)
    started = wait_for(start(folder, "exec", "python", "-c", "print('first')"))
    assert (started.returncode, started.out) == (0, "first\n"), started.err
    return folder


def start(folder, *arguments, **variables):
    screen = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: text for name, text in os.environ.items() if name not in screen}
    return subprocess.Popen(
        [sys.executable, str(folder / "bootstrap.py"), *arguments],
        env={**environment, **variables},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for(process):
    process.out, process.err = process.communicate(timeout=120)
    return process


def builds(folder):
    return (folder / "builds.txt").read_text().count("build")


def change_dependencies(folder):
    with (folder / "constraints.txt").open("a") as stream:
        stream.write("# changed\n")


def test_a_second_start_installs_nothing_and_is_quick(project):
    before = builds(project)
    began = time.monotonic()

    started = wait_for(start(project, "exec", "python", "-c", "print('again')"))

    assert (started.returncode, started.out, started.err) == (0, "again\n", "")
    assert builds(project) == before
    assert time.monotonic() - began < 2


@pytest.mark.slow
def test_two_starts_at_once_install_once_and_both_run(project):
    before = builds(project)
    change_dependencies(project)

    first = start(project, "exec", "python", "-c", "print('first')", BUILD_SECONDS="1")
    second = start(project, "exec", "python", "-c", "print('second')", BUILD_SECONDS="1")

    assert wait_for(first).out == "first\n", first.err
    assert wait_for(second).out == "second\n", second.err
    assert builds(project) == before + 1
    assert "Another start is installing" in first.err + second.err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills a process group")
def test_a_killed_install_is_repaired_by_the_next_start(project):
    before = builds(project)
    change_dependencies(project)
    killed = start(project, "exec", "python", BUILD_SECONDS="60")
    deadline = time.monotonic() + 60
    while builds(project) == before and killed.poll() is None and time.monotonic() < deadline:
        os.sched_yield()
    os.killpg(killed.pid, signal.SIGKILL)
    wait_for(killed)

    repaired = wait_for(start(project, "exec", "python", "-c", "print('works')"))

    assert repaired.out == "works\n", repaired.err
    assert "was interrupted; repairing" in repaired.err
    assert wait_for(start(project, "exec", "python", "-c", "")).err == ""


def test_packages_with_missing_or_short_files_are_forgotten(tmp_path):
    for name, size in {"whole": 3, "short": 2, "absent": None}.items():
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "RECORD").write_text(f"{name}.py,sha256=x,3\n{name}-1.dist-info/RECORD,,\n")
        if size is not None:
            (tmp_path / f"{name}.py").write_bytes(b"x" * size)
    (tmp_path / "unrecorded-1.dist-info").mkdir()
    (tmp_path / "~hole").mkdir()

    bootstrap.drop_incomplete(tmp_path)

    left = sorted(entry.name for entry in tmp_path.iterdir())
    assert left == ["short.py", "whole-1.dist-info", "whole.py"]


def test_a_new_constraint_asks_for_an_install(tmp_path):
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("")
    before = bootstrap.fingerprint_of(tmp_path)

    (tmp_path / "constraints.txt").write_text("numpy==2.4.6\n")

    assert bootstrap.fingerprint_of(tmp_path) != before


def test_a_pip_that_fails_is_quoted_and_the_user_told_what_to_do(project, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(project, folder, symlinks=True)
    (folder / "backend.py").write_text("raise RuntimeError('no such compiler')")
    (folder / ".venv" / "bootstrap.stamp").unlink()

    started = wait_for(start(folder, "exec", "python", "-c", "print('never')"))

    assert (started.returncode, started.out) == (1, "")
    assert "no such compiler" in (folder / ".venv" / "pip.log").read_text()
    assert "pip could not install" in started.err
    assert "then start again" in started.err


def test_run_hands_its_arguments_to_the_viewer(project):
    started = wait_for(start(project, "run", "scan", "a folder", "--json"))

    assert json.loads(started.out) == [["scan", "a folder", "--json"], None], started.err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lacks a screen")
def test_without_a_screen_run_says_how_to_get_one(project):
    started = wait_for(start(project, "run", "--demo"))

    assert (started.returncode, started.out) == (2, "")
    assert "There is no screen" in started.err
    assert "xvfb-run" in started.err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lacks a screen")
def test_a_screenshot_needs_no_screen(project):
    started = wait_for(start(project, "run", "--demo", "--screenshot", "shot.png"))

    assert json.loads(started.out)[1] == "offscreen", started.err


@pytest.mark.skipif(os.name != "posix", reason="the tools are stood in for by shell scripts")
def test_all_checks_run_and_one_failure_fails_the_whole(project):
    for name, code in {"ruff": 1, "mypy": 0, "lint-imports": 0, "pytest": 0}.items():
        tool = project / ".venv" / "bin" / name
        tool.write_text(f"#!/bin/sh\necho {name} $@ on $QT_QPA_PLATFORM\nexit {code}\n")
        tool.chmod(0o755)

    tested = wait_for(start(project, "test", "-k", "voi"))

    assert tested.returncode == 1
    assert tested.out.splitlines()[-1] == "pytest --cov --cov-report=term -k voi on offscreen"
    results = [line.split()[:2] for line in tested.err.split("== summary\n")[1].splitlines()]
    assert results == [
        ["lint", "FAILED"],
        ["format", "FAILED"],
        ["types", "passed"],
        ["imports", "passed"],
        ["tests", "passed"],
    ]


def test_a_tool_that_is_not_there_is_named(project):
    started = wait_for(start(project, "exec", "no-such-tool"))

    assert started.returncode == 2
    assert "There is no no-such-tool" in started.err


@pytest.mark.parametrize(("arguments", "exit_code"), [([], 2), (["--help"], 0), (["jump"], 2)])
def test_usage_names_the_three_commands(capsys, arguments, exit_code):
    assert bootstrap.main(arguments) == exit_code

    usage = capsys.readouterr().err
    assert all(f"bootstrap.py {command} " in usage for command in ("run", "test", "exec"))


def test_an_older_python_can_read_the_file_and_is_told_what_is_needed(monkeypatch):
    ast.parse((ROOT / "bootstrap.py").read_text("utf-8"), feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))

    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; this is Python 3\.10"):
        runpy.run_path(str(ROOT / "bootstrap.py"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", True),
        ("view a.dcm", True),
        ("a.dcm --model chest", True),
        ("--model scan", True),  # here scan is the name of a model
        ("--demo --size 1280x800", True),
        ("scan a.dcm", False),
        ("--log-level DEBUG scan a.dcm", False),
        ("reader-study new", False),
        ("--version", False),
        ("view --help", False),
    ],
)
def test_only_the_view_command_opens_a_window(line, expected):
    assert qt_system.opens_window(line.split()) is expected


def test_the_command_line_and_the_launcher_agree_on_what_opens_a_window():
    program = typer.main.get_command(app)
    options = [*program.params, *program.commands["view"].params]
    with_value = {
        name
        for option in options
        if option.param_type_name == "option" and not option.is_flag
        for name in option.opts
    }

    assert set(program.commands) - {"view"} <= qt_system.WINDOWLESS
    assert with_value <= qt_system.VALUE_OPTIONS


def test_the_advice_names_each_package_once():
    advice = qt_system.library_advice(
        [
            Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb"),
            Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
        ]
    )

    assert "sudo apt-get install libxcb-shm0 libxcb-sync1\n" in advice
    assert advice.endswith("sudo dnf install libxcb")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are those of Linux")
def test_a_library_that_the_system_lacks_is_found_out():
    assert qt_system.can_be_loaded("libc.so.6")
    assert not qt_system.can_be_loaded("libmedgan-none.so.1")
