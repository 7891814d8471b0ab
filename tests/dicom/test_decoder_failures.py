"""DecoderPool: what a crash, a hang or a file that needs too much memory leaves intact."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import psutil
import pytest

from medgan_viewer.dicom.decoder_messages import ReadFrame, ReadHeaders
from medgan_viewer.dicom.hierarchy import FrameRef, InstanceHeader, SkippedFile
from medgan_viewer.errors import InputError, MedganError
from tests.dicom_factory import make_compressed, make_ct, make_series, ramp

SHARED_MEMORY = Path("/dev/shm")
WAIT_S = 20
needs_signals = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def frame_task(path, number=1):
    return ReadFrame(FrameRef(path, "", number))


def kill_idle(pool):
    """Kill the process and wait until it is gone, without taking its exit status."""
    (pid,) = pool.process_ids()
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def eventually(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.01)
    return True


def test_a_crash_names_the_file_and_leaves_the_rest_of_the_queue(single, hung_file, tmp_path):
    pool, hung, outcomes = single(), hung_file("broken.dcm"), SimpleQueue()
    pool.submit(hung.frame, outcomes.put)
    hung.wait_until_read()
    pool.submit(frame_task(make_ct(tmp_path / "a.dcm")), outcomes.put)

    os.kill(pool.process_ids()[0], signal.SIGKILL)

    error = outcomes.get(timeout=WAIT_S)
    assert error.problem == "broken.dcm could not be decoded (the decoder stopped)."
    np.testing.assert_array_equal(outcomes.get(timeout=WAIT_S).stored, ramp())


def test_a_file_that_crashed_the_decoder_is_not_tried_again(single, hung_file, tmp_path):
    pool, hung, outcomes = single(), hung_file("broken.dcm"), SimpleQueue()
    pool.submit(hung.frame, outcomes.put)
    hung.wait_until_read()
    os.kill(pool.process_ids()[0], signal.SIGKILL)
    outcomes.get(timeout=WAIT_S)

    with pytest.raises(InputError, match="the decoder stopped"):
        pool.run(hung.frame)  # would hang if it were opened
    (skipped,) = pool.run(ReadHeaders((hung.path,)))
    assert skipped.reason == "could not be decoded (the decoder stopped)"


def test_a_hang_ends_at_the_timeout_and_names_the_file(single, hung_file, tmp_path):
    pool, hung = single(frame_timeout_s=2), hung_file("slow.dcm")

    with pytest.raises(InputError, match=r"slow\.dcm took longer than"):
        pool.run(hung.frame)
    np.testing.assert_array_equal(pool.run(frame_task(make_ct(tmp_path / "a.dcm"))).stored, ramp())


def test_a_hang_among_headers_costs_one_file(single, hung_file, tmp_path):
    pool, hung = single(), hung_file("slow.dcm")
    first, second = make_series(tmp_path, (0, 5))

    outcomes = pool.run(ReadHeaders((first, hung.path, second)))

    assert [type(outcome) for outcome in outcomes] == [InstanceHeader, SkippedFile, InstanceHeader]
    assert outcomes[1].reason.startswith("took longer than")


@needs_signals
def test_a_process_killed_while_idle_is_started_again(single, tmp_path):
    pool, task = single(), frame_task(make_ct(tmp_path / "a.dcm"))
    pool.run(task)

    kill_idle(pool)

    np.testing.assert_array_equal(pool.run(task).stored, ramp())


def test_a_system_that_starts_no_process_is_told_and_tried_again(single, tmp_path, monkeypatch):
    pool, task = single(), frame_task(make_ct(tmp_path / "a.dcm"))

    def refuse(process):
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(multiprocessing.process.BaseProcess, "start", refuse)
        with pytest.raises(MedganError, match="The process that decodes images could not be"):
            pool.run(task)

    np.testing.assert_array_equal(pool.run(task).stored, ramp())


@pytest.mark.slow
def test_a_process_that_dies_three_times_in_a_minute_stays_down_and_says_so(
    single, hung_file, tmp_path
):
    pool = single(frame_timeout_s=0.1)
    for number in range(3):
        with pytest.raises(InputError):
            pool.run(hung_file(f"hung{number}").frame)
    path = make_ct(tmp_path / "good.dcm")

    with pytest.raises(InputError, match=r"good\.dcm was not decoded: the decoder stopped 3 times"):
        pool.run(frame_task(path))
    (skipped,) = pool.run(ReadHeaders((path,)))
    assert "the decoder stopped 3 times within 60 s" in skipped.reason


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory reliably")
def test_an_image_beyond_the_memory_limit_is_an_error_and_not_a_crash(single, tmp_path):
    pool = single(memory_limit=32 << 20)
    pixels = np.zeros((6000, 6000), dtype=np.uint16)  # 72 MB from a few kB
    path = make_compressed(tmp_path / "bomb.dcm", [pixels], "1.2.840.10008.1.2.4.80")

    with pytest.raises(InputError, match=r"bomb\.dcm"):
        pool.run(frame_task(path))
    np.testing.assert_array_equal(pool.run(frame_task(make_ct(tmp_path / "a.dcm"))).stored, ramp())


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="needs /dev/shm")
def test_no_shared_memory_is_left_by_a_process_that_was_killed(single, tmp_path):
    before = set(SHARED_MEMORY.iterdir())
    pool, task = single(), frame_task(make_ct(tmp_path / "a.dcm"))
    pool.run(task)
    kill_idle(pool)
    pool.run(task)

    pool.close()

    assert set(SHARED_MEMORY.iterdir()) <= before


PARENT = """
import os, signal, sys
from pathlib import Path
from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.hierarchy import FrameRef

if __name__ == "__main__":
    pool = DecoderPool(1)
    pool.run(ReadFrame(FrameRef(Path(sys.argv[1]), "")))
    print(*pool.process_ids(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="needs /dev/shm")
def test_nothing_is_left_when_the_program_itself_is_killed(tmp_path):
    before = set(SHARED_MEMORY.iterdir())
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    root = Path(__file__).resolve().parents[2]

    result = subprocess.run(
        [sys.executable, script, make_ct(tmp_path / "a.dcm")],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        timeout=WAIT_S,
    )

    (pid,) = map(int, result.stdout.split())
    assert eventually(lambda: not psutil.pid_exists(pid))
    assert eventually(lambda: set(SHARED_MEMORY.iterdir()) <= before)
