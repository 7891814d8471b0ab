"""Means with a bootstrap interval over subjects."""

import numpy as np
import pytest

from medgan_viewer.compare.interval import mean_with_interval


def test_every_subject_counts_once_however_many_slices_it_has():
    found = mean_with_interval([0, 0, 0, 8], subjects=["a", "a", "a", "b"])

    assert found.mean == 4
    assert found.subjects == 2


def test_equal_values_leave_no_doubt():
    found = mean_with_interval([3, 3, 3])

    assert (found.low, found.mean, found.high) == (3, 3, 3)


def test_one_subject_has_no_interval():
    found = mean_with_interval([1, 2, 3], subjects=["a", "a", "a"])

    assert found.mean == 2
    assert found.low is None
    assert found.high is None


def test_the_interval_of_a_large_sample_is_that_of_the_normal_distribution():
    """Mean plus or minus 1.96 standard errors."""
    values = np.random.default_rng(1).normal(10, 2, size=400)
    error = 1.96 * values.std() / np.sqrt(values.size)

    found = mean_with_interval(values.tolist())

    assert found.low == pytest.approx(values.mean() - error, abs=0.03)
    assert found.high == pytest.approx(values.mean() + error, abs=0.03)


def test_the_same_seed_gives_the_same_interval():
    values = [1.0, 5.0, 9.0]

    assert mean_with_interval(values, seed=7) == mean_with_interval(values, seed=7)


def test_slices_of_few_patients_widen_the_interval():
    """Ten alike slices of two patients are two observations, not twenty."""
    values = [0.0] * 10 + [1.0] * 10
    by_slice = mean_with_interval(values)
    by_patient = mean_with_interval(values, subjects=[0] * 10 + [1] * 10)

    assert by_patient.high - by_patient.low > by_slice.high - by_slice.low


def test_no_values_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="no values"):
        mean_with_interval([])
