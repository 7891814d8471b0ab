"""Gray below the first mapped value, colors from it on (PS3.3 C.7.6.19, C.7.6.3.1.5)."""

import numpy as np
import pytest

from medgan_viewer.imaging.display import reduce_frame, render_display
from medgan_viewer.imaging.frame import PaddingRange, PixelFrame
from medgan_viewer.imaging.supplement import SupplementalPalette
from medgan_viewer.imaging.voi import VoiWindow

RED_TO_GREEN = SupplementalPalette(100, np.array([[255, 0, 0], [0, 255, 0]], np.uint8))


def shown(frame, **options):
    return render_display(frame, VoiWindow(50, 100), **options).pixels[0].tolist()


def test_low_values_are_gray_and_high_ones_take_the_colors_of_the_table():
    frame = PixelFrame(np.array([[0, 99, 100, 101, 4000]], np.int16), supplement=RED_TO_GREEN)

    assert shown(frame) == [[0] * 3, [255] * 3, [255, 0, 0], [0, 255, 0], [0, 255, 0]]


def test_inverting_the_grays_leaves_the_colors():
    frame = PixelFrame(np.array([[0, 100]], np.int16), supplement=RED_TO_GREEN)

    assert shown(frame, inverted=True) == [[255] * 3, [255, 0, 0]]


def test_padding_stays_background():
    frame = PixelFrame(
        np.array([[200, 100]], np.int16),
        supplement=RED_TO_GREEN,
        padding=PaddingRange(200, 200),
    )

    assert shown(frame) == [[0] * 3, [255, 0, 0]]


def test_reducing_makes_no_color_that_is_not_in_the_image():
    pixels = np.array([[100, 0, 101, 0], [0, 0, 0, 0]], np.int16)
    frame = PixelFrame(pixels, supplement=RED_TO_GREEN)

    assert shown(reduce_frame(frame, 2)) == [[255, 0, 0], [0, 255, 0]]


def test_values_can_still_be_measured():
    frame = PixelFrame(np.array([[100]], np.int16), supplement=RED_TO_GREEN)

    assert not frame.is_color
    assert frame.modality_values().tolist() == [[100]]


def test_a_table_without_colors_is_refused():
    with pytest.raises(ValueError, match=r"colors must be \(n, 3\)"):
        SupplementalPalette(0, np.zeros((0, 3), np.uint8))
