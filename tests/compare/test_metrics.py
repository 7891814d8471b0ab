"""Error measures: against figures worked out by hand, and against scikit-image."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from medgan_viewer.compare import metrics
from medgan_viewer.compare.metrics import DataRange

FULL = DataRange(0, 255, "8 bit")


def everywhere(values):
    return np.ones(values.shape, dtype=bool)


def textured(rows=64, columns=64, seed=0):
    """Smooth noise from 20 to 220."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(20, 220, (rows // 4 + 1, columns // 4 + 1))
    return np.kron(coarse, np.ones((4, 4)))[:rows, :columns]


def test_errors_by_hand():
    reference = np.array([[0.0, 10.0], [20.0, 30.0]])
    candidate = np.array([[1.0, 10.0], [17.0, 30.0]])
    arrays = (reference, candidate, everywhere(reference))

    assert metrics.mean_error(*arrays) == -0.5  # (1 + 0 - 3 + 0) / 4
    assert metrics.mean_absolute_error(*arrays) == 1.0  # (1 + 3) / 4
    assert metrics.root_mean_square_error(*arrays) == pytest.approx(np.sqrt(2.5))  # (1 + 9) / 4


def test_only_counted_pixels_enter():
    reference = np.array([[0.0, 10.0]])
    candidate = np.array([[5.0, 99.0]])

    assert metrics.mean_absolute_error(reference, candidate, np.array([[True, False]])) == 5.0


def test_psnr_by_hand_and_against_scikit_image():
    reference = np.zeros((4, 4))
    candidate = np.full((4, 4), 25.5)

    found = metrics.peak_signal_to_noise_db(reference, candidate, everywhere(reference), FULL)

    assert found == pytest.approx(20)  # a tenth of the range
    assert found == pytest.approx(peak_signal_noise_ratio(reference, candidate, data_range=255))


def test_equal_images_have_no_psnr():
    image = textured()

    assert metrics.peak_signal_to_noise_db(image, image, everywhere(image), FULL) is None


def test_ssim_of_equal_images_is_one():
    image = textured()

    assert metrics.structural_similarity_index(
        image, image, everywhere(image), FULL
    ) == pytest.approx(1)


def test_ssim_without_a_mask_is_that_of_scikit_image():
    reference, candidate = textured(), textured() * 0.8 + 10

    found = metrics.structural_similarity_index(reference, candidate, everywhere(reference), FULL)

    expected = structural_similarity(
        reference,
        candidate,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert found == pytest.approx(expected, abs=1e-12)


def test_ssim_of_two_flat_images_is_the_luminance_term():
    """(2 a b + C1) / (a^2 + b^2 + C1) with C1 = (0.01 * 255)^2, Wang 2004 equation 6."""
    reference, candidate = np.full((32, 32), 100.0), np.full((32, 32), 150.0)
    c1 = 2.55**2

    found = metrics.structural_similarity_index(reference, candidate, everywhere(reference), FULL)

    assert found == pytest.approx((2 * 100 * 150 + c1) / (100**2 + 150**2 + c1))


def test_ssim_does_not_change_when_both_images_and_the_range_are_shifted():
    """HU reach below zero, where the luminance term of the paper is not defined."""
    reference, candidate = textured(seed=1), textured(seed=2)
    shifted_range = DataRange(-1024, -1024 + 255, "shifted")

    plain = metrics.structural_similarity_index(reference, candidate, everywhere(reference), FULL)
    shifted = metrics.structural_similarity_index(
        reference - 1024, candidate - 1024, everywhere(reference), shifted_range
    )

    assert shifted == pytest.approx(plain)


def test_what_is_not_counted_does_not_change_ssim():
    reference = textured()
    candidate = reference + 5
    counted = everywhere(reference)
    counted[:, 40:] = False
    wild = candidate.copy()
    wild[:, 40:] = -30_000

    assert metrics.structural_similarity_index(
        reference, wild, counted, FULL
    ) == metrics.structural_similarity_index(reference, candidate, counted, FULL)


@pytest.mark.parametrize("similarity", ["structural_similarity_index", "multi_scale_similarity"])
def test_similarity_is_not_defined_for_images_below_the_window(similarity):
    image = textured(10, 64)

    assert getattr(metrics, similarity)(image, image, everywhere(image), FULL) is None


@pytest.mark.parametrize("similarity", ["structural_similarity_index", "multi_scale_similarity"])
def test_similarity_is_not_defined_without_a_range_or_inside_a_mask_of_nothing(similarity):
    image = textured()
    empty_range = DataRange(5, 5, "constant")
    rim = np.zeros(image.shape, dtype=bool)
    rim[0] = True

    assert getattr(metrics, similarity)(image, image, everywhere(image), empty_range) is None
    assert getattr(metrics, similarity)(image, image, rim, FULL) is None


def test_ms_ssim_with_one_scale_is_ssim():
    reference, candidate = textured(21, 21), textured(21, 21) * 0.8 + 10
    arrays = (reference, candidate, everywhere(reference), FULL)

    found = metrics.multi_scale_similarity(*arrays)

    assert found.scales == 1
    assert found.value == pytest.approx(metrics.structural_similarity_index(*arrays))


@pytest.mark.parametrize(
    ("size", "scales"), [(11, 1), (21, 1), (22, 2), (44, 3), (88, 4), (175, 4), (176, 5), (512, 5)]
)
def test_ms_ssim_uses_as_many_scales_as_the_window_fits(size, scales):
    image = textured(size, size)

    found = metrics.multi_scale_similarity(image, image, everywhere(image), FULL)

    assert found.scales == scales
    assert found.value == pytest.approx(1)


def test_ms_ssim_of_a_brighter_copy_is_the_luminance_term_to_the_power_of_the_coarsest_scale():
    """Adding a constant changes no contrast term; flat images have one luminance term."""
    reference, candidate = np.full((176, 176), 100.0), np.full((176, 176), 150.0)
    c1 = 2.55**2
    luminance = (2 * 100 * 150 + c1) / (100**2 + 150**2 + c1)

    found = metrics.multi_scale_similarity(reference, candidate, everywhere(reference), FULL)

    assert found.value == pytest.approx(luminance**0.1333, rel=1e-4)  # the weights add up to 1.0001


def test_ms_ssim_of_an_inverted_image_is_zero_and_not_complex():
    image = textured()

    found = metrics.multi_scale_similarity(image, 240 - image, everywhere(image), FULL)

    assert found.value == 0


def test_what_is_not_counted_does_not_change_ms_ssim():
    reference = textured()
    counted = everywhere(reference)
    counted[:, 40:] = False
    wild = reference.copy()
    wild[:, 40:] = -30_000

    found = metrics.multi_scale_similarity(reference, wild, counted, FULL)

    assert found.value == pytest.approx(1)
