import numpy as np
import pytest

from medgan_viewer.evaluation.bootstrap import (
    centred_interval,
    draw_counts,
    mean_interval,
    percentile_interval,
    strata_mean,
    subject_interval,
)


def test_the_interval_of_a_mean_covers_the_true_mean_about_19_times_of_20():
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        interval = mean_interval(random.normal(3.0, 2.0, 40))
        covered += interval[0] <= 3.0 <= interval[1]

    assert 180 <= covered <= 198


def test_the_width_of_the_interval_is_that_of_the_central_limit_theorem():
    values = np.random.default_rng(1).normal(0, 2.0, 400)

    low, high = mean_interval(values)

    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(400), rel=0.1)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(2).normal(size=30)

    assert mean_interval(values, seed=4) == mean_interval(values, seed=4)
    assert mean_interval(values, seed=4) != mean_interval(values, seed=5)


def test_strata_count_alike_whatever_their_size():
    values, labels = [1, 1, 1, 0], [0, 0, 0, 1]

    assert strata_mean(values, labels) == 0.5
    assert strata_mean(values, labels, [3, 1]) == 0.75


def test_resampling_keeps_the_size_of_every_stratum():
    strata = np.array([0, 0, 0, 2, 2])

    counts = draw_counts(strata, 50, seed=0)

    assert (counts[:, :3].sum(axis=1) == 3).all()
    assert (counts[:, 3:].sum(axis=1) == 2).all()
    assert counts.std() > 0


def test_a_centred_interval_lies_around_the_value_and_not_around_the_biased_replicates():
    replicates = np.random.default_rng(3).normal(10, 1, 2000)  # the value is 7

    low, high = centred_interval(7.0, replicates)

    assert (low, high) == (pytest.approx(7 - 1.96, abs=0.15), pytest.approx(7 + 1.96, abs=0.15))


def test_one_value_has_no_interval():
    assert mean_interval([1.0]) is None
    assert percentile_interval([np.nan, 1.0, 2.0]) is None
    assert subject_interval([1.0], ["a"]) is None


def test_drawing_people_gives_a_wider_interval_than_drawing_slices():
    random = np.random.default_rng(5)
    level = {"a": 0.0, "b": 3.0, "c": 6.0}
    subjects = [name for name in level for _ in range(30)]
    values = [level[name] + random.normal(0, 0.3) for name in subjects]

    people, slices = subject_interval(values, subjects), mean_interval(values)

    assert people[1] - people[0] > 2 * (slices[1] - slices[0])
    assert people[0] < np.mean(values) < people[1]
