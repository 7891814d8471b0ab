import numpy as np
import pytest
import scipy.linalg

from medgan_viewer.evaluation.distances import (
    FeatureStatistics,
    KernelDistance,
    frechet_distance,
    frechet_distance_of_statistics,
    manifold_overlap,
    statistics_of,
)


def normal(count, features=4, seed=0, mean=0.0, sd=1.0):
    return np.random.default_rng(seed).normal(mean, sd, (count, features))


# ---- Fréchet ----


def test_the_frechet_distance_of_known_gaussians_is_that_of_the_formula():
    # Diagonal covariances commute: |m1 - m2|^2 + sum (s1 - s2)^2.
    first = FeatureStatistics("", 9, np.array([0.0, 1.0]), np.diag([4.0, 9.0]))
    second = FeatureStatistics("", 9, np.array([3.0, 1.0]), np.diag([1.0, 25.0]))

    assert frechet_distance_of_statistics(first, second) == pytest.approx(9 + 1 + 4)


def test_it_agrees_with_the_matrix_square_root_of_scipy():
    first, second = normal(60, 5), normal(50, 5, seed=1) @ np.triu(np.ones((5, 5))) + 0.3
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    step = first.mean(axis=0) - second.mean(axis=0)
    root = scipy.linalg.sqrtm(one @ other).real

    expected = step @ step + np.trace(one + other - 2 * root)

    assert frechet_distance(first, second) == pytest.approx(expected)


def test_with_fewer_images_than_features_the_result_is_the_same():
    first, second = normal(12, 30), normal(14, 30, seed=1, mean=0.2)

    expected = frechet_distance_of_statistics(statistics_of("", first), statistics_of("", second))

    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_equal_sets_have_no_frechet_distance():
    features = normal(40)

    assert frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-9)


# ---- KID ----


def kid(first, second):
    return KernelDistance(first, second).distance(np.ones(len(first)), np.ones(len(second)))


def test_kid_is_the_textbook_double_sum():
    first, second = normal(6), normal(5, seed=1, mean=0.5)

    def kernel(x, y):
        return (x @ y / 4 + 1) ** 3

    pairs = [(i, j) for i in range(6) for j in range(6) if i != j]
    within_first = np.mean([kernel(first[i], first[j]) for i, j in pairs])
    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    within_second = np.mean([kernel(second[i], second[j]) for i, j in pairs])
    across = np.mean([kernel(x, y) for x in first for y in second])

    expected = within_first + within_second - 2 * across
    assert kid(first, second) == pytest.approx(expected)


def test_kid_of_one_distribution_is_zero_on_average():
    values = [kid(normal(60, seed=2 * k), normal(60, seed=2 * k + 1)) for k in range(60)]

    assert abs(np.mean(values)) < 2.5 * np.std(values) / np.sqrt(60)
    assert min(values) < 0 < max(values)


def test_kid_grows_with_the_distance_of_the_means():
    base = normal(100)
    near, far = (kid(base, normal(100, seed=1, mean=step)) for step in (0.3, 1.0))

    assert 0 < near < far


def test_an_image_drawn_twice_is_not_compared_with_itself():
    first, second = normal(4), normal(4, seed=1)
    distance = KernelDistance(first, second)

    twice = distance.distance(np.array([2.0, 2.0, 0, 0]), np.ones(4))

    assert twice == pytest.approx(kid(first[:2], second))


# ---- precision, recall, density, coverage ----


def test_identical_sets_have_precision_recall_and_coverage_1():
    features = normal(60)

    overlap = manifold_overlap(features, features)

    assert overlap.precision == overlap.recall == overlap.coverage == 1.0
    assert overlap.density >= 1.0


def test_sets_far_apart_share_nothing():
    overlap = manifold_overlap(normal(60), normal(60, seed=1, mean=50))

    assert overlap.precision == overlap.recall == overlap.density == overlap.coverage == 0.0


def test_a_collapse_to_one_image_keeps_precision_and_loses_recall():
    real = normal(100)
    collapsed = real[np.argmin(np.linalg.norm(real, axis=1))] + normal(100, seed=1, sd=1e-3)

    overlap = manifold_overlap(real, collapsed)

    assert overlap.precision == 1.0
    assert overlap.recall <= 0.01  # the one image itself
    assert overlap.coverage < 0.3


def test_two_samples_of_one_distribution_have_density_and_coverage_near_their_expectations():
    # Naeem et al. 2020: density is 1, coverage 1 - (N-1)...(N-k) / ((2N-1)...(2N-k)) ~ 1 - 1/2^k.
    overlap = manifold_overlap(normal(1500, 2), normal(1500, 2, seed=1))

    assert overlap.density == pytest.approx(1.0, abs=0.05)
    assert overlap.coverage == pytest.approx(1 - 0.5**5, abs=0.02)


def test_an_outlier_raises_precision_but_hardly_density():
    real = np.concatenate([normal(100), [[40.0, 0, 0, 0]]])
    between = normal(50, seed=1, mean=0.0, sd=0.1) + np.array([20.0, 0, 0, 0])

    overlap = manifold_overlap(real, between)

    assert overlap.precision == 1.0
    assert overlap.density <= 0.21  # one neighbourhood of five


def test_sets_smaller_than_the_neighbourhood_still_give_figures():
    overlap = manifold_overlap(normal(3), normal(2, seed=1))

    assert 0 <= overlap.recall <= 1
