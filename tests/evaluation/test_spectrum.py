import numpy as np
import pytest

from medgan_viewer.evaluation.spectrum import log_spectra, spectrum_distance_db
from tests.evaluation.pictures import blurred, disc_or_square


def test_equal_sets_have_distance_0():
    spectra = log_spectra(disc_or_square(0, 5, 0))

    assert spectrum_distance_db(spectra, spectra) == 0


def test_twice_the_contrast_is_6_db():
    images = disc_or_square(0, 5, 0) / 2

    distance = spectrum_distance_db(log_spectra(images), log_spectra(images * 2))

    assert distance == pytest.approx(20 * np.log10(2))


def test_blur_is_seen():
    real, others = disc_or_square(0, 60, 0), disc_or_square(0, 60, 1)
    spectra = log_spectra(real)

    floor = spectrum_distance_db(spectra, log_spectra(others))
    soft = spectrum_distance_db(spectra, log_spectra(blurred(others)))

    assert soft > 10 * floor


def test_weights_count_images():
    spectra = np.array([[0.0, 0.0], [4.0, 2.0]])

    assert spectrum_distance_db(spectra[:1], spectra, None, np.array([3.0, 1.0])) == 0.75
