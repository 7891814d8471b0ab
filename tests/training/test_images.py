"""Training images: who is held out, what a prepared file becomes."""

import csv

import numpy as np
import pytest
from PIL import Image

from medgan_viewer.errors import InputError
from medgan_viewer.imaging.model_space import IntensityMapping, IntensityRule
from medgan_viewer.training.images import (
    is_held_out,
    person_of,
    read_labelled_images,
    read_paired_slices,
)


def test_the_held_out_patients_are_about_the_wished_part_and_always_the_same():
    patients = [f"patient {number}" for number in range(2000)]

    held_out = [p for p in patients if is_held_out(p, 15)]

    assert len(held_out) / len(patients) == pytest.approx(0.15, abs=0.03)
    assert held_out == [p for p in patients if is_held_out(p, 15)]


def test_labelled_images_are_read_gray_at_one_size_with_label_and_patient(tmp_path):
    Image.fromarray(np.full((20, 30), 200, np.uint8)).save(tmp_path / "one.png")
    with (tmp_path / "labels.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "label", "patient"))
        writer.writerow(("one.png", "sick", "P7"))
        writer.writerow(("not-read.png", "other", "P8"))

    images = read_labelled_images(tmp_path, 8, ("well", "sick"))

    assert images.pixels.shape == (1, 8, 8)
    assert images.pixels.mean() == pytest.approx(200, abs=1)
    assert images.labels.tolist() == [1]
    assert images.patients.tolist() == ["P7"]


def test_a_folder_without_labels_is_named(tmp_path):
    with pytest.raises(InputError, match=r"labels\.csv is missing"):
        read_labelled_images(tmp_path, 8, ("well",))


@pytest.mark.parametrize(
    ("stem", "person"),
    [("oms_l01_s1", "oms_l01"), ("oms_l01_s2", "oms_l01"), ("oms_c07_mni", "oms_c07")],
)
def test_two_studies_of_a_person_carry_one_name(stem, person):
    assert person_of(stem) == person


def test_paired_slices_come_in_the_translators_range(tmp_path):
    brain = np.array([[1, 1], [0, 0]], bool)
    np.savez(
        tmp_path / "somebody_s1.npz",
        t1=np.array([[[100, 100], [0, 200]]], np.uint8),
        t2=np.array([[[0, 230], [115, 0]]], np.uint8),
        brainmask=np.packbits(brain),
    )

    mapping = IntensityMapping(IntensityRule.FIXED, 0, 200)
    pairs = read_paired_slices(tmp_path / "somebody_s1.npz", "t1", "t2", mapping)

    assert pairs.subject == "somebody"
    assert pairs.source.tolist() == [[[0, 0], [-1, 1]]]
    # 200 is the brain's high value in 8-bit files; with the headroom 230 becomes +1.
    np.testing.assert_allclose(pairs.target, [[[-1, 1], [0, -1]]], atol=1e-6)
    assert pairs.brain.tolist() == [brain.tolist()]


def test_a_file_without_the_contrast_is_left_out(tmp_path):
    np.savez(tmp_path / "a.npz", t1=np.zeros((1, 2, 2), np.uint8))

    mapping = IntensityMapping(IntensityRule.FIXED, 0, 200)
    assert read_paired_slices(tmp_path / "a.npz", "t1", "t2", mapping) is None
