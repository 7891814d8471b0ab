"""The word SYNTHETIC in the pixels: there, tall enough, and legible on any background."""

import numpy as np
import pytest
from scipy import ndimage

from medgan_viewer.imaging.display import default_voi, render_display
from medgan_viewer.imaging.frame import PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.label import AMBER, burn_label, draw_bar, draw_label
from medgan_viewer.imaging.modality import ModalityLut, Rescale
from medgan_viewer.imaging.voi import VoiFunction, VoiLut, VoiWindow

PROVENANCE = Provenance(SyntheticKind.GENERATED, "Chest 1.0", summary="seed 41")


def synthetic(stored, **options):
    return PixelFrame(stored, provenance=PROVENANCE, **options)


def flat(value, dtype=np.uint8, shape=(64, 64)):
    return np.full(shape, value, dtype=dtype)


def test_the_letter_t_is_drawn_as_in_the_font():
    drawn = draw_label(flat(100, shape=(20, 20)), "T")

    # Dots start at row 2, column 2; a margin of one and an outline of one lie before them.
    expected = ["#####", "..#..", "..#..", "..#..", "..#..", "..#..", "..#.."]
    dots = drawn[2:9, 2:7] == 255
    assert ["".join(".#"[dot] for dot in row) for row in dots.astype(int)] == expected


@pytest.mark.parametrize("background", [0, 128, 255])
def test_white_letters_stand_on_a_black_outline_on_any_background(background):
    dots = draw_label(flat(128), "SYNTHETIC") == 255
    around = ndimage.binary_dilation(dots, np.ones((3, 3))) & ~dots

    drawn = draw_label(flat(background), "SYNTHETIC")

    assert (drawn[dots] == 255).all()
    assert (drawn[around] == 0).all()


def test_the_input_is_not_changed():
    pixels = flat(7)

    draw_label(pixels, "SYNTHETIC")
    draw_bar(pixels, "SYNTHETIC")

    assert (pixels == 7).all()


@pytest.mark.parametrize("rows", [64, 256, 512, 1024, 4096])
def test_letters_are_at_least_7_pixels_and_3_percent_of_the_height(rows):
    drawn = draw_label(flat(100, shape=(rows, rows)), "SYNTHETIC")

    inked_rows = np.flatnonzero((drawn == 255).any(axis=1))
    height = inked_rows[-1] - inked_rows[0] + 1
    assert height >= max(7, 0.03 * rows)


@pytest.mark.parametrize("columns", [58, 64, 100, 300])
def test_the_whole_word_fits_the_width(columns):
    drawn = draw_label(flat(100, shape=(2000, columns)), "SYNTHETIC")
    wide = draw_label(flat(100, shape=(2000, 2000)), "SYNTHETIC")

    def letter_count(pixels):
        gaps = np.diff((pixels == 255).any(axis=0).astype(int))
        return (gaps == 1).sum()

    assert letter_count(drawn) == letter_count(wide)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3), (28, 28)])
def test_images_too_small_for_the_word_get_what_fits(shape):
    assert draw_label(flat(9, shape=shape), "SYNTHETIC\nmore").shape == shape
    assert draw_bar(flat(9, shape=shape), "SYNTHETIC\nmore").shape == (*shape, 3)


def test_color_images_get_amber_letters():
    drawn = draw_label(np.zeros((64, 64, 3), np.uint8), "SYNTHETIC")

    assert (drawn == AMBER).all(axis=2).any()


def test_the_bar_is_amber_from_edge_to_edge_and_leaves_the_rest():
    drawn = draw_bar(flat(9, shape=(512, 512)), "SYNTHETIC\nChest 1.0")

    is_amber = (drawn == AMBER).all(axis=2)
    height = np.flatnonzero(is_amber.any(axis=1))[-1] + 1
    assert 0.03 * 512 <= height <= 0.08 * 512
    assert is_amber[0].all()
    assert (drawn[height:] == 9).all()


def test_the_lower_edge_of_the_bar_is_hatched():
    drawn = draw_bar(flat(9), "SYNTHETIC")

    edge = (drawn[10] == AMBER).all(axis=1)
    assert edge.any()
    assert not edge.all()


@pytest.mark.parametrize(
    ("dtype", "options"),
    [
        (np.uint8, {}),
        (np.uint16, {"bits_stored": 12, "vois": (VoiWindow(1000, 500),)}),
        (np.int16, {"transform": Rescale(2, -1024, "HU"), "vois": (VoiWindow(40, 400),)}),
        (np.int16, {"transform": Rescale(-1, 300), "vois": (VoiWindow(40, 400),)}),
        (np.uint16, {"inverted": True, "vois": (VoiWindow(1000, 500),)}),
        (np.uint16, {"vois": (VoiWindow(1000, 500, VoiFunction.SIGMOID),)}),
        (np.uint16, {"vois": (VoiLut(10, np.arange(0, 4096, 16, dtype=np.uint16), 12),)}),
        (np.uint8, {"transform": ModalityLut(0, np.arange(255, -1, -1).astype(np.uint16))}),
    ],
)
def test_a_burned_label_shows_as_white_on_black_in_the_default_view(dtype, options):
    stored = np.arange(64 * 64).reshape(64, 64).astype(dtype)
    frame = synthetic(stored, **options)
    voi = default_voi(frame)

    burned = burn_label(frame)

    shown = render_display(burned, voi).pixels
    assert burned.stored.dtype == dtype
    changed = burned.stored != frame.stored
    assert changed.any()
    assert shown[changed].min() <= 1
    assert shown[changed].max() >= 254
    assert set(np.unique(shown[changed])) <= {0, 1, 254, 255}


def test_a_burned_label_stays_inside_the_window():
    frame = synthetic(flat(50, np.int16), vois=(VoiWindow(50, 101),))

    burned = burn_label(frame)

    # LINEAR rises from 0.5 - 0.5 to 99.5 + 0.5 (PS3.3 C.11.2.1.2.1): 0 is black, 99.5 is white.
    assert burned.stored.min() >= -1
    assert burned.stored.max() <= 101


def test_the_same_frame_gets_the_same_label():
    frame = synthetic(np.arange(4096, dtype=np.uint16).reshape(64, 64))

    assert np.array_equal(burn_label(frame).stored, burn_label(frame).stored)


def test_an_acquired_frame_gets_no_label():
    with pytest.raises(ValueError, match="acquired"):
        burn_label(PixelFrame(flat(1)))


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_values_that_no_file_stores_get_no_label(dtype):
    with pytest.raises(ValueError, match="no label fits"):
        burn_label(synthetic(flat(1, dtype)))
