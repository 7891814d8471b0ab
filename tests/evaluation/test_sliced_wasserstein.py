import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from medgan_viewer.evaluation.sliced_wasserstein import (
    SlicedDistance,
    laplacian_pyramid,
    project_patches,
)
from tests.evaluation.pictures import blurred, disc_or_square


def distances_of_levels(reference, candidate):
    """Return the distance of whole sets at every level, finest first."""
    levels = zip(project_patches(reference).levels, project_patches(candidate).levels, strict=True)
    whole = np.ones(len(reference)), np.ones(len(candidate))
    return [SlicedDistance(*level).distance(*whole) for level in levels]


def test_equal_sets_have_distance_0_at_every_level():
    images = disc_or_square(0, 30, 0, side=64)

    assert distances_of_levels(images, images) == [0, 0, 0]


def test_the_levels_of_the_pyramid_add_up_to_the_image():
    image = torch.from_numpy(disc_or_square(0, 1, 0, side=64))[:, None]

    *fine, coarse = laplacian_pyramid(image)

    kernel = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    for level in reversed(fine):
        wide = torch.zeros_like(level)
        wide[..., ::2, ::2] = coarse
        padded = torch.nn.functional.pad(wide, (2, 2, 2, 2), mode="reflect")
        blown_up = torch.nn.functional.conv2d(
            padded, torch.from_numpy(kernel).float()[None, None] * 4
        )
        coarse = level + blown_up
    torch.testing.assert_close(coarse, image)
    assert [level.shape[-1] for level in fine] == [64, 32]


def test_the_distance_of_one_level_is_that_of_scipy_on_each_line():
    random = np.random.default_rng(0)
    first = random.normal(0, 1, (20, 50, 3)).astype(np.float32)
    second = (random.normal(0.4, 1.5, (30, 50, 3))).astype(np.float32)
    sd = first.std()
    expected = np.mean(
        [wasserstein_distance(first[..., k].ravel(), second[..., k].ravel()) for k in range(3)]
    )

    found = SlicedDistance(first, second).distance(np.ones(20), np.ones(30))

    assert found == pytest.approx(expected / sd, rel=0.01)


def test_an_image_that_counts_twice_is_as_if_it_were_there_twice():
    first = np.random.default_rng(0).normal(size=(4, 40, 2)).astype(np.float32)
    second = np.random.default_rng(1).normal(0.3, 1, size=(3, 40, 2)).astype(np.float32)

    weighted = SlicedDistance(first, second).distance(np.ones(4), np.array([2.0, 0, 1]))
    repeated = SlicedDistance(first, second[[0, 0, 2]]).distance(np.ones(4), np.ones(3))

    assert weighted == pytest.approx(repeated, rel=0.03)  # other bins


def test_blur_shows_in_the_finest_level_most():
    real, others = disc_or_square(0, 60, 0, side=64), disc_or_square(0, 60, 1, side=64)

    floor = distances_of_levels(real, others)
    soft = distances_of_levels(real, blurred(others))

    assert soft[0] > 5 * floor[0]
    assert soft[0] > soft[2]


def test_the_same_seed_gives_the_same_patches():
    images = disc_or_square(0, 3, 0)

    first, second, other = (project_patches(images, seed=seed).levels[0] for seed in (0, 0, 1))

    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_sides_that_are_no_powers_of_two_are_fine():
    images = disc_or_square(0, 3, 0, side=50)[:, :41]

    assert project_patches(images).sides == (41, 21)
