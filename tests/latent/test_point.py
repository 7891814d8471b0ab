"""Latent points: seeds, label weights, and the value that stands for an image."""

import pickle

import numpy as np
import pytest

from medgan_viewer.latent.point import MAX_SEED, LatentPoint, normalized_weights, sample_z


@pytest.mark.parametrize("seed", [0, 1, 41, MAX_SEED])
def test_a_seed_gives_the_vector_of_numpys_frozen_generator(seed):
    expected = np.random.RandomState(seed).randn(512).astype(np.float32)

    np.testing.assert_array_equal(sample_z(seed, 512), expected)


def test_the_vector_of_seed_zero_is_the_one_printed_in_many_books():
    """The first numbers of numpy's randn after seed 0, to eight digits."""
    known = [1.76405235, 0.40015721, 0.97873798, 2.24089320, 1.86755799]

    assert sample_z(0, 5).tolist() == pytest.approx(known, abs=1e-7)


def test_sampling_leaves_numpys_global_generator_alone():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.RandomState(3).randn(1)

    sample_z(0, 8)

    assert np.random.randn(1) == expected  # noqa: NPY002


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"a": 1.0}, [1, 0, 0]),
        ({"a": 1.0, "c": 3.0}, [0.25, 0, 0.75]),
        ({}, [1 / 3] * 3),
        ({"a": 0.0, "b": 0.0}, [1 / 3] * 3),
        ({"unknown": 5.0}, [1 / 3] * 3),
        ({"a": -4.0, "b": 2.0}, [0, 1, 0]),
        ({"a": float("nan"), "b": 1.0}, [1 / 3] * 3),
        ({"a": float("inf"), "b": 1.0}, [1 / 3] * 3),
    ],
)
def test_label_weights_sum_to_one_in_the_order_of_the_model(weights, expected):
    found = normalized_weights(("a", "b", "c"), weights)

    assert found.tolist() == pytest.approx(expected)
    assert found.dtype == np.float32


def test_a_model_without_labels_has_no_weights():
    assert normalized_weights((), {"a": 1.0}).shape == (0,)


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_a_seed_beyond_its_range_is_refused(seed):
    with pytest.raises(ValueError, match="a seed lies between"):
        LatentPoint(seed=seed)


def test_an_offset_of_zero_is_the_same_as_none():
    moved = LatentPoint(offsets={"up": 1.5, "on": 0.0})

    assert dict(moved.offsets) == {"up": 1.5}
    assert moved.with_offset("up", 0.0) == LatentPoint()


def test_moving_one_direction_keeps_the_others():
    point = LatentPoint(seed=4, offsets={"up": 1.0}).with_offset("on", -2.0)

    assert dict(point.offsets) == {"up": 1.0, "on": -2.0}
    assert point.seed == 4


def test_points_are_equal_by_value_in_any_order_of_names():
    one = LatentPoint(seed=1, label_weights={"a": 1, "b": 2}, offsets={"x": 1, "y": 2})
    other = LatentPoint(seed=1, label_weights={"b": 2, "a": 1}, offsets={"y": 2, "x": 1})

    assert one == other
    assert hash(one) == hash(other)
    assert one != LatentPoint(seed=1, label_weights={"a": 1, "b": 2}, offsets={"x": 1})


def test_a_point_cannot_be_changed_from_outside():
    weights = {"a": 1.0}
    point = LatentPoint(label_weights=weights)
    weights["a"] = 9.0

    with pytest.raises(TypeError):
        point.offsets["up"] = 1.0
    assert dict(point.label_weights) == {"a": 1.0}


def test_a_point_survives_pickling():
    point = LatentPoint(7, {"a": 0.25, "b": 0.75}, 0.5, False, {"up": -1.5})

    assert pickle.loads(pickle.dumps(point)) == point  # noqa: S301 - bytes of our own


def random_mixes(count):
    """Mixes of three labels as the sliders give them, to two decimals."""
    random = np.random.RandomState(7)
    for parts in random.randint(0, 101, (count, 3)) / 100:
        yield dict(zip("abc", parts.tolist(), strict=True))


def test_weights_that_were_normalized_stay_as_they_are_to_the_last_bit():
    names = ("a", "b", "c")
    for mix in [{"a": 0.45, "b": 0.44, "c": 0.2}, *random_mixes(2000)]:
        once = normalized_weights(names, mix)

        again = normalized_weights(names, dict(zip(names, once.tolist(), strict=True)))

        np.testing.assert_array_equal(again, once)
        assert again.sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)


def test_a_mix_that_sums_to_one_is_left_alone():
    mix = {"a": 0.1, "b": 0.2, "c": 0.7}

    expected = np.array([0.1, 0.2, 0.7], np.float32)
    np.testing.assert_array_equal(normalized_weights(("a", "b", "c"), mix), expected)
