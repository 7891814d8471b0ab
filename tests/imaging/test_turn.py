import itertools

import numpy as np
import pytest

from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.imaging.turn import UPRIGHT, EdgeLetters, Turn, edge_letters, fit_scale

ALL = [Turn(*pair) for pair in itertools.product(range(4), (False, True))]
PLANES = {
    "axial": ((1, 0, 0), (0, 1, 0), "RLAP"),
    "coronal": ((1, 0, 0), (0, 0, -1), "RLHF"),
    "sagittal": ((0, 1, 0), (0, 0, -1), "APHF"),
}


def plane(name):
    row, column, _ = PLANES[name]
    return PlaneGeometry((0, 0, 0), row, column, PixelSpacing(1, 1))


def expected_letters(name, turn):
    """Turn a card on which the letters of the upright image are written, with numpy alone."""
    left, right, top, bottom = PLANES[name][2]
    card = np.array([["", top, ""], [left, "", right], ["", bottom, ""]])
    if turn.is_mirrored:
        card = np.fliplr(card)
    for _ in range(turn.quarter_turns):
        card = card[::-1].T  # one quarter clockwise: the last row becomes the first column
    return EdgeLetters(card[1, 0], card[1, 2], card[0, 1], card[2, 1])


@pytest.mark.parametrize("turn", ALL)
@pytest.mark.parametrize("name", PLANES)
def test_the_letters_go_with_the_image_in_all_eight_ways(name, turn):
    assert edge_letters(plane(name), turn) == expected_letters(name, turn)


@pytest.mark.parametrize("turn", ALL)
def test_the_letters_are_the_directions_of_the_rotation_formula(turn):
    angle = np.radians(90 * turn.quarter_turns)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mirror = np.diag([-1 if turn.is_mirrored else 1, 1])

    assert np.allclose(turn.matrix, rotation @ mirror)


@pytest.mark.parametrize("turn", ALL)
def test_an_image_of_unknown_place_has_no_letters(turn):
    assert edge_letters(None, turn) == EdgeLetters("", "", "", "")


def test_an_oblique_plane_keeps_its_letters_of_two_on_every_turn():
    row = (np.cos(np.radians(30)), np.sin(np.radians(30)), 0)
    column = (-row[1], row[0], 0)
    oblique = PlaneGeometry((0, 0, 0), row, column, PixelSpacing(1, 1))

    assert edge_letters(oblique, UPRIGHT) == EdgeLetters("RA", "LP", "AL", "PR")
    assert edge_letters(oblique, Turn(1)) == EdgeLetters("PR", "AL", "RA", "LP")


@pytest.mark.parametrize("turn", ALL)
def test_what_a_turn_does_to_pixels_it_does_to_directions(turn):
    pixels = np.zeros((5, 5), np.uint8)
    pixels[2, 4] = 1  # right of the middle
    pixels[4, 2] = 2  # below it

    shown = turn.apply(pixels)

    for value, (across, down) in ((1, (2, 0)), (2, (0, 2))):
        right, below = turn.to_screen(across, down)
        assert shown[2 + int(below), 2 + int(right)] == value
        assert turn.to_image(right, below) == (across, down)


@pytest.mark.parametrize("turn", ALL)
def test_flips_and_rotations_act_on_the_screen(turn):
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    shown = turn.apply(pixels)

    assert (turn.flipped_horizontally().apply(pixels) == shown[:, ::-1]).all()
    assert (turn.flipped_vertically().apply(pixels) == shown[::-1]).all()
    assert (turn.rotated(1).apply(pixels) == np.rot90(shown, -1)).all()
    assert turn.rotated(1).rotated(-1) == turn.rotated(4) == turn


def test_colors_are_turned_pixel_by_pixel():
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)

    shown = Turn(1).apply(pixels)

    assert shown.shape == (3, 2, 3)
    assert shown[0, 1].tolist() == pixels[0, 0].tolist()


def test_a_lying_image_fits_by_its_other_side():
    # 200 x 100 pixels into 400 x 400: 2 screen pixels each, also standing on its side.
    assert fit_scale((400, 400), 200, 100, 1.0) == 2
    assert fit_scale((400, 400), 200, 100, 1.0, Turn(1)) == 2
    # Into 400 x 100: height decides upright, and turned the 200 columns stand in 100 pixels.
    assert fit_scale((400, 100), 200, 100, 1.0) == 1
    assert fit_scale((400, 100), 200, 100, 1.0, Turn(3)) == 0.5
    # Pixels of double height: the rows take 200 pixels of width when they stand.
    assert fit_scale((100, 400), 200, 100, 2.0, Turn(1)) == 0.5


@pytest.mark.parametrize(
    ("turn", "text"),
    [
        (UPRIGHT, ""),
        (Turn(3), "rotated 270°"),
        (UPRIGHT.flipped_horizontally(), "flipped horizontally"),
        (UPRIGHT.flipped_vertically(), "flipped vertically"),
    ],
)
def test_the_corner_says_what_was_done(turn, text):
    assert turn.text == text


def test_other_numbers_of_quarters_are_refused():
    with pytest.raises(ValueError, match="0 to 3"):
        Turn(4)
