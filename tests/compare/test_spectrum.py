"""Radial power spectra of waves whose frequency is known."""

import numpy as np
import pytest

from medgan_viewer.compare.spectrum import radial_spectrum, spectrum_distance_db
from medgan_viewer.imaging.geometry import PixelSpacing


def wave(cycles, rows=64, columns=64):
    """Vertical stripes: so many cycles over the width."""
    return np.tile(np.cos(2 * np.pi * cycles * np.arange(columns) / columns), (rows, 1))


def peak(spectrum):
    return spectrum.frequency[np.argmax(spectrum.power_db)]


def test_a_wave_of_16_cycles_over_64_pixels_peaks_at_a_quarter_cycle_per_pixel():
    spectrum = radial_spectrum(wave(16), None)

    assert spectrum.unit == "cycles/px"
    assert peak(spectrum) == 0.25


def test_with_pixels_of_half_a_millimetre_it_peaks_at_half_a_line_pair_per_mm():
    spectrum = radial_spectrum(wave(16), PixelSpacing(0.5, 0.5))

    assert spectrum.unit == "lp/mm"
    assert peak(spectrum) == 0.5
    assert spectrum.frequency[-1] == 1.0  # Nyquist


def test_pixels_that_are_not_square_are_measured_along_both_axes():
    """Stripes vary along the columns, whose spacing is 0.5 mm; Nyquist is that of the rows."""
    spectrum = radial_spectrum(wave(8), PixelSpacing(1.0, 0.5))

    assert peak(spectrum) == 0.25
    assert spectrum.frequency[-1] == 0.5


def test_twice_the_amplitude_is_6_db_more():
    once, twice = radial_spectrum(wave(16), None), radial_spectrum(2 * wave(16), None)

    assert twice.power_db[15] - once.power_db[15] == pytest.approx(20 * np.log10(2))


def test_the_distance_of_an_image_to_itself_is_zero_and_to_its_double_6_db():
    noise = np.random.default_rng(0).normal(size=(64, 48))
    one, other = radial_spectrum(noise, None), radial_spectrum(2 * noise, None)

    assert spectrum_distance_db(one, one) == 0
    assert spectrum_distance_db(one, other) == pytest.approx(20 * np.log10(2))


def test_a_blurred_image_is_found_farther_away_than_a_shifted_one():
    noise = np.random.default_rng(0).normal(size=(64, 64))
    blurred = (noise + np.roll(noise, 1, axis=0) + np.roll(noise, 1, axis=1)) / 3
    reference = radial_spectrum(noise, None)

    shift_db = spectrum_distance_db(reference, radial_spectrum(np.roll(noise, 7), None))
    blur_db = spectrum_distance_db(reference, radial_spectrum(blurred, None))

    assert blur_db > 4 * shift_db


@pytest.mark.parametrize("shape", [(16, 16), (17, 19), (16, 500), (31, 16)])
def test_every_ring_holds_something(shape):
    spectrum = radial_spectrum(np.random.default_rng(0).normal(size=shape), None)

    assert np.isfinite(spectrum.power_db).all()


def test_a_constant_image_has_a_finite_spectrum():
    assert np.isfinite(radial_spectrum(np.ones((32, 32)), None).power_db).all()


def test_images_below_16_pixels_have_none():
    assert radial_spectrum(np.ones((15, 64)), None) is None


def test_spectra_of_different_grids_are_not_compared():
    with pytest.raises(ValueError, match="grids"):
        spectrum_distance_db(
            radial_spectrum(wave(4), None), radial_spectrum(wave(4), PixelSpacing(2, 2))
        )
