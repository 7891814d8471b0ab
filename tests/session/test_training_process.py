import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from medgan_viewer.errors import InputError
from medgan_viewer.session import training_process
from medgan_viewer.session.training_process import (
    NICENESS,
    SLACK_S,
    find_process,
    is_running,
    program_command,
    start_detached,
)

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleeper(tmp_path):
    process = start_detached(SLEEPER, tmp_path / "log.txt")
    yield process
    process.kill()
    process.wait(10)


def test_the_start_of_a_process_is_what_psutil_says():
    expected = psutil.Process().create_time()

    assert find_process(os.getpid()).started == pytest.approx(expected, abs=SLACK_S)


@pytest.mark.skipif(not Path("/bin/ps").exists(), reason="needs ps")
def test_ps_tells_the_same(sleeper):
    expected = find_process(sleeper.pid).started

    assert training_process._ask_ps(sleeper.pid).started == pytest.approx(expected, abs=SLACK_S)
    assert training_process._ask_ps(1 << 22) is None


def test_a_process_that_ended_is_not_there_even_before_anybody_asked_how(tmp_path):
    process = start_detached([sys.executable, "-c", ""], tmp_path / "log.txt")
    deadline = time.monotonic() + 10
    while find_process(process.pid) is not None and time.monotonic() < deadline:
        os.sched_yield()

    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert find_process(process.pid) is None
    process.wait(10)


@pytest.mark.parametrize("pid", [0, -1, 1 << 40])
def test_a_number_that_no_process_can_have_is_none(pid):
    assert find_process(pid) is None


def test_a_process_of_another_start_is_another_one(sleeper):
    since_boot_s = find_process(sleeper.pid).since_boot_s

    assert is_running(sleeper.pid, since_boot_s, seen=0.0)
    assert not is_running(sleeper.pid, since_boot_s - 60, seen=time.time())


def test_without_its_start_a_process_that_began_after_it_was_seen_is_another_one(sleeper):
    started = find_process(sleeper.pid).started

    assert is_running(sleeper.pid, None, seen=started)
    assert not is_running(sleeper.pid, None, seen=started - 60)


def test_without_its_start_one_that_was_seen_a_moment_ago_is_believed(sleeper, monkeypatch):
    late = training_process.RunningProcess(started=time.time() + 3600)  # the clock was set back
    monkeypatch.setattr(training_process, "find_process", lambda pid: late)

    assert is_running(sleeper.pid, None, seen=time.time() - 1)
    assert not is_running(sleeper.pid, None, seen=time.time() - 60)


@pytest.mark.skipif(os.name != "posix", reason="sessions are of POSIX")
def test_a_process_has_a_session_of_its_own_and_waits_for_others(sleeper):
    assert os.getsid(sleeper.pid) == sleeper.pid
    assert os.getpriority(os.PRIO_PROCESS, sleeper.pid) >= NICENESS


def test_what_a_process_says_is_added_to_its_log(tmp_path):
    log = tmp_path / "log.txt"
    log.write_text("before\n")
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr)"

    start_detached([sys.executable, "-c", code], log).wait(10)

    assert log.read_text() == "before\nout\nerr\n"


def test_modules_in_the_folder_of_the_user_are_not_imported(tmp_path, monkeypatch):
    (tmp_path / "medgan_viewer.py").write_text("print('stolen')")
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "log.txt"

    start_detached([*program_command(), "--version"], log).wait(60)

    assert log.read_text().startswith("medgan-viewer ")


def test_a_frozen_program_is_its_own_command(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    assert program_command() == (sys.executable,)


def test_a_program_that_is_not_there_is_an_error_with_its_reason(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        start_detached([str(tmp_path / "none")], tmp_path / "log.txt")


def test_a_process_outlives_the_one_that_started_it(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from medgan_viewer.session.training_process import start_detached\n"
        f"print(start_detached({SLEEPER!r}, Path(sys.argv[1])).pid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path / "log.txt")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    process = psutil.Process(int(done.stdout))
    assert done.stderr == ""
    assert process.is_running()
    process.kill()
