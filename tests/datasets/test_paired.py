"""Paired slices: the translator's range, pixel sizes, and studies that are refused."""

import numpy as np
import pytest

from medgan_viewer.datasets.paired import (
    PairedSlices,
    at_pixel_size,
    pairs_fingerprint,
    read_paired,
    read_paired_slices,
)
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.model_space import IntensityMapping, IntensityRule
from tests.datasets.conftest import config_of

FIXED = IntensityMapping(IntensityRule.FIXED, 0, 200)


def write_study(path, side=4, spacing=None, **arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.arange(2 * side * side, dtype=np.uint8).reshape(2, side, side) * 3
    defaults = {
        "t1": pixels,
        "t2": 200 - pixels,
        "mask": np.packbits(np.ones(pixels.size, bool)),
    }
    if spacing:
        defaults["spacing_mm"] = np.array([3.0, spacing, spacing])
    np.savez(path, **{k: v for k, v in (defaults | arrays).items() if v is not None})
    return path


def test_paired_slices_come_in_the_translators_range(tmp_path):
    brain = np.array([[1, 1], [0, 0]], bool)
    path = tmp_path / "somebody_s1.npz"
    np.savez(
        path,
        t1=np.array([[[100, 100], [0, 200]]], np.uint8),
        t2=np.array([[[0, 230], [115, 0]]], np.uint8),
        brainmask=np.packbits(brain),
    )

    pairs, pixel_mm = read_paired_slices(path, "t1", "t2", FIXED)

    assert pairs.subject == "somebody"
    assert pairs.source.tolist() == [[[0, 0], [-1, 1]]]
    # 200 is the brain's high value in 8-bit files; with the headroom 230 becomes +1.
    np.testing.assert_allclose(pairs.target, [[[-1, 1], [0, -1]]], atol=1e-6)
    assert pairs.brain.tolist() == [brain.tolist()]
    assert pixel_mm is None


def test_a_study_without_the_contrast_is_none(tmp_path):
    assert read_paired_slices(write_study(tmp_path / "a.npz", t2=None), "t1", "t2") is None


def test_studies_of_other_pixels_are_rescaled_and_those_left_out_are_named(tmp_path):
    write_study(tmp_path / "heads" / "a_s1.npz", spacing=1.25)
    write_study(tmp_path / "brains" / "a_s1.npz", spacing=1.0)
    write_study(tmp_path / "brains" / "b_s1.npz", spacing=1.0)
    write_study(tmp_path / "brains" / "c_s1.npz", t2=None)
    config = config_of(
        tmp_path, "paired", subfolders=("heads", "brains"), pixel_mm=1.25, left_out=("b",)
    )

    whole = read_paired(config, tmp_path)

    assert list(whole.studies) == ["heads/a_s1", "brains/a_s1"]
    assert {study.subject for study in whole.studies.values()} == {"a"}
    assert whole.unused == ("c",)
    assert "brains/b_s1" in whole.notes[0]
    assert "brains/c_s1" in whole.notes[1]
    assert "1.25 mm: 1 studies" in whole.notes[2]
    head, brain = whole.studies.values()
    assert not np.array_equal(head.source, brain.source)


@pytest.mark.parametrize(
    ("sizes", "given", "expected"),
    [
        ((1.25, 1.25), None, 1.25),
        ((1.25, 1.0), None, None),
        ((1.25, None), None, None),
        ((1.25, 1.0), 2.0, 2.0),
    ],
)
def test_the_pixel_size_is_the_given_or_the_common_one(tmp_path, sizes, given, expected):
    for index, spacing in enumerate(sizes):
        write_study(tmp_path / f"p{index}_s1.npz", spacing=spacing)

    whole = read_paired(config_of(tmp_path, "paired", pixel_mm=given), tmp_path)

    assert whole.pixel_mm == expected


def test_content_shrinks_about_the_centre_when_pixels_grow():
    source = np.full((1, 9, 9), -1, np.float32)
    source[0, 2:7, 2:7] = 1  # 5 pixels of 1 mm
    brain = source > 0

    scaled = at_pixel_size(PairedSlices("a", source, -source, brain), 1.0, 5 / 3)

    inside = np.zeros((9, 9), bool)
    inside[3:6, 3:6] = True  # 3 pixels of 5/3 mm
    assert np.array_equal(scaled.source[0] > 0, inside)
    assert np.array_equal(scaled.brain[0], inside)
    assert scaled.source[0, 0, 0] == -1
    assert scaled.target[0, 0, 0] == -1  # outside of the field nothing is there


def test_the_fingerprint_follows_pixels_masks_and_subjects():
    zeros, mask = np.zeros((1, 2, 2), np.float32), np.zeros((1, 2, 2), bool)
    studies = [
        PairedSlices("a", zeros, zeros, mask),
        PairedSlices("b", zeros, zeros, mask),
        PairedSlices("a", zeros + 1, zeros, mask),
        PairedSlices("a", zeros, zeros + 1, mask),
        PairedSlices("a", zeros, zeros, ~mask),
    ]

    assert len({pairs_fingerprint([study]) for study in studies}) == 5
    assert pairs_fingerprint(studies) == pairs_fingerprint(studies)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"t2": np.zeros((2, 5, 5), np.uint8)}, "different sizes"),
        ({"t2": np.zeros((2, 4, 4), np.uint32)}, "wrong type"),
        ({"t1": np.zeros((0, 4, 4), np.uint8), "t2": np.zeros((0, 4, 4), np.uint8)}, "different"),
        ({"t1": np.zeros((4, 4), np.uint8)}, "of no use"),
        ({"mask": np.zeros(3, np.uint8)}, "mask"),
        ({"mask": None}, "brainmask"),
        ({"t1": np.zeros((2, 4, 4), np.uint8)}, "no contrast"),
        ({"spacing_mm": np.array([3.0, 1.0, 2.0])}, "not square"),
        ({"spacing_mm": np.array([3.0, np.nan, np.nan])}, "not square"),
        ({"t1": np.full((2, 4, 4), None)}, "holds objects"),
    ],
)
def test_a_study_that_cannot_be_used_is_refused(tmp_path, arrays, words):
    with pytest.raises(InputError) as caught:
        read_paired_slices(write_study(tmp_path / "a.npz", **arrays), "t1", "t2")

    assert words in caught.value.problem


def test_a_folder_without_the_contrasts_is_named(tmp_path):
    write_study(tmp_path / "a.npz", t2=None)

    with pytest.raises(InputError, match="no study with t1 and t2") as caught:
        read_paired(config_of(tmp_path, "paired"), tmp_path)

    assert "Without t1 or t2: a" in caught.value.details


@pytest.mark.parametrize("name", ["..", "gone", "../other"])
def test_a_sub_folder_must_lie_in_the_folder(tmp_path, name):
    (tmp_path / "data").mkdir()
    (tmp_path / "other").mkdir()
    config = config_of(tmp_path, "paired", subfolders=(name,))

    with pytest.raises(InputError, match=r"outside|not a folder"):
        read_paired(config, tmp_path / "data")
