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
