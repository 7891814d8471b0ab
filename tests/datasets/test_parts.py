"""A split cannot be made with a patient in both parts."""

import numpy as np
import pytest

from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.datasets.parts import ImageSplit, PairedSplit, UnpairedSplit
from medgan_viewer.datasets.unpaired import UnpairedImages
from tests.datasets.conftest import labelled


def test_images_of_one_patient_cannot_be_in_both_parts():
    images = labelled(3, patients=["A", "B", "B"])

    with pytest.raises(ValueError, match="1 patients are in both"):
        ImageSplit(images.subset(np.array([0, 1])), images.subset(np.array([2])))


def test_studies_of_one_person_cannot_be_in_both_parts():
    values = np.zeros((1, 2, 2), np.float32)
    study = PairedSlices("a", values, values, values > 0)

    with pytest.raises(ValueError, match="in both"):
        PairedSplit([study], {"a_s2": study})


def test_a_source_of_one_part_and_a_target_of_the_other_cannot_be_of_one_person():
    train = UnpairedImages(labelled(1, patients=["A"]), labelled(1, patients=["B"]))
    held_out = UnpairedImages(labelled(1, patients=["C"]), labelled(1, patients=["A"]))

    with pytest.raises(ValueError, match="in both"):
        UnpairedSplit(train, held_out)


def test_parts_have_the_same_labels():
    with pytest.raises(ValueError, match="labels"):
        ImageSplit(labelled(1, patients=["A"]), labelled(1, patients=["B"], names=("x",)))
