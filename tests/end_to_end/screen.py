"""An X screen of its own with the real program on it: pictures of it, and a real mouse."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from PIL import ImageGrab

from medgan_viewer.ui.theme import TRACK
from tests.ui.marks import is_amber

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60
POLL_S = 0.05
STEADY_PICTURES = 4  # equal pictures in a row until a screen counts as settled
SIZE = (1260, 760)  # wider than the window needs, or it would grow while the test looks
LEFT, MIDDLE, RIGHT, WHEEL_DOWN = 1, 2, 3, 5
TRACK_RGB = np.array([TRACK.red(), TRACK.green(), TRACK.blue()])


def wait_until(condition, what):
    """Return the first true answer; a test that waits in vain says for what."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(POLL_S)
    raise AssertionError(f"waited {PATIENCE_S} s in vain: {what}")


@dataclass(frozen=True)
class Box:
    """A part of the screen."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def center(self):
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2

    def of(self, pixels):
        return pixels[self.top : self.bottom, self.left : self.right]

    def moved(self, dx, dy):
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)


@contextmanager
def x_server():
    """Start an X server on a free display; give its name."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            yield f":{server.stdout.readline().decode().strip()}"
        finally:
            server.terminate()


class Screen:
    """The program in a child process, on a display of its own."""

    def __init__(self, display, home, *arguments):
        self._display = display
        own = {"DISPLAY": display, "MEDGAN_HOME": str(home), "QT_QPA_PLATFORM": "xcb"}
        command = [sys.executable, "-m", "medgan_viewer", *map(str, arguments)]
        command += ["--size", "{}x{}".format(*SIZE), "--device", "cpu"]
        self.process = psutil.Popen(command, env={**os.environ, **own}, cwd=ROOT)

    def picture(self):
        """Return the (rows, columns, 3) RGB pixels of the screen."""
        return np.asarray(ImageGrab.grab(xdisplay=self._display).convert("RGB"))

    def tell(self, *words):
        """Give xdotool commands, all in one go."""
        command = ["xdotool", *map(str, words)]
        subprocess.run(command, env={**os.environ, "DISPLAY": self._display}, check=True)

    def drag(self, button, start, dx, dy):
        """Press a button, move in four steps, let it go."""
        steps = []
        for part in (0.25, 0.5, 0.75, 1.0):
            x, y = round(start[0] + part * dx), round(start[1] + part * dy)
            steps += ["mousemove", x, y]
        self.tell("mousemove", *start, "mousedown", button, *steps, "mouseup", button)

    def synthetic_tile(self):
        """Return the inside of the tile with the amber frame, None while there is none."""
        rows, columns = np.nonzero(is_amber(self.picture()))
        if len(rows) < 1000:
            return None
        return inner(*map(int, (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)))

    def acquired_tile(self, synthetic):
        """Return the inside of the tile of equal size to the left of the synthetic one."""
        pixels = self.picture()
        columns = np.nonzero(is_amber(pixels).any(axis=0))[0]
        return synthetic.moved(int(columns.min() - columns.max()) - 4, 0)

    def settled(self, box):
        """Wait until a part of the screen stays as it is; return its pixels."""
        pictures = []

        def is_steady():
            pictures.append(box.of(self.picture()))
            latest = pictures[-STEADY_PICTURES:]
            return len(latest) == STEADY_PICTURES and all((p == latest[0]).all() for p in latest)

        wait_until(is_steady, "a picture that stays as it is")
        return pictures[-1]

    def becomes(self, box, is_right, what):
        """Wait until a part of the screen is right and settles; return its pixels."""
        wait_until(lambda: is_right(box.of(self.picture())), what)
        return self.settled(box)

    def sliders(self, right_of):
        """Return the tracks of the sliders in the panel to the right of a column, from the top."""
        pixels = self.picture()[:, right_of:]
        rows, columns = np.nonzero((pixels == TRACK_RGB).all(axis=-1))
        tracks = []
        for row in map(int, np.unique(rows)):
            own = columns[rows == row]
            left, right = right_of + int(own.min()), right_of + int(own.max())
            if not 60 < len(own) > 0.7 * (right - left):
                continue
            top = row
            if tracks and row == tracks[-1].bottom:
                top = tracks.pop().top
            tracks.append(Box(left, top, right, row + 1))
        return tracks

    def close(self):
        """Press Ctrl+Q; return the exit code and the processes that are left."""
        children = self.process.children(recursive=True)
        self.tell("search", "--onlyvisible", "--name", "^medgan-viewer$", "windowfocus", "--sync")
        self.tell("key", "ctrl+q")
        code = self.process.wait(PATIENCE_S)
        return code, psutil.wait_procs(children, timeout=5)[1]

    def kill(self):
        """End whatever still runs, after a test that failed."""
        if not self.process.is_running():
            return
        family = [self.process, *self.process.children(recursive=True)]
        for process in family:  # the parent first: it would start new decoders
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=PATIENCE_S)


def inner(left, top, right, bottom):
    """Leave out the border of a tile, where texts and, of a square image, empty margins are."""
    x, y = (right - left) // 6, (bottom - top) // 4
    return Box(left + x, top + y, right - x, bottom - y)
