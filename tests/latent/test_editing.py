"""Moves in w with numbers that can be checked by hand."""

import numpy as np
import pytest

from medgan_viewer.latent.directions import LatentDirection
from medgan_viewer.latent.editing import (
    interpolate,
    layers_of,
    move_along,
    orthogonalize,
    truncate,
)


def direction(name, vector, sd=1.0, layers=(0, 3), range_sd=(-3.0, 3.0)):
    return LatentDirection(
        name, name, "principal", np.array(vector, np.float32), sd, range_sd, layers
    )


W = np.array([3.0, -1.0], np.float32)
CENTER = np.array([1.0, 1.0], np.float32)


@pytest.mark.parametrize(
    ("psi", "expected"), [(0.0, [1, 1]), (0.5, [2, 0]), (1.0, [3, -1]), (2.0, [5, -3])]
)
def test_truncation_goes_from_the_center_through_w(psi, expected):
    assert truncate(W, CENTER, psi).tolist() == expected


def test_every_layer_starts_with_the_same_w():
    layers = layers_of(W, 3)

    assert layers.tolist() == [[3, -1]] * 3
    layers[0] += 1
    assert layers[1].tolist() == [3, -1]  # a copy for each layer


def test_a_direction_moves_only_its_layers_by_its_standard_deviation():
    ws = np.zeros((4, 2), np.float32)
    up = direction("up", [0, 1], sd=2.0, layers=(1, 3))

    moved = move_along(ws, {"up": 1.5}, [up])

    assert moved.tolist() == [[0, 0], [0, 3], [0, 3], [0, 0]]
    assert not ws.any()


def test_directions_add_up_and_unknown_names_do_nothing():
    ws = np.zeros((3, 2), np.float32)
    directions = [direction("up", [0, 1]), direction("on", [1, 0], sd=0.5)]

    moved = move_along(ws, {"up": -1.0, "on": 2.0, "none": 9.0}, directions)

    assert moved.tolist() == [[1, -1]] * 3


def test_without_offsets_nothing_moves():
    ws = layers_of(W, 3)

    np.testing.assert_array_equal(move_along(ws, {}, [direction("up", [0, 1])]), ws)


def test_interpolation_is_straight():
    assert interpolate(CENTER, W, 0.25).tolist() == [1.5, 0.5]
    assert interpolate(CENTER, W, 0).tolist() == CENTER.tolist()
    assert interpolate(CENTER, W, 1).tolist() == W.tolist()


def test_orthogonalising_takes_away_what_others_explain():
    vector = np.array([1, 2, 2], np.float32)
    axes = [np.array([0, 0, 5], np.float32), np.array([0, 3, 3], np.float32)]

    assert orthogonalize(vector, axes).tolist() == pytest.approx([1, 0, 0])


def test_orthogonalising_against_many_random_axes_leaves_right_angles():
    random = np.random.default_rng(0)
    axes = [random.normal(size=16).astype(np.float32) for _ in range(10)]

    left = orthogonalize(random.normal(size=16).astype(np.float32), axes)

    assert np.linalg.norm(left) == pytest.approx(1)
    assert max(abs(float(left @ (axis / np.linalg.norm(axis)))) for axis in axes) < 1e-6


def test_axes_that_repeat_each_other_do_no_harm():
    axis = np.array([0, 1], np.float32)

    left = orthogonalize(np.array([1, 1], np.float32), [axis, axis * 2, axis * 0])

    assert left.tolist() == pytest.approx([1, 0])


@pytest.mark.parametrize("vector", [[2.0, 2.0], [0.0, 0.0]])
def test_a_mixture_of_the_others_is_refused(vector):
    axes = [np.array([1, 0], np.float32), np.array([0, 1], np.float32)]

    with pytest.raises(ValueError, match="nothing of the direction is left"):
        orthogonalize(np.array(vector, np.float32), axes)


def test_a_slider_stops_at_the_ends_of_its_range():
    up = direction("up", [0, 1], range_sd=(-1.0, 2.0))

    assert [up.clamp(sd) for sd in (-9, -1, 0.5, 3)] == [-1, -1, 0.5, 2]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"vector": [2, 0]}, "length 1"),
        ({"vector": [0, 0]}, "length 1"),
        ({"vector": [[1, 0]]}, "length 1"),
        ({"vector": [np.nan, 0]}, "length 1"),
        ({"range_sd": (1.0, 1.0)}, "empty range"),
        ({"layers": (2, 2)}, "layers"),
        ({"layers": (-1, 2)}, "layers"),
    ],
)
def test_a_direction_that_leads_nowhere_is_refused(options, reason):
    with pytest.raises(ValueError, match=reason):
        direction("bad", **{"vector": [1, 0], **options})
