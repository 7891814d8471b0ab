"""The real program on an X screen, with real mouse events: what the user does and sees."""

import shutil

import numpy as np
import pytest

from medgan_viewer import paths
from medgan_viewer.generators.package import find_packages
from tests.dicom_factory import make_series
from tests.end_to_end.screen import LEFT, MIDDLE, RIGHT, WHEEL_DOWN, Screen, wait_until, x_server
from tests.package_factory import write_tiny_package

pytestmark = pytest.mark.slow

SIDE = 64
WIDTH = 2550  # HU; a gray level is 10 HU
REAL_SERIES = "dicom_studies/01_MR_brain_T1_T2_ASL_volunteer/6_AX_FSE_T2"


@pytest.fixture(scope="module")
def display():
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}, which is not installed")
    with x_server() as name:
        yield name


@pytest.fixture
def open_window(display, tmp_path):
    """Return a function that opens the program and waits for both images."""
    opened = []

    def open_it(source, package):
        asked = ("--model", package.folder, "--mode", "generate")
        screen = Screen(display, tmp_path / "home", source, *asked)
        opened.append(screen)
        synthetic = wait_until(screen.synthetic_tile, "a synthetic image")
        acquired = screen.acquired_tile(synthetic)
        wait_until(lambda: acquired.of(screen.picture()).max() > 100, "an acquired image")
        # Until then the tile says "Loading", and a wheel turned meanwhile can be lost: Qt asks the
        # server for the wheel's position only when it sees the pointer enter.
        wait_until(lambda: synthetic.of(screen.picture()).mean() > 20, "an invented image")
        screen.settled(acquired)
        screen.settled(synthetic)
        return screen, acquired, synthetic

    yield open_it
    for screen in opened:
        screen.kill()


def checkerboard(index):
    """Return squares 1024 HU apart; both get brighter from slice to slice, by 50 HU."""
    row, column = np.mgrid[:SIDE, :SIDE] // 8
    return (1024 * ((row + column) % 2) + 50 * index).astype(np.int16)


@pytest.fixture
def made_window(open_window, tmp_path):
    source = tmp_path / "ct"
    window = {"WindowCenter": -350, "WindowWidth": WIDTH}
    make_series(source, range(0, 40, 5), pixels=checkerboard, **window)
    return open_window(source, write_tiny_package(tmp_path / "tiny"))


def mean_rises(before, gray, tolerance=0.5):
    return lambda pixels: abs(pixels.mean() - before.mean() - gray) < tolerance


def moved_by(before, dx, dy):
    """Compare where both pictures show the same part of the image."""
    return lambda pixels: (pixels[dy:, dx:] == before[:-dy, :-dx]).mean() > 0.99


def differs_from(before):
    return lambda pixels: (pixels != before).any()


def edges_of(pixels):
    """Return how many neighbours in a row differ by more than 10: edges of squares."""
    gray = pixels[..., 0].astype(int)
    return int((np.abs(np.diff(gray, axis=1)) > 10).sum())


def drag_a_slider(screen, acquired, synthetic):
    """The synthetic image follows the slider, the acquired one stays as it is."""
    real, invented = screen.settled(acquired), screen.settled(synthetic)
    track = screen.sliders(synthetic.right)[-1]

    screen.drag(LEFT, track.center, (track.right - track.left) // 3, 0)

    screen.becomes(synthetic, differs_from(invented), "another synthetic image")
    assert (screen.settled(acquired) == real).all()


def test_wheel_drags_and_sliders_do_what_the_hints_say(made_window):
    screen, acquired, synthetic = made_window
    first, invented = screen.settled(acquired), screen.settled(synthetic)

    screen.tell("mousemove", *acquired.center, "click", WHEEL_DOWN)
    scrolled = screen.becomes(acquired, mean_rises(first, 5), "the next slice")

    screen.drag(LEFT, acquired.center, 0, 100)  # 1 HU for each pixel: the range is 1024 HU
    darker = screen.becomes(acquired, mean_rises(scrolled, -10), "a center 100 HU higher")
    assert (screen.settled(synthetic) == invented).all()

    screen.drag(MIDDLE, acquired.center, 40, 24)
    panned = screen.becomes(acquired, moved_by(darker, 40, 24), "the image moved")

    screen.drag(RIGHT, acquired.center, 0, -120)
    few_edges = 0.8 * edges_of(panned)
    screen.becomes(acquired, lambda pixels: edges_of(pixels) < few_edges, "larger squares")

    drag_a_slider(screen, acquired, synthetic)
    assert screen.close() == (0, [])


def test_a_real_series_beside_a_shipped_model(open_window, shared_data):
    shipped, _ = find_packages([paths.shipped_packages()])
    generators = [p for p in shipped if p.id == "chest-xray"]
    if not generators:
        pytest.skip("no generator is shipped in weights/")
    screen, acquired, synthetic = open_window(shared_data / REAL_SERIES, generators[0])
    first = screen.settled(acquired)

    screen.tell("mousemove", *acquired.center, "click", WHEEL_DOWN)
    scrolled = screen.becomes(acquired, differs_from(first), "the next slice")

    screen.drag(LEFT, acquired.center, 0, 100)
    darker = screen.becomes(acquired, lambda p: p.mean() < scrolled.mean() - 1, "a darker image")

    screen.drag(RIGHT, acquired.center, 0, -120)
    zoomed = screen.becomes(acquired, differs_from(darker), "a larger image")

    screen.drag(MIDDLE, acquired.center, 40, 24)
    screen.becomes(acquired, moved_by(zoomed, 40, 24), "the image moved")

    drag_a_slider(screen, acquired, synthetic)
    assert screen.close() == (0, [])
