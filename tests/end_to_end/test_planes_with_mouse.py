"""Planes, pointing and turning in the real program on an X screen, with real keys and mouse."""

import shutil

import numpy as np
import pytest

from medgan_viewer.ui.viewport.guide_overlay import PALETTE
from tests.dicom_factory import make_series
from tests.end_to_end.screen import SIZE, Box, Screen, wait_until, x_server

pytestmark = pytest.mark.slow

SIDE = 48


@pytest.fixture
def screen(tmp_path):
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}, which is not installed")
    source = tmp_path / "ct"
    make_series(source, range(SIDE), pixels=blob, WindowCenter=500, WindowWidth=3000)
    with x_server() as display:
        opened = Screen(display, tmp_path / "home", source, "--mode", "browse")
        yield opened
        opened.kill()


def blob(index):
    """Return a slice of a ball that is bright towards one corner of the volume."""
    row, column = np.mgrid[:SIDE, :SIDE]
    inside = (row - 24) ** 2 + (column - 24) ** 2 + (index - 24) ** 2 < 20**2
    return np.where(inside, 600 + 20 * row + 10 * column + 15 * index, 0).astype(np.int16)


def has_lines(screen):
    pixels = screen.picture().astype(int)
    for color in PALETTE[:3]:
        wanted = np.array([color.red(), color.green(), color.blue()])
        if (np.abs(pixels - wanted).max(axis=-1) < 30).sum() < 200:
            return False
    return True


def tiles():
    """Return the middles of the four tiles right of the study panel, below bars and texts."""
    width, height = SIZE
    left, top = 210, 80
    across, down = (width - left) // 2, (height - 25 - top) // 2
    boxes = []
    for row in (0, 1):
        for column in (0, 1):
            x, y = left + column * across, top + row * down
            boxes.append(Box(x + across // 3, y + down // 3, x + across // 2, y + down // 2))
    return boxes


def test_keys_and_mouse_lay_planes_point_and_turn(screen):
    middle = Box(600, 250, 800, 450)
    wait_until(lambda: middle.of(screen.picture()).mean() > 40, "the image alone in the window")
    screen.settled(middle)
    screen.tell("search", "--onlyvisible", "--name", "^medgan-viewer$", "windowfocus", "--sync")

    screen.tell("key", "ctrl+m")
    wait_until(lambda: has_lines(screen), "three planes with their lines")
    axial, coronal, sagittal, _ = tiles()
    before = {box: screen.settled(box) for box in (coronal, sagittal)}

    # The image under the mouse is a point of the patient; the other planes go there.
    x, y = axial.center
    screen.tell("mousemove", x, y, "keydown", "shift", "mousemove", x + 40, y + 40)
    for box in (coronal, sagittal):
        wait_until(lambda box=box: (box.of(screen.picture()) != before[box]).any(), "another plane")
    screen.tell("keyup", "shift", "mousemove", x + 41, y + 40)

    first = screen.settled(axial)
    screen.tell("mousemove", x, y, "click", "5")
    upright = screen.becomes(axial, lambda pixels: (pixels != first).any(), "the next plane")
    screen.tell("key", "period")
    screen.becomes(axial, lambda pixels: (pixels != upright).any(), "a turned image")

    screen.tell("key", "ctrl+m")
    wait_until(lambda: not has_lines(screen), "the stack alone")
    assert screen.close() == (0, [])
