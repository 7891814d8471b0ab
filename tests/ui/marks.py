"""Looks for the amber mark in pictures of widgets."""

import numpy as np
from PySide6.QtGui import QImage

from medgan_viewer.ui.theme import AMBER

AMBER_RGB = np.array([AMBER.red(), AMBER.green(), AMBER.blue()])


def pixels_of(image):
    """Return the (rows, columns, 3) uint8 RGB pixels of a QImage."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    line = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    rows = line[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    return rows.copy()  # the bytes go with the QImage


def grab(widget):
    return pixels_of(widget.grab().toImage())


def is_amber(pixels):
    return (pixels == AMBER_RGB).all(axis=-1)


def has_amber(pixels):
    """Return whether any pixel is about amber, darker and mixed ones too."""
    red, green, blue = np.moveaxis(pixels.astype(int), -1, 0)
    return bool(((red > 100) & (green > red * 0.55) & (green < red * 0.8) & (blue < 40)).any())


def bar_rows(pixels):
    """Return for how many rows from the top on the picture is a bar.

    A row of the bar is amber, but for the word and the hatching, over its whole width: its ends are
    amber, and of the rest at least a quarter.
    """
    amber = is_amber(pixels)
    is_bar = amber[:, 1] & amber[:, -2] & (amber.mean(axis=1) > 0.25)
    return len(is_bar) if is_bar.all() else int(np.argmin(is_bar))


def word_pixels(pixels, rows):
    """Return how many pixels of the bar are dark as letters are."""
    return int((pixels[:rows].max(axis=-1) < 60).sum())


def assert_marked(pixels, tile_height=None):
    """Check bar, word and frame: 24 px and 3 % of the tile's height at least."""
    height = tile_height or pixels.shape[0]
    rows = bar_rows(pixels)
    assert rows >= 24, f"the bar has {rows} rows"
    assert rows >= 0.03 * height, f"the bar has {rows} of {height} rows"
    assert word_pixels(pixels, rows) > 60, "the bar has no word"
    amber = is_amber(pixels)
    for side, line in (("left", amber[:, 1]), ("right", amber[:, -2]), ("bottom", amber[-2])):
        assert line.mean() > 0.98, f"the frame is broken at the {side}"
