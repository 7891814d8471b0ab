"""LabelledImages: what a network sees of them, and when two sets are the same."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.datasets.images import patient_groups, pixels_of, values_of
from tests.datasets.conftest import labelled


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_black_is_minus_one_and_the_top_of_the_type_is_plus_one(dtype, top):
    pixels = np.array([[[0, top]]], dtype)

    values = values_of(pixels)

    assert values.dtype == np.float32
    assert values.tolist() == [[[-1, 1]]]


def test_values_of_some_images_are_those_of_their_subset():
    images = labelled(np.arange(48, dtype=np.uint8).reshape(3, 4, 4))
    chosen = np.array([2, 0])

    assert np.array_equal(images.values(chosen), images.subset(chosen).values())
    assert np.array_equal(images.values(), values_of(images.pixels))


def test_sixteen_bit_pixels_give_the_values_back():
    values = np.linspace(-1, 1, 1001, dtype=np.float32)

    np.testing.assert_allclose(values_of(pixels_of(values)), values, atol=1.01 / 65535)


def test_a_subset_keeps_label_patient_and_names():
    images = labelled(3, [0, 1, 1], ["A", "B", "C"])

    part = images.subset(np.array([False, True, True]))

    assert len(part) == 2
    assert part.labels.tolist() == [1, 1]
    assert part.patients.tolist() == ["B", "C"]
    assert part.images_per_label() == {"well": 0, "sick": 2}


def test_patients_are_counted_as_they_first_appear():
    assert patient_groups(np.array(["Z", "A", "Z", "M"])).tolist() == [0, 1, 0, 2]


def test_renamed_patients_leave_the_fingerprint():
    first = labelled(3, patients=["A", "A", "B"])

    assert first.fingerprint() == labelled(3, patients=["x", "x", "a"]).fingerprint()


def test_whatever_training_sees_changes_the_fingerprint():
    first = labelled(3, [0, 0, 1], ["A", "A", "B"])
    pixels = first.pixels.copy()
    pixels[1, 2, 3] = 1
    others = [
        replace(first, pixels=pixels),
        replace(first, pixels=first.pixels.astype(np.uint16)),
        replace(first, labels=np.array([0, 1, 1])),
        replace(first, label_names=("sick", "well")),
        replace(first, patients=np.array(["A", "B", "B"])),
        replace(first, intensity=replace(first.intensity, high=200)),
        replace(first, spacing_mm=1.0),
    ]

    prints = {images.fingerprint() for images in (first, *others)}

    assert len(prints) == 1 + len(others)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixels": np.zeros((2, 4, 4), np.float32)},
        {"pixels": np.zeros((4, 4), np.uint8)},
        {"labels": np.zeros(3, np.int64)},
        {"labels": np.array([0, 2])},
    ],
)
def test_a_set_that_does_not_fit_together_cannot_be_made(wrong):
    with pytest.raises(ValueError):
        replace(labelled(2), **wrong)
