"""The prepared file: what goes in comes out, small and without names, and tampering is noticed."""

import json

import numpy as np
import pytest

from medgan_viewer.datasets.npz_file import write_npz
from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.datasets.parts import ImageSplit, PairedSplit
from medgan_viewer.datasets.prepared import (
    read_prepared,
    read_prepared_pairs,
    write_prepared,
    write_prepared_pairs,
)
from medgan_viewer.errors import InputError
from tests.datasets.conftest import labelled


def split_of_pairs():
    values = np.linspace(-1, 1, 48, dtype=np.float32).reshape(3, 4, 4)
    train = [
        PairedSlices("a", values, -values, values > 0),
        PairedSlices("b", *[values] * 2, values < 0),
    ]
    held_out = {"x/c_s1": PairedSlices("c", values[:1], values[1:2], values[:1] > 0.5)}
    return PairedSplit(train, held_out, ("a note.",), pixel_mm=1.25)


def changed(path, **arrays):
    """Write the file again with other arrays; None leaves one out."""
    with np.load(path) as data:
        kept = {**data, **arrays}
    write_npz(path, {name: array for name, array in kept.items() if array is not None})
    return path


def changed_header(path, **fields):
    with np.load(path) as data:
        header = json.loads(data["header"].tobytes())
    return changed(path, header=np.frombuffer(json.dumps({**header, **fields}).encode(), np.uint8))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_split_comes_back_as_it_was(tmp_path, some_split, dtype):
    split = ImageSplit(
        *(
            labelled(part.pixels.astype(dtype) * 3, part.labels, part.patients, spacing_mm=1.5)
            for part in (some_split.train, some_split.held_out)
        ),
        some_split.notes,
    )
    write_prepared(tmp_path / "a.npz", split)

    found = read_prepared(tmp_path / "a.npz")

    assert found.train.fingerprint() == split.train.fingerprint()
    assert found.held_out.fingerprint() == split.held_out.fingerprint()
    assert found.notes == ("a note.",)


def test_patients_are_numbers_and_no_name_is_in_the_file(tmp_path):
    images = labelled(3, patients=["DOE^JANE", "DOE^JANE", "ROE^RICHARD"])
    split = ImageSplit(images.subset(np.array([0, 1])), images.subset(np.array([2])))
    write_prepared(tmp_path / "a.npz", split)

    found = read_prepared(tmp_path / "a.npz")

    assert found.train.patients.tolist() == ["patient 1", "patient 1"]
    assert found.held_out.patients.tolist() == ["patient 2"]
    with np.load(tmp_path / "a.npz") as data:
        assert not any(b"DOE" in array.tobytes() for array in data.values())


def test_blocks_keep_their_numbers_which_tell_neighbours(tmp_path):
    images = labelled(3, patients=["block 12", "block 13", "block 40"])
    split = ImageSplit(images.subset(np.array([0, 1])), images.subset(np.array([2])))
    write_prepared(tmp_path / "a.npz", split)

    found = read_prepared(tmp_path / "a.npz")

    assert found.train.patients.tolist() == ["block 12", "block 13"]
    assert found.held_out.patients.tolist() == ["block 40"]
    assert found.train.fingerprint() == split.train.fingerprint()


def test_smooth_pictures_take_a_fraction_of_their_size(tmp_path):
    ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    pixels = np.stack([ramp + n for n in range(20)]).astype(np.uint8)
    images = labelled(pixels)
    split = ImageSplit(images.subset(np.arange(19)), images.subset(np.array([19])))

    write_prepared(tmp_path / "a.npz", split)

    assert (tmp_path / "a.npz").stat().st_size < pixels.nbytes / 10


def test_jpeg_changes_pixels_by_a_few_levels_alone(tmp_path, some_split):
    write_prepared(tmp_path / "a.npz", some_split, jpeg_quality=98)

    found = read_prepared(tmp_path / "a.npz")

    difference = found.train.pixels.astype(int) - some_split.train.pixels
    assert 0 < np.abs(difference).max() < 10
    assert np.array_equal(found.train.labels, some_split.train.labels)


def test_jpeg_is_refused_for_sixteen_bits(tmp_path):
    images = labelled(np.zeros((2, 8, 8), np.uint16))
    split = ImageSplit(images.subset(np.array([0])), images.subset(np.array([1])))

    with pytest.raises(InputError, match="JPEG holds 8 bits"):
        write_prepared(tmp_path / "a.npz", split, jpeg_quality=95)


def test_a_file_can_be_read_smaller_but_not_larger(tmp_path, some_split):
    write_prepared(tmp_path / "a.npz", some_split)

    small = read_prepared(tmp_path / "a.npz", 8).train

    assert small.pixels.shape == (6, 8, 8)
    assert small.spacing_mm == 3.0
    assert small.pixels.mean() == pytest.approx(some_split.train.pixels.mean(), abs=2)
    with pytest.raises(InputError, match="prepared at 16 pixels"):
        read_prepared(tmp_path / "a.npz", 32)


def test_a_patient_who_was_put_into_both_parts_is_noticed(tmp_path, some_split):
    write_prepared(tmp_path / "a.npz", some_split)
    changed(tmp_path / "a.npz", split=np.array([0] * 8 + [1], np.int8))

    with pytest.raises(InputError, match="1 patients are in both parts"):
        read_prepared(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"labels": np.zeros(5, np.int64)}, "different lengths"),
        ({"labels": np.full(9, 7)}, "no name"),
        ({"split": np.zeros(9, np.int8)}, "empty"),
        ({"pixels": np.zeros((9, 8, 8), np.uint8)}, "not of 16 pixels"),
        ({"pixels": np.zeros((9, 16, 16), np.uint32)}, "not of 16 pixels"),
        ({"pixels": None}, "lacks"),
        ({"header": None}, "lacks"),
        ({"header": np.frombuffer(b"[" * 5000, np.uint8)}, "header"),
        ({"patients": np.array([None] * 9)}, "objects"),
    ],
)
def test_a_changed_file_is_refused(tmp_path, some_split, arrays, words):
    write_prepared(tmp_path / "a.npz", some_split)
    if arrays.get("patients") is not None:  # which only numpy itself would write
        with np.load(tmp_path / "a.npz") as data:
            np.savez(tmp_path / "a.npz", **{**data, **arrays})
    else:
        changed(tmp_path / "a.npz", **arrays)

    with pytest.raises(InputError) as caught:
        read_prepared(tmp_path / "a.npz")

    assert words in caught.value.problem


@pytest.mark.parametrize(
    "fields",
    [
        {"schema_version": 2},
        {"content": "pairs"},
        {"trained_bits": 0},
        {"unknown": 1},
        {"intensity": {"rule": "full", "low": 0, "high": float("inf")}},
    ],
)
def test_a_header_of_another_kind_is_refused(tmp_path, some_split, fields):
    write_prepared(tmp_path / "a.npz", some_split)
    changed_header(tmp_path / "a.npz", **fields)

    with pytest.raises(InputError, match="header"):
        read_prepared(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "arrays",
    [
        {"jpeg_bytes": np.array([1], np.int64)},
        {"jpeg_bytes": np.array([-5] + [10] * 8, np.int64)},
        {"jpeg": np.zeros(100, np.uint8), "jpeg_bytes": np.array([20] + [10] * 8, np.int64)},
    ],
)
def test_damaged_jpeg_images_are_refused(tmp_path, some_split, arrays):
    write_prepared(tmp_path / "a.npz", some_split, jpeg_quality=90)
    changed(tmp_path / "a.npz", **arrays)

    with pytest.raises(InputError, match=r"cut off|damaged"):
        read_prepared(tmp_path / "a.npz")


def test_pairs_come_back_within_sixteen_bits(tmp_path):
    split = split_of_pairs()
    write_prepared_pairs(tmp_path / "a.npz", split)

    found = read_prepared_pairs(tmp_path / "a.npz")

    assert [study.subject for study in found.train] == ["a", "b"]
    assert list(found.held_out) == ["x/c_s1"]
    assert found.pixel_mm == 1.25
    assert found.notes == ("a note.",)
    studies = zip(
        [*split.train, *split.held_out.values()],
        [*found.train, *found.held_out.values()],
        strict=True,
    )
    for before, after in studies:
        np.testing.assert_allclose(after.source, before.source, atol=2 / 65535)
        np.testing.assert_allclose(after.target, before.target, atol=2 / 65535)
        assert np.array_equal(after.brain, before.brain)


@pytest.mark.parametrize(
    "arrays",
    [
        {"slices": np.array([3, 3], np.int64)},
        {"slices": np.array([3, 4, 0], np.int64)},
        {"slices": np.array([3, 3, 9], np.int64)},
        {"brain": np.zeros(2, np.uint8)},
        {"target": np.zeros((7, 4, 5), np.uint16)},
    ],
)
def test_pairs_that_do_not_fit_together_are_refused(tmp_path, arrays):
    write_prepared_pairs(tmp_path / "a.npz", split_of_pairs())
    changed(tmp_path / "a.npz", **arrays)

    with pytest.raises(InputError, match="do not fit"):
        read_prepared_pairs(tmp_path / "a.npz")


def test_pairs_with_a_person_in_both_parts_are_refused(tmp_path):
    write_prepared_pairs(tmp_path / "a.npz", split_of_pairs())
    changed_header(tmp_path / "a.npz", subjects=["a", "b", "a"])

    with pytest.raises(InputError, match="in both parts"):
        read_prepared_pairs(tmp_path / "a.npz")


def test_a_file_of_images_is_no_file_of_pairs(tmp_path, some_split):
    write_prepared(tmp_path / "a.npz", some_split)

    with pytest.raises(InputError, match="not of this kind"):
        read_prepared_pairs(tmp_path / "a.npz")
