"""Splits: who is held out, always the same, and no person on both sides."""

import hashlib

import numpy as np
import pytest

from medgan_viewer.datasets.splits import (
    Part,
    is_held_out,
    is_left_out,
    person_of,
    split_by_blocks,
    split_by_patient,
)
from medgan_viewer.errors import InputError

BLOCKS = {"block": 10, "gap": 3, "every": 5, "first": 2}


def patients_in(parts, patients, part):
    return {patient for patient, own in zip(patients, parts, strict=True) if own == part}


def test_the_held_out_patients_are_about_the_wished_part():
    patients = [f"patient {number}" for number in range(2000)]

    parts, notes = split_by_patient(patients, 15)

    assert (parts == Part.HELD_OUT).mean() == pytest.approx(0.15, abs=0.03)
    assert notes == ()


def test_who_is_held_out_follows_from_the_name_alone():
    # Shipped models were measured on the patients that this text's hash holds out.
    for name in ("IM-0129", "person1", "Müller"):
        digest = hashlib.sha256(f"medgan-viewer split {name}".encode()).hexdigest()
        assert is_held_out(name, 30) == (int(digest[:8], 16) % 100 < 30)


@pytest.mark.parametrize("percent", [1, 15, 50])
@pytest.mark.parametrize("seed", range(5))
def test_no_patient_is_in_both_parts(percent, seed):
    patients = [f"P{n}" for n in np.random.default_rng(seed).integers(0, 12, 100)]

    parts, _ = split_by_patient(patients, percent)

    train = patients_in(parts, patients, Part.TRAIN)
    held_out = patients_in(parts, patients, Part.HELD_OUT)
    assert train
    assert held_out
    assert not train & held_out


def test_a_hash_that_holds_nobody_out_takes_the_lowest_one_and_says_so():
    patients = ["a", "b", "c"]
    assert not any(is_held_out(patient, 1) for patient in patients)

    parts, notes = split_by_patient(patients, 1)

    assert (parts == Part.HELD_OUT).sum() == 1
    assert "none of 3 patients" in notes[0]


def test_patients_are_held_out_by_the_beginnings_of_their_names():
    parts, _ = split_by_patient(["ab1", "ab2", "cd1"], 15, ["ab"])

    assert parts.tolist() == [Part.HELD_OUT, Part.HELD_OUT, Part.TRAIN]


def test_a_name_that_fits_nobody_is_refused_because_the_person_would_be_trained_on():
    with pytest.raises(InputError, match="smiht"):
        split_by_patient(["smith", "jones"], 15, ["smiht"])


def test_a_name_may_be_of_a_patient_without_usable_images():
    parts, _ = split_by_patient(["smith", "jones"], 15, ["smith", "miller"], unused=["miller"])

    assert parts.tolist() == [Part.HELD_OUT, Part.TRAIN]


def test_names_that_leave_nobody_for_a_part_are_refused():
    with pytest.raises(InputError, match="none is left to train on"):
        split_by_patient(["smith", "smythe"], 15, ["sm"])
    with pytest.raises(InputError, match="has an image"):
        split_by_patient(["smith", "jones"], 15, ["miller"], unused=["miller"])


@pytest.mark.parametrize(("patients", "words"), [([], "0 patients"), (["A"] * 9, "1 patient,")])
def test_fewer_than_two_patients_cannot_be_split(patients, words):
    with pytest.raises(InputError, match=words):
        split_by_patient(patients, 15)


def test_blocks_are_held_out_whole_and_their_neighbours_are_in_neither_part():
    parts = split_by_blocks(np.arange(100), **BLOCKS)

    # 10 blocks; numbers 2 and 7 are held out.
    assert np.flatnonzero(parts == Part.HELD_OUT).tolist() == [*range(20, 30), *range(70, 80)]
    dropped = [17, 18, 19, 30, 31, 32, 67, 68, 69, 80, 81, 82]
    assert np.flatnonzero(parts == Part.DROPPED).tolist() == dropped


def test_images_in_any_order_are_never_next_to_a_held_out_one():
    order = np.random.default_rng(0).permutation(np.arange(0, 1000, 3))

    parts = split_by_blocks(order, **BLOCKS)

    train, held_out = order[parts == Part.TRAIN], order[parts == Part.HELD_OUT]
    assert np.abs(train[:, None] - held_out[None]).min() > BLOCKS["gap"]


def test_blocks_that_leave_a_part_empty_are_refused():
    with pytest.raises(InputError, match="held-out part"):
        split_by_blocks(np.arange(20), **BLOCKS)
    with pytest.raises(InputError, match="train on"):
        split_by_blocks(np.arange(20, 30), **BLOCKS)


@pytest.mark.parametrize(
    ("stem", "person"),
    [("oms_l01_s1", "oms_l01"), ("oms_l01_s2", "oms_l01"), ("oms_c07_mni", "oms_c07")],
)
def test_two_studies_of_a_person_carry_one_name(stem, person):
    assert person_of(stem) == person


@pytest.mark.parametrize(
    ("beginnings", "is_out"),
    [
        (("p1",), True),
        (("scan",), True),
        (("site-a",), False),  # a folder, which only a path names
        (("site-a/",), True),
        (("site-a/scan0",), True),
        (("site-b/",), False),
        ((), False),
    ],
)
def test_patients_and_files_are_left_out_by_name_and_by_path(beginnings, is_out):
    assert is_left_out("p1", "site-a/scan01.png", beginnings) == is_out
