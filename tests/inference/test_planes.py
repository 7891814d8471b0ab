"""Between a source's pixels and a translator's: size, way up, padding."""

import itertools

import numpy as np
import pytest
import torch

from medgan_viewer.errors import InputError
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.inference.planes import (
    Fit,
    ModelGrid,
    Turn,
    fit_plane,
    from_model_grid,
    to_model_grid,
    turn_to_standard,
)

GRID = ModelGrid(spacing_mm=1.0, side_multiple=32)
STANDARD = {  # as radiologists look: towards higher columns, towards higher rows (LPS)
    "axial": ((1, 0, 0), (0, 1, 0)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
}
TURNS = [Turn(*flags) for flags in itertools.product((False, True), repeat=3)]


def plane(row_direction, column_direction):
    to_unit = lambda vector: tuple(np.divide(vector, np.linalg.norm(vector)).tolist())  # noqa: E731
    return PlaneGeometry(
        (0, 0, 0), to_unit(row_direction), to_unit(column_direction), PixelSpacing(1, 1)
    )


def eight_ways(right, down):
    """Yield the directions of an image that was mirrored and turned in all eight ways."""
    for x, y in itertools.product((1, -1), repeat=2):
        yield np.multiply(right, x), np.multiply(down, y)
        yield np.multiply(down, y), np.multiply(right, x)


@pytest.mark.parametrize("name", list(STANDARD))
@pytest.mark.parametrize("way", range(8))
def test_every_way_up_is_turned_to_the_standard_view(name, way):
    """An image that shows at each pixel how far right and how far down it lies."""
    right, down = STANDARD[name]
    row_direction, column_direction = list(eight_ways(right, down))[way]
    columns, rows = np.meshgrid(np.arange(5), np.arange(3))
    positions = columns[..., None] * row_direction + rows[..., None] * column_direction
    image = torch.from_numpy(np.stack([positions @ right, positions @ down]).astype(np.float32))

    turn = turn_to_standard(plane(row_direction, column_direction), name)
    rightwards, downwards = turn.apply(image)

    assert bool((rightwards.diff(dim=1) == 1).all())
    assert bool((downwards.diff(dim=0) == 1).all())
    assert torch.equal(turn.undo(turn.apply(image)), image)


@pytest.mark.parametrize("turn", TURNS)
def test_undoing_a_turn_gives_the_same_pixels(turn):
    image = torch.arange(12.0).reshape(1, 3, 4)

    assert torch.equal(turn.undo(turn.apply(image)), image)


def test_the_turns_of_a_square_differ_from_each_other():
    image = torch.arange(9.0).reshape(3, 3)

    assert len({tuple(turn.apply(image).flatten().tolist()) for turn in TURNS}) == 8


def test_a_slightly_oblique_plane_is_turned_like_its_nearest_standard():
    right, down = STANDARD["axial"]

    straight = turn_to_standard(plane(np.multiply(right, -1), down), "axial")
    oblique = turn_to_standard(plane((-1, 0.2, 0), (0.2, 1, 0.1)), "axial")

    assert oblique == straight == Turn(flip_columns=True)


@pytest.mark.parametrize(
    ("geometry", "name"), [(None, "axial"), (plane((0, 1, 0), (1, 0, 0)), "any")]
)
def test_without_geometry_or_a_wanted_plane_nothing_is_turned(geometry, name):
    assert turn_to_standard(geometry, name) == Turn()


def test_a_plane_keeps_its_size_in_mm_and_its_sides_become_multiples():
    fit = fit_plane(rows=100, columns=60, row_mm=0.5, column_mm=2.0, grid=GRID)

    assert fit.scaled == (50, 120)
    assert fit.padded == (64, 128)
    assert fit.offset == (7, 4)


def test_sides_that_fit_are_not_padded():
    fit = fit_plane(64, 32, 1, 1, GRID)

    assert fit == Fit((64, 32), (64, 32))


@pytest.mark.parametrize("side_multiple", [1, 4, 32])
def test_a_tiny_plane_is_padded_to_what_networks_need(side_multiple):
    fit = fit_plane(2, 1, 1, 0.1, ModelGrid(1.0, side_multiple))

    assert fit.scaled == (2, 1)
    assert min(fit.padded) >= 8


@pytest.mark.parametrize(("row_mm", "column_mm"), [(100, 1), (1, 100)])
def test_a_plane_larger_than_any_patient_is_refused_with_its_size(row_mm, column_mm):
    with pytest.raises(InputError, match=r"5120 x 51|51 x 5120"):
        fit_plane(512, 512, row_mm, column_mm, GRID)


def test_padding_is_background_and_comes_off_again():
    fit = fit_plane(5, 7, 1, 1, ModelGrid(1.0, 4))
    image = torch.rand(1, 1, 5, 7)

    prepared = to_model_grid(image, fit)

    assert prepared.shape == (1, 1, 8, 8)
    assert prepared.sum().item() == pytest.approx(image.sum().item() - (64 - 35))
    assert torch.equal(from_model_grid(prepared, fit, 5, 7), image)


def smooth_image(rows, columns):
    """Return one slow wave, its phase given by the place in the field of view."""
    y = (torch.arange(rows) + 0.5) / rows
    x = (torch.arange(columns) + 0.5) / columns
    wave = torch.sin(2 * torch.pi * y)[:, None] * torch.cos(2 * torch.pi * x)[None]
    return (0.8 * wave)[None, None]


@pytest.mark.parametrize(
    ("rows", "columns", "row_mm", "column_mm"),
    [(128, 128, 0.5, 0.5), (40, 50, 1.6, 1.28), (64, 100, 1.0, 0.64), (33, 47, 1.9, 1.4)],
)
def test_a_smooth_image_goes_there_and_back_within_interpolation_error(
    rows, columns, row_mm, column_mm
):
    fit = fit_plane(rows, columns, row_mm, column_mm, GRID)

    there = to_model_grid(smooth_image(rows, columns), fit)
    back = from_model_grid(there, fit, rows, columns)

    error = (back - smooth_image(rows, columns)).abs()[..., 1:-1, 1:-1]
    assert error.max() < 0.01  # the outermost pixels lack a neighbour


def test_scaling_does_not_move_the_image():
    """The centre of mass stays in place, in parts of the field of view."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    spot = torch.exp(-((y - 20) ** 2 + (x - 40) ** 2) / 50)[None, None]
    fit = fit_plane(64, 64, 0.5, 0.5, ModelGrid(1.0, 1))

    small = to_model_grid(spot, fit)[0, 0]

    weights = small / small.sum()
    center_y = float((weights.sum(dim=1) * (torch.arange(32) + 0.5)).sum()) * 2
    center_x = float((weights.sum(dim=0) * (torch.arange(32) + 0.5)).sum()) * 2
    assert (center_y, center_x) == pytest.approx((20.5, 40.5), abs=0.05)


def test_an_overshoot_of_the_scaling_stays_in_range():
    edges = torch.ones(1, 1, 32, 32)
    edges[..., ::4] = -1

    back = from_model_grid(edges, Fit((32, 32), (32, 32)), 80, 80)

    assert back.abs().max() <= 1
