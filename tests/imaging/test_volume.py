import numpy as np
import pytest

from medgan_viewer.imaging.frame import Provenance, SyntheticKind
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.volume import Volume


def small_volume(**options):
    affine = np.diag([0.5, 0.8, 5.0, 1.0])
    affine[:3, 3] = (-10, -20, 30)
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    return Volume(values, Rescale(1, -1024, "HU"), affine, **options)


def test_spacing_is_that_of_slices_rows_and_columns():
    assert small_volume().spacing_mm == pytest.approx((5.0, 0.8, 0.5))


def test_a_voxel_lies_where_the_affine_puts_it():
    position = small_volume().to_patient(column=2, row=1, slice_index=1)

    assert position.tolist() == pytest.approx([-9, -19.2, 35])


def test_modality_values_are_rescaled():
    assert small_volume().modality_values()[0, 0].tolist() == [-1024, -1023, -1022, -1021]


def test_values_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        small_volume().values[0, 0, 0] = 1


def test_the_unit_of_a_synthetic_volume_says_that_it_is_simulated():
    provenance = Provenance(SyntheticKind.TRANSLATED, "MR to CT 1.0")

    assert small_volume(provenance=provenance).unit == "HU (simulated)"


def test_a_stack_without_slices_is_refused():
    with pytest.raises(ValueError, match="slices"):
        Volume(np.zeros((0, 2, 2)), Rescale(), np.eye(4))
