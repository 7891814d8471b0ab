"""Files and folders that the system refuses to read, with the real program.

Permissions do not stop root, so that root gives up the right to pass them for the child.
"""

import os
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from medgan_viewer.errors import EXIT_INPUT
from tests.dicom_factory import make_ct, make_series
from tests.end_to_end.screen import ROOT

CAPABILITIES = "-dac_override,-dac_read_search"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="permission bits are those of POSIX")


def program(*arguments):
    command = [sys.executable, "-m", "medgan_viewer", *map(str, arguments)]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may read everything, and there is no setpriv to change that")
        limits = (f"--bounding-set={CAPABILITIES}", f"--inh-caps={CAPABILITIES}")
        command = ["setpriv", *limits, *command]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def closed(tmp_path):
    """Return a folder with an image that nobody may list."""
    folder = tmp_path / "closed"
    folder.mkdir()
    make_ct(folder / "a.dcm")
    folder.chmod(0)
    yield folder
    folder.chmod(0o755)


@pytest.mark.parametrize("command", ["scan", "render", "probe", "translate"])
def test_a_folder_without_permission_exits_with_3_and_says_so(closed, tmp_path, command):
    options = {
        "scan": [closed],
        "render": [closed / "a.dcm", "--out", tmp_path / "a.png"],
        "probe": [closed / "a.dcm", "--at", "1,1"],
        "translate": ["brain-t1-to-t2", closed, "--out", tmp_path / "out"],
    }

    done = program(command, *options[command])

    assert done.returncode == EXIT_INPUT, done.stderr
    assert "Traceback" not in done.stderr
    assert str(closed) in done.stderr


def test_nothing_is_written_into_a_folder_without_permission(closed, tmp_path):
    source = make_ct(tmp_path / "b.dcm")

    done = program("render", source, "--out", closed / "b.png")

    assert done.returncode == EXIT_INPUT, done.stderr
    assert str(closed) in done.stderr


def test_a_file_without_permission_is_listed_with_the_reason(tmp_path):
    _, second = make_series(tmp_path / "ct", (0, 5))
    second.chmod(0)

    done = program("scan", tmp_path / "ct")

    assert done.returncode == 0
    assert second.name in done.stdout


def test_the_window_stays_usable_beside_a_folder_without_permission(closed, tmp_path):
    series = tmp_path / "ct"
    make_series(series)
    shot = tmp_path / "shot.png"

    refused = program("--mode", "browse", "--screenshot", tmp_path / "none.png", closed)
    usable = program("--mode", "browse", "--screenshot", shot, "--size", "1280x720", closed, series)

    assert refused.returncode == EXIT_INPUT
    assert usable.returncode == 0, usable.stderr
    with Image.open(shot) as image:
        assert image.size == (1280, 720)
