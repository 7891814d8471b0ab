"""Intensity rules: which values become black and white, and how many grays are kept."""

import numpy as np
import pytest

from medgan_viewer.datasets.images import IntensityHandling
from medgan_viewer.datasets.intensity import deepened, limits_of, sample_of, to_pixels
from medgan_viewer.errors import InputError

FULL = IntensityHandling("full", 0, 255)


def test_a_window_maps_its_ends_to_black_and_white_and_clips_the_rest():
    values = np.array([-2000, -1000, -300, 400, 3000], np.float32)
    lung = IntensityHandling("window", -1000, 400, "HU")

    pixels = to_pixels(values, limits_of(lung, values, None, "a"), deep=True)

    assert pixels.dtype == np.uint16
    assert pixels.tolist() == [0, 0, 32768, 65535, 65535]


def test_percentiles_are_those_of_the_values_that_are_an_image():
    values = np.array([*range(101), np.nan, np.inf], np.float32)

    low, high = limits_of(IntensityHandling("percentile", 10, 90), values, None, "a")

    assert (low, high) == (10, 90)  # of 0 ... 100


def test_the_full_rule_takes_the_range_of_the_file():
    assert limits_of(FULL, np.zeros(1, np.float32), (0, 4095), "a") == (0, 4095)


def test_the_full_rule_refuses_a_file_without_a_range():
    with pytest.raises(InputError, match=r"brain\.nii has no range") as caught:
        limits_of(FULL, np.zeros(1, np.float32), None, "brain.nii")

    assert "window" in caught.value.action


def test_a_constant_picture_has_no_percentiles_and_is_named():
    with pytest.raises(InputError, match=r"flat\.png is constant"):
        limits_of(
            IntensityHandling("percentile", 1, 99), np.full(9, 7, np.float32), None, "flat.png"
        )


def test_eight_bits_stay_eight_bits_and_deepen_to_the_same_gray():
    pixels = to_pixels(np.array([0, 128, 255], np.float32), (0, 255), deep=False)

    assert pixels.dtype == np.uint8
    assert pixels.tolist() == [0, 128, 255]
    assert deepened(pixels).tolist() == [0, 128 * 257, 65535]


def test_a_sample_of_a_large_plane_is_small_and_covers_it():
    plane = np.linspace(0, 1, 2000 * 2000, dtype=np.float32).reshape(2000, 2000)

    sample = sample_of(plane)

    assert sample.size < 20_000
    assert np.percentile(sample, (1, 99)) == pytest.approx((0.01, 0.99), abs=0.01)
