"""Stored to modality values, PS3.3 C.11.1."""

import numpy as np
import pytest

from medgan_viewer.imaging.modality import ModalityLut, Rescale


def test_a_rescale_is_slope_times_stored_plus_intercept():
    values = Rescale(2, -1024, "HU").apply(np.array([0, 1, 1024], dtype=np.int16))

    assert values.tolist() == [-1024, -1022, 1024]
    assert values.dtype == np.float32


def test_a_negative_slope_is_applied_as_it_stands():
    assert Rescale(-10, 3000).apply(np.array([0, 100], dtype=np.uint16)).tolist() == [3000, 2000]


def test_16_bit_stored_values_do_not_overflow():
    stored = np.array([-32768, 65535 - 32768], dtype=np.int16)

    assert Rescale(2, 0).apply(stored).tolist() == [-65536, 65534]


@pytest.mark.parametrize("slope", [0, float("nan"), float("inf")])
def test_a_rescale_without_a_usable_slope_is_refused(slope):
    with pytest.raises(ValueError, match="rescale"):
        Rescale(slope)


def test_a_modality_lut_over_all_16_bit_values_does_not_overflow():
    # pydicom 3.0.2 subtracts in int16 and gives 0, 32767, 0, 0, 0 here.
    lut = ModalityLut(-32768, np.arange(65536).astype(np.uint16))
    stored = np.array([-32768, -1, 0, 1, 32767], dtype=np.int16)

    assert lut.apply(stored).tolist() == [0, 32767, 32768, 32769, 65535]


def test_inputs_outside_a_modality_lut_take_its_end_entries():
    lut = ModalityLut(10, np.array([5, 6, 7], dtype=np.uint16))

    assert lut.apply(np.array([0, 10, 11, 12, 255], dtype=np.uint8)).tolist() == [5, 5, 6, 7, 7]


def test_a_lut_without_entries_is_refused():
    with pytest.raises(ValueError, match="entries"):
        ModalityLut(0, np.array([], dtype=np.uint16))


def test_32_bit_values_are_rescaled_before_they_are_rounded():
    stored = np.array([2**32 - 1, 2**32 - 2], dtype=np.uint32)

    assert Rescale(1, -(2**32)).apply(stored).tolist() == [-1, -2]


@pytest.mark.parametrize(
    ("slope", "intercept", "is_computable"),
    [
        (1, 0, True),
        (1e-37, 0, True),
        (1e-50, 0, False),  # 0 in float32
        (1e-40, 0, False),  # less than 24 bits in float32
        (1e33, 0, True),
        (1e38, 0, False),  # 32767 times as much is not
        (1e300, 0, False),
        (1, 1e39, False),
        (-1e38, 0, False),
    ],
)
def test_a_rescale_is_computable_where_float32_holds_it_and_its_results(
    slope, intercept, is_computable
):
    """float32 reaches from 1.2e-38 to 3.4e38 (IEEE 754)."""
    rescale = Rescale(slope, intercept)

    assert rescale.is_computable(np.array([0, 100], dtype=np.int16)) is is_computable


@pytest.mark.parametrize(
    ("stored", "rescale", "is_rounding"),
    [
        (np.array([2**24], np.uint32), Rescale(), False),
        (np.array([2**24 + 1], np.uint32), Rescale(), True),
        (np.array([-(2**30)], np.int32), Rescale(0.5), True),
        (np.array([65535], np.uint16), Rescale(0.001), False),
        (np.array([3], np.uint16), Rescale(1e-5, 1000), True),  # 0.00006 apart at 1000
        (np.array([0.1, 1e9], np.float32), Rescale(), False),
    ],
)
def test_rounding_is_told_where_neighbouring_integers_cannot_be_told_apart(
    stored, rescale, is_rounding
):
    """float32 holds every whole number up to 2^24 (IEEE 754)."""
    assert rescale.is_rounding(stored) is is_rounding
