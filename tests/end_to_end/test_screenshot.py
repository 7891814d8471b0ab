"""view --screenshot: the real program in a child process, without a screen."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from medgan_viewer.errors import EXIT_INPUT, EXIT_PACKAGE
from medgan_viewer.ui.theme import TRACK
from tests.dicom_factory import make_series
from tests.end_to_end.screen import ROOT
from tests.package_factory import replace_file, write_tiny_package
from tests.ui.marks import is_amber

SIZE = (1280, 720)
TIMEOUT_S = 60


@pytest.fixture
def series(tmp_path):
    make_series(tmp_path / "ct")
    return tmp_path / "ct"


def without_screen():
    screens = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    environment = {name: value for name, value in os.environ.items() if name not in screens}
    return environment if sys.platform.startswith("linux") else dict(os.environ)


def take(path, *arguments):
    """Run the program; return what subprocess.run returns."""
    command = [sys.executable, "-m", "medgan_viewer", "--screenshot", path, "--device", "cpu"]
    command += ["--size", "{}x{}".format(*SIZE), *arguments]
    return subprocess.run(
        list(map(str, command)),
        env=without_screen(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def pixels_of(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == SIZE
        return np.asarray(image.convert("RGB"))


def test_a_series_gives_a_picture_of_the_size_asked_for(series, tmp_path):
    done = take(tmp_path / "shot.png", series, "--mode", "browse")

    assert (done.returncode, done.stdout) == (0, "")
    middle = pixels_of(tmp_path / "shot.png")[200:520, 400:1000]
    assert len(np.unique(middle)) > 30  # the ramp of 64 values


@pytest.mark.slow
def test_the_demonstration_shows_a_real_image_the_amber_mark_and_sliders(tmp_path):
    package = write_tiny_package(tmp_path / "tiny")

    done = take(tmp_path / "shot.png", "--demo", "--model", package.folder)

    assert done.returncode == 0, done.stderr
    pixels = pixels_of(tmp_path / "shot.png")
    amber_rows, amber_columns = np.nonzero(is_amber(pixels))
    left, right = amber_columns.min(), amber_columns.max()
    top, bottom = amber_rows.min(), amber_rows.max()
    assert is_amber(pixels)[top : bottom + 1, left].all()  # the frame around the synthetic tile
    acquired = pixels[(top + bottom) // 2, left - (right - left) // 2 - 100 : left - 40]
    assert len(np.unique(acquired)) > 15
    tracks = (pixels[:, right + 1 :] == TRACK.getRgb()[:3]).all(axis=-1).sum(axis=1) > 60
    assert np.count_nonzero(np.diff(tracks.astype(int)) == 1) >= 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there Qt needs DISPLAY")
def test_without_a_screen_the_window_says_so_before_qt_aborts():
    command = [sys.executable, "-m", "medgan_viewer"]
    done = subprocess.run(
        command, env=without_screen(), cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.startswith("There is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set.")


def test_a_folder_without_images_exits_with_3(tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "notes.txt").write_text("no image")

    done = take(tmp_path / "shot.png", tmp_path / "texts", "--mode", "browse")

    assert done.returncode == EXIT_INPUT
    assert f"No image of {tmp_path / 'texts'} could be shown. Run" in done.stderr


def test_a_picture_that_cannot_be_written_exits_with_3(series, tmp_path):
    (tmp_path / "file").write_text("no folder")

    done = take(tmp_path / "file" / "shot.png", series, "--mode", "browse")

    assert done.returncode == EXIT_INPUT
    assert "shot.png could not be written. Choose" in done.stderr


def test_a_missing_path_exits_with_3_and_no_picture(tmp_path):
    done = take(tmp_path / "shot.png", tmp_path / "nowhere")

    assert done.returncode == EXIT_INPUT
    assert "nowhere does not exist. Check the spelling" in done.stderr
    assert not (tmp_path / "shot.png").exists()


def test_an_unknown_model_exits_with_4(series, tmp_path):
    done = take(tmp_path / "shot.png", series, "--model", "no-such-model", "--mode", "browse")

    assert done.returncode == EXIT_PACKAGE
    assert "The model no-such-model made no image. Run 'medgan-viewer models verify" in done.stderr


@pytest.mark.slow
def test_a_model_with_broken_weights_exits_with_4(series, tmp_path):
    package = write_tiny_package(tmp_path / "tiny")
    replace_file(package, "weights", b"these are no tensors")

    done = take(tmp_path / "shot.png", series, "--model", package.folder)

    assert done.returncode == EXIT_PACKAGE
    assert f"The model {package.folder} made no image. Run" in done.stderr
