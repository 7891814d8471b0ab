"""Measuring in the real program on an X screen, with a real mouse and a real keyboard."""

import numpy as np
import pytest

from medgan_viewer.ui.theme import ACCENT
from tests.end_to_end.screen import LEFT
from tests.end_to_end.test_window_with_mouse import (  # noqa: F401
    display,
    made_window,
    open_window,
)

pytestmark = pytest.mark.slow

ACCENT_RGB = np.array([ACCENT.red(), ACCENT.green(), ACCENT.blue()])


def drawn(pixels):
    """Return how many pixels have the color of what is chosen, edges smoothed."""
    return int((np.abs(pixels.astype(int) - ACCENT_RGB).max(axis=-1) < 12).sum())


def test_a_line_is_drawn_bent_undone_and_deleted(made_window):  # noqa: F811
    screen, acquired, synthetic = made_window
    invented = screen.settled(synthetic)
    screen.tell("search", "--onlyvisible", "--name", "^medgan-viewer$", "windowfocus", "--sync")
    screen.tell("mousemove", *acquired.center, "click", LEFT, "key", "d")
    plain = screen.settled(acquired)
    assert drawn(plain) < 20
    start = (acquired.center[0] - 60, acquired.center[1])

    screen.drag(LEFT, start, 120, 40)
    line = screen.becomes(acquired, lambda pixels: drawn(pixels) > 60, "a line in the tile")

    screen.drag(LEFT, (start[0] + 120, start[1] + 40), 0, -90)  # by the handle at its end
    bent = screen.becomes(acquired, lambda pixels: (pixels != line).any(), "the line bent")
    assert drawn(bent) > 60

    screen.tell("key", "ctrl+z")
    screen.becomes(acquired, lambda pixels: (pixels == line).mean() > 0.99, "the line as drawn")
    screen.tell("key", "Delete")
    empty = screen.becomes(acquired, lambda pixels: drawn(pixels) < 20, "no line")
    screen.tell("key", "ctrl+z")  # it comes back, but is not chosen
    screen.becomes(acquired, lambda pixels: (pixels != empty).sum() > 500, "the line again")

    assert (screen.settled(synthetic) == invented).all()
    assert screen.close() == (0, [])
