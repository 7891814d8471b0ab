"""Principal directions of a known ellipsoid."""

import numpy as np
import pytest

from medgan_viewer.latent.pca import principal_directions


def ellipsoid():
    """Return six points whose covariance is exactly R diag(9, 4, 1) R^T, and the columns of R."""
    ends = np.concatenate([np.eye(3), -np.eye(3)]) * [3, 2, 1]
    axes = np.array([[1, 2, 2], [2, 1, -2], [2, -2, 1]]) / 3
    # Each axis has two points; 2 x 2.5 / (6 - 1) = 1.
    return ends * np.sqrt(2.5) @ axes.T + [10, -20, 30], axes


def test_axes_deviations_and_parts_are_those_of_the_ellipsoid():
    points, axes = ellipsoid()

    found = principal_directions(points, 3)

    np.testing.assert_allclose(np.abs(found.vectors @ axes), np.eye(3), atol=1e-6)
    np.testing.assert_allclose(found.sd, [3, 2, 1], rtol=1e-6)
    np.testing.assert_allclose(found.explained, [9 / 14, 4 / 14, 1 / 14], rtol=1e-6)


def test_only_as_many_as_asked_for_come_back_strongest_first():
    points, axes = ellipsoid()

    found = principal_directions(points, 1)

    assert found.vectors.shape == (1, 3)
    np.testing.assert_allclose(np.abs(found.vectors[0]), np.abs(axes[:, 0]), atol=1e-6)
    assert principal_directions(points, 99).vectors.shape == (3, 3)


def test_the_largest_component_is_positive_whatever_the_sign_of_the_data():
    samples = np.random.default_rng(0).normal(size=(20, 3))

    found, mirrored = principal_directions(samples, 3), principal_directions(-samples, 3)

    np.testing.assert_allclose(found.vectors, mirrored.vectors, atol=1e-6)
    assert (found.vectors[np.arange(3), np.abs(found.vectors).argmax(axis=1)] > 0).all()


def test_directions_without_spread_explain_nothing():
    flat = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]])

    found = principal_directions(flat, 2)

    assert found.explained.tolist() == pytest.approx([1, 0])
    assert found.sd.tolist() == pytest.approx([2, 0])


def test_equal_samples_give_no_division_by_zero():
    found = principal_directions(np.ones((5, 2)), 2)

    assert found.explained.tolist() == [0, 0]


@pytest.mark.parametrize("samples", [np.ones((1, 3)), np.ones(3)])
def test_one_sample_has_no_directions(samples):
    with pytest.raises(ValueError, match="at least two samples"):
        principal_directions(samples, 1)
