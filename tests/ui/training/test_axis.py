import pytest

from medgan_viewer.ui.training.axis import decade_ticks, round_ticks, short_number


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [
        (0, 10, 5, [0, 2, 4, 6, 8, 10]),
        (0, 27_000, 5, [0, 10_000, 20_000]),
        (-0.3, 0.3, 6, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]),
        (2, 2, 5, [2]),
    ],
)
def test_ticks_are_round_and_inside(low, high, count, expected):
    assert round_ticks(low, high, count) == pytest.approx(expected)


def test_ticks_of_decades_are_powers_of_ten_and_finer_in_a_small_range():
    assert decade_ticks(0.004, 90, 8) == pytest.approx([0.01, 0.1, 1, 10])
    assert decade_ticks(0.5, 6, 8) == pytest.approx([0.5, 1, 2, 5])
    assert decade_ticks(0.5, 1.8, 8) == pytest.approx([0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8])
    assert len(decade_ticks(1e-12, 1e12, 6)) <= 7


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (5000, "5000"),
        (25_000, "25k"),
        (1_500_000, "1.5M"),
        (2e9, "2G"),
        (-12_345, "-12.35k"),
        (0.000012, "1.2e-05"),
        (0.69314718, "0.6931"),
    ],
)
def test_numbers_are_short(value, text):
    assert short_number(value) == text
