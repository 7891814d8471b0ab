"""Body-weight SUV by its formula."""

import numpy as np
import pytest

from medgan_viewer.imaging.suv import SuvScale, body_weight_factor


def test_without_decay_the_factor_is_weight_in_grams_over_dose():
    assert body_weight_factor(70, 350e6, 6586.2, 0) == pytest.approx(70_000 / 350e6)


def test_after_one_half_life_the_same_activity_means_twice_the_uptake():
    assert body_weight_factor(70, 350e6, 6586.2, 6586.2) == pytest.approx(2 * 70_000 / 350e6)


def test_values_are_scaled_in_float32():
    uptake = SuvScale(2e-4).apply(np.array([0, 5000, 25000], np.float32))

    assert uptake.dtype == np.float32
    np.testing.assert_allclose(uptake, [0, 1, 5], rtol=1e-6)


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), float("inf")])
def test_a_factor_that_makes_no_sense_is_refused(factor):
    with pytest.raises(ValueError, match="not a usable SUV factor"):
        SuvScale(factor)
