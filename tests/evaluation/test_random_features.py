import numpy as np
import pytest

from medgan_viewer.evaluation.distances import frechet_distance
from medgan_viewer.evaluation.feature_space import scaled_to
from medgan_viewer.evaluation.random_features import RandomFeatures
from tests.evaluation.pictures import blurred, disc_or_square


def test_features_are_the_same_in_every_program():
    # The texture at full size: the first filters of RandomState(20140610), by an explicit loop.
    image = np.random.default_rng(0).normal(0, 0.5, (1, 16, 16)).astype(np.float32)
    random = np.random.RandomState(20_140_610)

    def layer(x, outside, side):  # (inside, rows, columns), stride 2, edges repeated
        inside = len(x)
        weight = random.standard_normal((outside, inside, side, side))
        if inside == 1:
            weight[::2] -= weight[::2].mean(axis=(2, 3), keepdims=True)
        lengths = np.linalg.norm(weight.reshape(outside, -1), axis=1)
        weight *= np.sqrt(2) / lengths.reshape(-1, 1, 1, 1)
        reach, half = side // 2, x.shape[1] // 2
        padded = np.pad(x, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
        made = np.empty((outside, half, half))
        for row, column in np.ndindex(half, half):
            top, left = 2 * row, 2 * column
            window = padded[:, top : top + side, left : left + side]
            made[:, row, column] = (weight * window).sum(axis=(1, 2, 3))
        return np.where(made > 0, made, 0.2 * made)

    response = layer(layer(image, 12, 5), 16, 3).reshape(16, -1)

    found = RandomFeatures().features(image)[0]
    np.testing.assert_allclose(found[:16], response.mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(found[16:32], response.std(axis=1), atol=1e-5)


def test_images_do_not_depend_on_their_neighbours_in_the_batch():
    images = disc_or_square(0, 70, seed=0)

    together = RandomFeatures().features(images)

    np.testing.assert_allclose(together[69:], RandomFeatures().features(images[69:]), atol=1e-5)


def test_the_distance_sees_blur_and_other_shapes():
    real, others = disc_or_square(0, 200, 0), disc_or_square(0, 200, 1)
    space = scaled_to(RandomFeatures(), real)

    def distance(images):
        return frechet_distance(space.features(real), space.features(images))

    floor = distance(others)
    assert distance(blurred(others)) > 5 * floor
    assert distance(disc_or_square(1, 200, 2)) > 2 * floor


@pytest.mark.parametrize("shape", [(16, 16), (17, 40), (64, 64)])
def test_every_size_from_16_pixels_gives_as_many_features(shape):
    images = np.zeros((2, *shape), np.float32)

    assert RandomFeatures().features(images).shape == (2, 144)
