"""VOI functions against the golden vectors of PS3.3 C.11.2.1.2 and C.11.2.1.3."""

import numpy as np
import pytest

from medgan_viewer.imaging.voi import (
    VoiFunction,
    VoiLut,
    VoiWindow,
    apply_voi,
    auto_window,
    text_of,
    window_of_range,
)

# x, LINEAR, LINEAR_EXACT, SIGMOID for center 40, width 400, from the equations of the standard.
GOLDEN = [
    (-200, 0, 0, 21.21),
    (-160, 0, 0, 30.40),
    (-159, 0.64, 0.64, 30.67),
    (-60, 63.91, 63.75, 68.58),
    (0, 102.26, 102.00, 102.33),
    (40, 127.82, 127.50, 127.50),
    (140, 191.73, 191.25, 186.42),
    (239, 255, 254.36, 224.33),
    (240, 255, 255, 224.60),
    (500, 255, 255, 252.46),
]


def floats(*values):
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize(
    ("function", "column"),
    [(VoiFunction.LINEAR, 1), (VoiFunction.LINEAR_EXACT, 2), (VoiFunction.SIGMOID, 3)],
)
def test_a_voi_function_gives_the_grays_of_the_standard(function, column):
    values = floats(*(row[0] for row in GOLDEN))

    gray = apply_voi(values, VoiWindow(40, 400, function))

    np.testing.assert_allclose(gray, [row[column] for row in GOLDEN], atol=0.006)


def test_a_linear_width_of_one_is_a_threshold_at_center_minus_a_half():
    gray = apply_voi(floats(9, 9.5, 9.6, 10), VoiWindow(10, 1))

    assert gray.tolist() == [0, 0, 255, 255]


def test_a_linear_width_below_one_is_read_as_linear_exact():
    gray = apply_voi(floats(9.75, 10, 10.25), VoiWindow(10, 0.5))

    assert gray.tolist() == [0, 127.5, 255]


@pytest.mark.parametrize("width", [0, -1, float("nan"), float("inf")])
def test_a_window_without_a_usable_width_is_refused(width):
    with pytest.raises(ValueError, match="window"):
        VoiWindow(0, width)


def test_values_are_not_changed_by_windowing():
    values = floats(0, 50, 100)

    apply_voi(values, VoiWindow(50, 100))

    assert values.tolist() == [0, 50, 100]


def test_an_8_bit_voi_lut_of_4096_entries_does_not_wrap():
    # pydicom 3.0.2 keeps the index in 8 bits and gives 0, 15, 0, 14, 15 here.
    lut = VoiLut(0, (np.arange(4096) // 16).astype(np.uint16), bits=8)

    gray = apply_voi(floats(0, 255, 256, 1000, 4095), lut)

    assert gray.tolist() == [0, 15, 16, 62, 255]


def test_inputs_outside_a_voi_lut_take_its_end_entries():
    lut = VoiLut(-10, np.array([0, 100, 255], dtype=np.uint16), bits=8)

    assert apply_voi(floats(-500, -10, -9, -8, 500), lut).tolist() == [0, 0, 100, 255, 255]


def test_a_voi_lut_that_states_too_few_bits_is_scaled_by_its_largest_entry():
    lut = VoiLut(0, np.array([0, 4095], dtype=np.uint16), bits=8)

    assert apply_voi(floats(0, 1), lut).tolist() == [0, 255]


def test_dragging_a_voi_lut_starts_with_the_window_over_its_inputs():
    window = VoiLut(100, np.zeros(200, dtype=np.uint16), bits=8).as_window()

    assert (window.center, window.width) == (200, 200)


def test_the_automatic_window_leaves_out_padding_and_what_is_not_finite():
    values = floats(-2000, 0, 50, 100, np.nan)
    padding = np.array([True, False, False, False, False])

    window = auto_window(values, padding)

    # 0.1 and 99.9 percentile of 0, 50, 100, linearly interpolated.
    assert window.center == pytest.approx(50)
    assert window.width == pytest.approx(99.8, abs=0.01)


@pytest.mark.parametrize("values", [floats(), floats(np.nan, np.inf), floats(7, 7, 7)])
def test_the_automatic_window_of_a_flat_or_empty_image_is_usable(values):
    assert auto_window(values).width > 0


def test_a_range_becomes_black_and_white_at_its_ends():
    gray = apply_voi(floats(-5, 0, 5), window_of_range(-5, 5))

    assert gray.tolist() == [0, 127.5, 255]


@pytest.mark.parametrize(
    ("voi", "text"),
    [
        (VoiWindow(40, 400), "W 400 C 40"),
        (VoiWindow(0.5, 1.25), "W 1.250 C 0.500"),
        (VoiWindow(40, 400, VoiFunction.SIGMOID), "W 400 C 40 sigmoid"),
        (VoiLut(0, np.zeros(2, np.uint16), 8, "BONE"), "LUT BONE"),
    ],
)
def test_a_view_has_a_text_for_the_corner_of_the_image(voi, text):
    assert text_of(voi) == text
