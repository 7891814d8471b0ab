import numpy as np
import pytest

from medgan_viewer.evaluation.translation_baselines import (
    histogram_match,
    identity,
    l1_network,
    linear_filter,
    mean_target,
)
from tests.evaluation.studies import study


def test_identity_shows_the_source():
    pairs = study("a", 0)

    assert identity(pairs) is pairs.source


def test_the_mean_target_is_that_of_the_same_height():
    low, high = study("a", 0, slices=3), study("b", 1, slices=5)
    wanted = study("c", 2, slices=3)

    made = mean_target([low, high])(wanted)

    np.testing.assert_allclose(made[1], (low.target[1] + high.target[2]) / 2)
    np.testing.assert_allclose(made[2], (low.target[2] + high.target[4]) / 2)


def test_histogram_matching_gives_the_intensities_of_the_training_targets():
    train, pairs = [study("a", 0, slices=6)], study("b", 1)

    made = histogram_match(train)(pairs)

    inside = pairs.source > -0.9
    wanted = train[0].target[train[0].target > -0.9]
    assert np.median(made[inside]) == pytest.approx(np.median(wanted), abs=0.03)
    assert (made[~inside] == -1).all()


def test_an_empty_source_stays_empty():
    pairs = study("b", 1)
    empty = type(pairs)("b", np.full_like(pairs.source, -1), pairs.target, pairs.brain)

    assert (histogram_match([study("a", 0)])(empty) == -1).all()


def test_the_linear_filter_finds_a_linear_relation():
    def halved(pairs):
        return type(pairs)(pairs.subject, pairs.source, pairs.source / 2 + 0.2, pairs.brain)

    train, pairs = [halved(study("a", 0, slices=8))], halved(study("b", 1))

    made = linear_filter(train, steps=200)(pairs)

    assert np.abs(made - pairs.target).mean() < 0.1
    assert np.abs(identity(pairs) - pairs.target).mean() > 0.4


@pytest.mark.parametrize("train_way", [linear_filter, l1_network])
def test_training_is_repeatable(train_way):
    train, pairs = [study("a", 0)], study("b", 1)

    first, second = (train_way(train, 3)(pairs) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    assert first.shape == pairs.target.shape
    assert np.abs(first).max() <= 1
