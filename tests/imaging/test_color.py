"""YBR to RGB, PS3.3 C.7.6.3.1.2."""

import numpy as np
import pytest

from medgan_viewer.imaging.color import to_8_bit, ybr_to_rgb


@pytest.mark.parametrize(
    ("ybr", "rgb"),
    [
        ((0, 128, 128), (0, 0, 0)),
        ((255, 128, 128), (255, 255, 255)),
        # Pure colors of the standard's equations, rounded to whole steps.
        ((76, 85, 255), (254, 0, 0)),
        ((150, 44, 21), (0, 255, 1)),
        ((29, 255, 107), (0, 0, 254)),
    ],
)
def test_full_range_ybr_uses_all_256_steps(ybr, rgb):
    assert ybr_to_rgb(np.array([[ybr]], np.uint8))[0, 0].tolist() == list(rgb)


@pytest.mark.parametrize(
    ("ybr", "rgb"), [((16, 128, 128), (0, 0, 0)), ((235, 128, 128), (255, 255, 255))]
)
def test_partial_range_luminance_goes_from_16_to_235(ybr, rgb):
    converted = ybr_to_rgb(np.array([[ybr]], np.uint8), is_partial_range=True)

    assert converted[0, 0].tolist() == list(rgb)


def test_deep_samples_keep_their_highest_bits():
    assert to_8_bit(np.array([0, 256, 65535], np.uint16), 16).tolist() == [0, 1, 255]
    assert to_8_bit(np.array([0, 4095], np.uint16), 12).tolist() == [0, 255]
    assert to_8_bit(np.array([0, 200], np.uint8), 8).tolist() == [0, 200]
