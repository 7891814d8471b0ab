import numpy as np

from medgan_viewer.evaluation.matching import MatchedDraws, draw_matched, matched_counts


def test_counts_are_the_smallest_of_all_sets():
    held_out, train = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1, 1, 2])

    assert matched_counts(3, held_out, train).tolist() == [2, 1, 0]


def test_a_draw_has_the_wanted_mix_and_no_image_twice():
    labels = np.repeat([0, 1, 2], 10)

    drawn = draw_matched(labels, np.array([3, 0, 5]), np.random.default_rng(0))

    assert np.bincount(labels[drawn], minlength=3).tolist() == [3, 0, 5]
    assert len(set(drawn.tolist())) == 8


def test_a_figure_is_the_mean_over_draws_with_an_interval_around_it():
    labels = np.zeros(50, np.int64)
    values = np.random.default_rng(1).normal(2.0, 1.0, 50)
    draws = MatchedDraws(labels, labels, np.array([50]), seed=0, resample=True)

    figure = draws.figure(lambda first, second: values[second].mean() + 0 * len(first), 400)

    low, high = figure.interval
    assert figure.value == values.mean()
    assert low < values.mean() < high
    assert 0.3 < high - low < 0.9  # 4 x 1 / sqrt(50) = 0.56
    assert figure.n == 50


def test_without_resampling_there_is_no_interval():
    labels = np.zeros(5, np.int64)
    draws = MatchedDraws(labels, labels, np.array([5]), seed=0, resample=False)

    assert draws.figure(lambda first, second: 1.0, 400).interval is None
