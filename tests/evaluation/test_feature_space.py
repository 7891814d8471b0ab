import numpy as np

from medgan_viewer.evaluation.feature_space import resized, scaled_to


class Pixels:
    name = "pixels"

    def features(self, images):
        return images.reshape(len(images), -1).astype(np.float64)


def test_scaled_features_count_in_standard_deviations_of_the_reference():
    images = np.random.default_rng(0).normal(3, 2, (50, 2, 2)).astype(np.float32)

    found = scaled_to(Pixels(), images).features(images)

    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(found.std(axis=0, ddof=1), 1)


def test_a_feature_that_hardly_varies_does_not_outweigh_the_others():
    images = np.random.default_rng(0).normal(0, 1, (50, 1, 3)).astype(np.float32)
    images[:, :, 0] *= 1e-6

    step = scaled_to(Pixels(), images).features(images + 1)[:, 0].mean()

    assert 5 < step < 20  # a tenth of the median is its unit


def test_small_images_are_interpolated_and_large_ones_averaged():
    ramp = np.array([[[0.0, 1.0]]], np.float32)

    # Bilinear with half-pixel centres: the two new centres lie a quarter from each old one.
    np.testing.assert_allclose(resized(ramp, 1, 4), [[[0, 0.25, 0.75, 1]]])
    np.testing.assert_allclose(resized(ramp, 1, 1), [[[0.5]]])
    assert resized(ramp, 1, 2) is ramp
