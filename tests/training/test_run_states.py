"""Words and process of a run, for those who only watch it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from medgan_viewer.session.training_process import find_process
from medgan_viewer.training.run_states import read_process

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="the system has no /proc"
)


def test_who_watches_a_run_loads_nothing_that_is_slow():
    code = (
        "import sys\n"
        "import medgan_viewer.training.run_states\n"
        "slow = ('torch', 'numpy', 'PIL', 'pydantic')\n"
        "sys.exit(', '.join(name for name in slow if name in sys.modules) or 0)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@needs_proc
def test_a_run_and_its_watcher_tell_the_same_start_of_a_process():
    entry, seen = read_process(os.getpid()), find_process(os.getpid())

    assert entry.since_boot_s == seen.since_boot_s
    assert entry.state in "RSD"


def test_without_such_a_process_there_is_no_entry():
    assert read_process(2**31 - 1) is None
