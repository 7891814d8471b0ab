"""Unpaired images: two labels, or the two sides of pairs, as source and target."""

import numpy as np
import pytest

from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.datasets.unpaired import by_label, from_pairs
from medgan_viewer.errors import InputError
from tests.datasets.conftest import labelled


def test_two_labels_become_source_and_target():
    images = labelled(4, [0, 1, 1, 2], list("ABCD"), ("t1", "t2", "other"))

    found = by_label(images, "t2", "t1")

    assert found.source.patients.tolist() == ["B", "C"]
    assert found.target.patients.tolist() == ["A"]
    assert found.source.label_names == ()


def test_a_label_without_images_is_named_with_those_there_are():
    with pytest.raises(InputError, match='label "t2"') as caught:
        by_label(labelled(1, [0], names=("t1",)), "t1", "t2")

    assert "t1" in caught.value.action


def test_the_sides_of_pairs_keep_their_values_and_subjects():
    source = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 2, 2)
    pairs = PairedSlices("a", source, -source, source > 0)

    found = from_pairs([pairs, pairs], 1.25)

    assert len(found.source) == len(found.target) == 4
    assert set(found.source.patients) == {"a"}
    np.testing.assert_allclose(found.target.values()[:2], -source, atol=2 / 65535)
    assert found.source.spacing_mm == 1.25
