"""Slices of NIfTI volumes: which way up, how deep, whose."""

import gzip
import struct

import numpy as np
import pytest
import SimpleITK

from medgan_viewer.datasets.nifti_files import chosen_slices, read_volumes
from medgan_viewer.dicom.synthetic_marks import TITLE
from medgan_viewer.errors import InputError
from tests.datasets.conftest import config_of, write_table

PERCENTILES = {"rule": "percentile", "low": 0, "high": 100}


def write_volume(path, values, spacing=(1.0, 1.0, 1.0), note=""):
    """Write values (S, P, L); the file itself counts as its tool likes."""
    image = SimpleITK.GetImageFromArray(np.asarray(values))
    image.SetSpacing(spacing)
    if note:
        image.SetMetaData("ITK_FileNotes", note)
    SimpleITK.WriteImage(image, str(path))
    return path


def noise(shape=(4, 8, 8), dtype=np.int16):
    return np.random.default_rng(0).integers(0, 200, shape).astype(dtype)


def test_axial_slices_come_as_they_lie_and_keep_sixteen_bits(tmp_path):
    values = noise() * 100
    write_volume(tmp_path / "a.nii.gz", values)
    window = {"rule": "window", "low": 0, "high": 65535}

    images = read_volumes(config_of(tmp_path, "nifti", intensity=window), tmp_path, 8).images

    assert images.pixels.dtype == np.uint16
    assert np.array_equal(images.pixels, values)


def test_a_volume_stored_the_other_way_round_gives_the_same_slices(tmp_path):
    values = noise()
    image = SimpleITK.GetImageFromArray(values)
    SimpleITK.WriteImage(image, str(tmp_path / "lps.nii"))
    SimpleITK.WriteImage(SimpleITK.DICOMOrient(image, "RAI"), str(tmp_path / "rai.nii"))

    config = config_of(tmp_path, "nifti", intensity=PERCENTILES, one_patient_per_file=True)
    images = read_volumes(config, tmp_path, 8).images

    assert np.array_equal(images.pixels[:4], images.pixels[4:])


@pytest.mark.parametrize(
    ("plane", "first", "corner"),
    [
        # A single bright voxel at the head end, in front and on the right.
        ("axial", 7, (0, 0)),
        ("coronal", 0, (0, 0)),
        ("sagittal", 0, (0, 0)),
    ],
)
def test_head_front_and_right_come_first_in_each_plane(tmp_path, plane, first, corner):
    values = noise((8, 8, 8), np.uint8) // 4
    values[7, 0, 0] = 255  # (S, P, L): highest, foremost, rightmost
    write_volume(tmp_path / "a.nii", values)

    images = read_volumes(config_of(tmp_path, "nifti", plane=plane), tmp_path, 8).images

    place = np.unravel_index(images.pixels.argmax(), images.pixels.shape)
    assert tuple(int(index) for index in place) == (first, *corner)


def test_thick_slices_are_cut_square_in_the_patient(tmp_path):
    # 4 slices of 4 mm and 16 x 16 pixels of 1 mm: 16 mm each way.
    write_volume(tmp_path / "a.nii", noise((4, 16, 16), np.uint8), (1, 1, 4))

    images = read_volumes(config_of(tmp_path, "nifti", plane="coronal"), tmp_path, 8).images

    assert images.pixels.shape == (16, 8, 8)
    assert images.spacing_mm == pytest.approx(2.0)  # 16 mm over 8 pixels


def test_the_subject_is_read_from_the_name_or_from_the_table(tmp_path):
    write_volume(tmp_path / "sub-1_ses-1_T1w.nii", noise(dtype=np.uint8))
    write_volume(tmp_path / "sub-1_ses-2_T1w.nii", noise(dtype=np.uint8))
    config = config_of(tmp_path, "nifti")

    by_name = read_volumes(config, tmp_path, 8).images
    rows = [(f"sub-1_ses-{n}_T1w.nii", "x", f"person {n}") for n in (1, 2)]
    write_table(tmp_path / "labels.csv", rows)
    by_table = read_volumes(config, tmp_path, 8).images

    assert set(by_name.patients) == {"sub-1"}
    assert set(by_table.patients) == {"person 1", "person 2"}
    assert by_table.label_names == ("x",)


def test_percentiles_are_those_of_the_whole_volume(tmp_path):
    values = np.zeros((2, 8, 8), np.int16)
    values[0, :, :4], values[1, :, :4] = 100, 50
    write_volume(tmp_path / "a.nii", values)

    images = read_volumes(config_of(tmp_path, "nifti", intensity=PERCENTILES), tmp_path, 8).images

    assert images.pixels[:, 0, 0].tolist() == [65535, 32768]


def test_slices_of_one_value_are_left_out(tmp_path):
    values = noise(dtype=np.uint8)
    values[0] = 7
    write_volume(tmp_path / "a.nii", values)

    whole = read_volumes(config_of(tmp_path, "nifti"), tmp_path, 8)

    assert len(whole.images) == 3
    assert "slice 1 of a.nii: it has the same value everywhere" in " ".join(whole.notes)


def test_volumes_of_a_folder_per_person_and_named_by_bids_need_no_table(tmp_path):
    for name in ("p1/t1.nii", "p1/t2.nii", "p2/t1.nii"):
        (tmp_path / "folders" / name).parent.mkdir(parents=True, exist_ok=True)
        write_volume(tmp_path / "folders" / name, noise(dtype=np.uint8))
    (tmp_path / "bids").mkdir()
    for name in ("sub-1_T1w.nii", "sub-2_T1w.nii"):
        write_volume(tmp_path / "bids" / name, noise(dtype=np.uint8))

    folders, bids = (
        read_volumes(config_of(place, "nifti"), place, 8).images
        for place in (tmp_path / "folders", tmp_path / "bids")
    )

    assert folders.patients.tolist() == ["p1"] * 8 + ["p2"] * 4
    assert set(bids.patients) == {"sub-1", "sub-2"}


def test_volumes_that_our_export_marked_are_not_trained_on(tmp_path):
    write_volume(tmp_path / "a.nii", noise(dtype=np.uint8))
    write_volume(tmp_path / "made.nii", noise(dtype=np.uint8), note=f"{TITLE} - a translator")

    config = config_of(tmp_path, "nifti", one_patient_per_file=True)
    whole = read_volumes(config, tmp_path, 8)

    assert set(whole.images.patients) == {"a.nii"}
    assert "made.nii: a synthetic volume" in " ".join(whole.notes)


def test_signed_values_need_a_window_or_percentiles(tmp_path):
    write_volume(tmp_path / "a.nii", noise())

    with pytest.raises(InputError, match=r"a\.nii has no range"):
        read_volumes(config_of(tmp_path, "nifti"), tmp_path, 8)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({}, range(10)),
        ({"slice_from": 0.2, "slice_to": 0.8}, range(2, 8)),
        ({"slice_step": 4}, range(0, 10, 4)),
        ({"slice_from": 0.99, "slice_to": 0.995}, range(9, 10)),
    ],
)
def test_a_part_of_the_slices_can_be_chosen(tmp_path, part, expected):
    assert list(chosen_slices(10, config_of(tmp_path, "nifti", **part))) == list(expected)


def header_of(shape, bits=16):
    """Return a NIfTI-1 header, by the layout of nifti1.h."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, len(shape), *shape, *[1] * (7 - len(shape)))
    struct.pack_into("<2h", header, 70, 4, bits)
    struct.pack_into("<8f", header, 76, *[1] * 8)
    struct.pack_into("<f", header, 108, 352)
    header[344:348] = b"n+1\0"
    return bytes(header)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "damaged or no NIfTI"),
        (b"just text" * 100, "damaged or no NIfTI"),
        (header_of((8, 8, 8)), "ends before its voxels"),
        (header_of((8, 8, 8)) + bytes(100), "ends before its voxels"),
        (header_of((20_000, 20_000, 20_000)), "voxels"),
        (header_of((8, 8, 8, 5)), "4 dimensions"),
    ],
)
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_file_that_is_no_usable_volume_is_named(tmp_path, content, words, suffix, capfd):
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)

    with pytest.raises(InputError) as caught:
        read_volumes(config_of(tmp_path, "nifti"), tmp_path, 8)

    assert caught.value.problem.startswith(path.name)
    assert words in caught.value.problem


def test_a_truncated_archive_is_named(tmp_path):
    path = write_volume(tmp_path / "cut.nii.gz", noise())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(InputError, match=r"cut\.nii\.gz is damaged"):
        read_volumes(config_of(tmp_path, "nifti", intensity=PERCENTILES), tmp_path, 8)
