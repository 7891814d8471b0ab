"""PixelFrame: what it accepts, and what it never lets go of."""

import numpy as np
import pytest

from medgan_viewer.imaging.frame import PaddingRange, PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.modality import Rescale


def test_stored_values_are_read_only():
    frame = PixelFrame(np.zeros((2, 2), np.int16))

    with pytest.raises(ValueError, match="read-only"):
        frame.stored[0, 0] = 1


@pytest.mark.parametrize(
    "stored",
    [
        np.zeros(4, np.int16),
        np.zeros((2, 2, 4), np.uint8),
        np.zeros((2, 2, 3), np.uint16),
        np.zeros((2, 2), bool),
        np.zeros((0, 2), np.int16),
    ],
)
def test_what_is_neither_gray_nor_8_bit_color_is_refused(stored):
    with pytest.raises(ValueError, match="stored"):
        PixelFrame(stored)


def test_the_unit_of_a_synthetic_image_says_that_it_is_simulated():
    provenance = Provenance(SyntheticKind.TRANSLATED, "MR to CT 1.0")
    rescale = Rescale(1, -1024, "HU")
    stored = np.zeros((2, 2), np.int16)

    assert PixelFrame(stored, transform=rescale).unit == "HU"
    assert PixelFrame(stored, transform=rescale, provenance=provenance).unit == "HU (simulated)"


def test_both_ends_of_a_padding_range_are_padding():
    stored = np.array([[-2001, -2000, -1500, -1000, -999]], np.int16)
    frame = PixelFrame(stored, padding=PaddingRange(-2000, -1000))

    assert frame.padding_mask().tolist() == [[False, True, True, True, False]]


def test_color_has_no_modality_values():
    frame = PixelFrame(np.zeros((2, 2, 3), np.uint8))

    with pytest.raises(ValueError, match="color"):
        frame.modality_values()
    assert frame.padding_mask() is None
