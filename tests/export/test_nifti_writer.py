"""Volumes as NIfTI: values and place read back with SimpleITK, header bytes by the standard."""

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK

from medgan_viewer.errors import InputError
from medgan_viewer.export.marks import read_marks
from medgan_viewer.export.nifti_writer import write_nifti
from medgan_viewer.imaging.frame import Provenance, SyntheticKind
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.volume import Volume

TRANSLATED = Provenance(
    SyntheticKind.TRANSLATED, "MR to CT 1.0", "mr-ct", "ab" * 32, '{"seed": 1}', "gain 1", ("1.2",)
)
# Columns run to the left by 0.5 mm, rows to the feet by 0.8 mm, slices to the back by 3 mm.
AFFINE = np.array(
    [[0.5, 0.0, 0.0, -10.0], [0.0, 0.0, 3.0, 20.0], [0.0, -0.8, 0.0, 30.0], [0.0, 0.0, 0.0, 1.0]]
)


HOUNSFIELD = Rescale(1, -1024, "HU")


def volume(dtype=np.int16, rescale=HOUNSFIELD, affine=AFFINE, provenance=TRANSLATED):
    values = np.arange(2 * 3 * 4, dtype=dtype).reshape(2, 3, 4)
    return Volume(values, rescale, affine.copy(), provenance=provenance)


def test_every_voxel_keeps_its_place_in_the_patient(tmp_path):
    path = tmp_path / "volume.nii.gz"

    write_nifti(volume(), path)

    image = SimpleITK.ReadImage(str(path))
    assert image.GetSize() == (4, 3, 2)
    for index in ((0, 0, 0), (3, 0, 0), (0, 2, 0), (0, 0, 1)):
        found = image.TransformIndexToPhysicalPoint(index)
        assert found == pytest.approx(volume().to_patient(*index), abs=1e-4)


def test_a_slice_axis_against_the_right_hand_rule_keeps_its_place_too(tmp_path):
    mirrored = AFFINE.copy()
    mirrored[:, 2] *= -1
    path = tmp_path / "volume.nii.gz"

    write_nifti(volume(affine=mirrored), path)

    found = SimpleITK.ReadImage(str(path)).TransformIndexToPhysicalPoint((0, 0, 1))
    assert found == pytest.approx((-10, 17, 30), abs=1e-4)


@pytest.mark.parametrize(
    ("dtype", "rescale", "written"),
    [
        (np.uint16, Rescale(), np.uint16),
        (np.int16, Rescale(1, -1024, "HU"), np.int16),
        (np.uint16, Rescale(1, 40_000), np.float32),  # beyond int16
        (np.int16, Rescale(0.5), np.float32),
        (np.float32, Rescale(), np.float32),
    ],
)
def test_values_are_those_of_the_modality_in_the_smallest_honest_type(
    tmp_path, dtype, rescale, written
):
    path = tmp_path / "volume.nii"
    source = volume(dtype, rescale)

    write_nifti(source, path)

    values = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    assert values.dtype == written
    assert np.array_equal(values, source.modality_values())


def test_the_marks_stand_beside_the_volume_and_in_its_description(tmp_path):
    path = tmp_path / "volume.nii"

    write_nifti(volume(), path)

    assert read_marks(path) == TRANSLATED
    document = json.loads((tmp_path / "volume.nii.json").read_text())
    assert document["unit"] == "HU (simulated)"
    assert document["spacing"] == "3 x 0.8 x 0.5 mm"
    assert document["shape"] == [2, 3, 4]
    # "descrip" of the NIfTI-1 header: 80 bytes from byte 148.
    assert path.read_bytes()[148:228].startswith(b"SYNTHETIC - not acquired - MR to CT 1.0")


def test_a_long_name_in_other_letters_fits_the_description(tmp_path):
    path = tmp_path / "volume.nii"
    named = Provenance(SyntheticKind.TRANSLATED, "ψ" * 100)

    write_nifti(volume(provenance=named), path)

    assert path.read_bytes()[148:228].startswith(b"SYNTHETIC - not acquired - ???")
    assert read_marks(path) == named


def test_an_acquired_volume_says_that_it_is_not_synthetic(tmp_path):
    path = tmp_path / "volume.nii"

    write_nifti(volume(provenance=None), path)

    assert read_marks(path) is None
    assert b"SYNTHETIC" not in path.read_bytes()


def test_skewed_axes_are_refused_before_anything_is_written(tmp_path):
    tilted = AFFINE.copy()
    tilted[0, 2] = 0.3

    with pytest.raises(InputError, match="shifted against each other"):
        write_nifti(volume(affine=tilted), tmp_path / "volume.nii")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["volume.nii", "volume.nii.json"])
def test_neither_file_is_replaced_unless_asked(tmp_path, name):
    (tmp_path / name).write_bytes(b"mine")

    with pytest.raises(InputError, match="exists already"):
        write_nifti(volume(), tmp_path / "volume.nii")
    assert [path.name for path in tmp_path.iterdir()] == [name]

    write_nifti(volume(), tmp_path / "volume.nii", overwrite=True)
    assert read_marks(tmp_path / "volume.nii") == TRANSLATED


def test_another_ending_is_a_mistake_of_the_caller(tmp_path):
    with pytest.raises(ValueError, match=r"\.nii"):
        write_nifti(volume(), tmp_path / "volume.mha")


def test_what_was_interpolated_stands_beside_the_volume(tmp_path):
    filled = replace(volume(), notes=("interpolated: slice 2",))

    write_nifti(filled, tmp_path / "volume.nii")

    document = json.loads((tmp_path / "volume.nii.json").read_text())
    assert document["notes"] == ["interpolated: slice 2"]


def test_frames_of_the_sources_come_back_from_the_marks(tmp_path):
    sources = {"source_uids": ("1.2", "1.2"), "source_frames": (3, 4), "own_source": 1}
    known = replace(TRANSLATED, **sources)

    write_nifti(volume(provenance=known), tmp_path / "volume.nii")

    assert read_marks(tmp_path / "volume.nii") == known
