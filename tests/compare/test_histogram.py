"""Histograms with shared bins."""

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from medgan_viewer.compare.histogram import earth_mover_distance, shared_histogram


def test_both_sides_share_bins_over_the_range_of_both():
    histogram = shared_histogram([0, 0, 2], [4, 4, 4], bins=4)

    assert histogram.edges.tolist() == [0, 1, 2, 3, 4]
    assert histogram.reference == pytest.approx([2 / 3, 0, 1 / 3, 0])
    assert histogram.candidate == pytest.approx([0, 0, 0, 1])


def test_intersection_is_zero_apart_one_when_equal_and_half_in_between():
    assert shared_histogram([0, 0], [9, 9]).intersection == 0
    assert shared_histogram([0, 9], [9, 0]).intersection == 1
    assert shared_histogram([0, 9], [9, 9]).intersection == 0.5


def test_one_value_everywhere_is_counted_once():
    assert shared_histogram([7], [7]).intersection == 1


def test_the_earth_mover_distance_of_a_shift_is_the_shift():
    assert earth_mover_distance([0, 10, 20], [3, 13, 23]) == pytest.approx(3)


def test_the_earth_mover_distance_by_hand():
    """Half of the mass at 0 has to move to 10."""
    assert earth_mover_distance([0, 0], [0, 10]) == pytest.approx(5)


def test_places_in_the_image_do_not_matter():
    image = np.arange(9.0).reshape(3, 3)

    assert earth_mover_distance(image, image[::-1, ::-1]) == 0


def test_the_earth_mover_distance_is_that_of_scipy():
    first, second = np.random.default_rng(0).normal(size=(2, 500))

    assert earth_mover_distance(first, second) == pytest.approx(wasserstein_distance(first, second))


def test_sets_of_different_size_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="2 and 1"):
        earth_mover_distance([1, 2], [1])
