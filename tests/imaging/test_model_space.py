import numpy as np
import pytest

from medgan_viewer.imaging.model_space import IntensityLimits, IntensityMapping, IntensityRule


def test_limits_map_to_minus_one_and_one_and_clip_beyond():
    model = IntensityLimits(-1000, 1000).to_model(np.array([-3000, -1000, 0, 1000, 3000]))

    assert model.tolist() == [-1, -1, 0, 1, 1]


def test_values_inside_the_limits_come_back():
    limits = IntensityLimits(0, 3000)
    values = np.array([0, 750, 3000], dtype=np.float32)

    np.testing.assert_allclose(limits.to_values(limits.to_model(values)), values, atol=0.001)


def test_fixed_limits_do_not_look_at_the_series():
    mapping = IntensityMapping(IntensityRule.FIXED, -1000, 400)

    assert mapping.limits_of(np.array([])) == IntensityLimits(-1000, 400)


def test_percentile_limits_are_those_of_the_series():
    mapping = IntensityMapping(IntensityRule.PERCENTILE, 0, 100)

    limits = mapping.limits_of(np.array([5.0, np.nan, 20.0, 10.0]))

    assert limits == IntensityLimits(5, 20)


def test_foreground_limits_leave_out_the_dark_background():
    mapping = IntensityMapping(IntensityRule.FOREGROUND_MEDIAN, 0, 2)
    background, tissue = np.zeros(900), np.full(100, 80.0)

    limits = mapping.limits_of(np.concatenate([background, tissue]))

    assert limits == IntensityLimits(0, 160)


@pytest.mark.parametrize("values", [np.array([np.nan]), np.full(10, 7.0)])
def test_a_series_without_contrast_is_refused(values):
    with pytest.raises(ValueError, match="series"):
        IntensityMapping(IntensityRule.PERCENTILE, 1, 99).limits_of(values)


def test_integers_are_mapped_without_overflow():
    stored = np.array([-32768, 32767], np.int16)

    model = IntensityLimits(-32768, 32767).to_model(stored)

    assert model.tolist() == [-1, 1]
    assert model.dtype == np.float32


def test_the_middle_of_the_limits_is_zero():
    assert IntensityLimits(100, 300).to_model(np.array([200])).tolist() == [0]
    assert IntensityLimits(100, 300).to_values(np.array([0.0])).tolist() == [200]


def test_model_values_come_back_for_every_rule():
    random = np.random.default_rng(0).uniform(100, 900, 500)
    for rule, low, high in (
        (IntensityRule.FIXED, 0, 1000),
        (IntensityRule.PERCENTILE, 0, 100),
        (IntensityRule.FOREGROUND_MEDIAN, 0, 2),
    ):
        limits = IntensityMapping(rule, low, high).limits_of(random)
        model = np.linspace(-1, 1, 11)

        np.testing.assert_allclose(limits.to_model(limits.to_values(model)), model, atol=1e-5)


@pytest.mark.parametrize(
    "values",
    [np.array([]), np.zeros(10), np.full(10, -50.0), np.array([np.inf, -np.inf])],
    ids=["empty", "zeros", "negative", "infinite"],
)
def test_a_series_without_foreground_is_refused(values):
    with pytest.raises(ValueError, match="series"):
        IntensityMapping(IntensityRule.FOREGROUND_MEDIAN, 0, 2).limits_of(values)


def test_values_that_are_not_numbers_do_not_count():
    mapping = IntensityMapping(IntensityRule.FOREGROUND_MEDIAN, 0, 2)
    values = np.array([np.nan, np.inf, 50.0, 60.0, 70.0])

    assert mapping.limits_of(values) == IntensityLimits(0, 120)
