"""Sampling of volumes against scipy, and the grid that a translator works on."""

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from medgan_viewer.errors import InputError
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, plane_name
from medgan_viewer.inference.volume_grid import (
    SampledVolume,
    plane_affine,
    reduce_to_spacing,
    sample_plane,
    standard_grid,
)


def make_volume(shape=(5, 6, 7), spacing=(1.0, 1.0, 1.0), position=(0.0, 0.0, 0.0), axes=None):
    """Return random values; `axes` are the directions of column, row and slice index."""
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if axes is None else np.array(axes, float).T) * spacing
    affine[:3, 3] = position
    return SampledVolume(torch.from_numpy(values), affine)


def sampled_by_scipy(volume, affine, rows, columns, index):
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    grid = np.stack([column, row, np.full_like(row, index), np.ones_like(row)]).reshape(4, -1)
    places = (np.linalg.inv(volume.affine) @ affine @ grid)[:3][::-1]  # slice, row, column
    values = map_coordinates(volume.values.numpy(), places, order=1, mode="nearest")
    sides = np.array(volume.values.shape)[:, None]
    is_near = ((places > -1) & (places < sides)).all(axis=0)  # within one voxel of the volume
    return (values * is_near).reshape(rows, columns)


def test_sampling_the_own_grid_gives_the_own_values():
    volume = make_volume(spacing=(0.5, 0.8, 2.5), position=(-10, 20, 5))

    for index in range(5):
        plane = sample_plane(volume, volume.affine, 6, 7, index)
        torch.testing.assert_close(plane, volume.values[index], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("index", [0, 3])
def test_an_oblique_grid_is_sampled_as_scipy_does_with_zeros_outside(index):
    volume = make_volume((8, 9, 10), spacing=(0.9, 1.1, 2.0), position=(3, -4, 5))
    angle = np.radians(25)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0.1], [0, -0.1, 1]]
    )
    affine = np.eye(4)
    affine[:3, :3] = turn * 0.7
    affine[:3, 3] = (2.0, -5.0, 7.0)

    found = sample_plane(volume, affine, 12, 14, index)

    expected = sampled_by_scipy(volume, affine, 12, 14, index)
    assert 0.1 < (expected == 0).mean() < 0.9  # the grid lies in the volume and beyond
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_the_standard_grid_looks_at_its_plane_and_covers_the_source(plane):
    volume = make_volume((5, 6, 7), spacing=(2.0, 3.0, 4.0), position=(-5, 10, -20))

    grid = standard_grid(volume, plane, spacing_mm=1.0)

    directions = grid.affine[:3, :3]
    geometry = PlaneGeometry(
        (0, 0, 0), tuple(directions[:, 0]), tuple(directions[:, 1]), PixelSpacing(1, 1)
    )
    assert plane_name(geometry) == plane
    np.testing.assert_allclose(np.linalg.norm(directions, axis=0), 1)
    corners = np.array([[c, r, s, 1] for c in (0, 6) for r in (0, 5) for s in (0, 4)])
    places = (np.linalg.inv(grid.affine) @ volume.affine @ corners.T)[:3]
    highest = np.array([grid.columns, grid.rows, grid.slices]) - 1
    assert (places >= -1e-6).all()
    assert (places <= highest[:, None] + 1e-6).all()
    # Extents are 12 mm by 15 mm by 16 mm along x, y and z; one point more than millimetres.
    assert {grid.columns, grid.rows, grid.slices} == {13, 16, 17}


def test_a_source_stored_upside_down_gives_the_same_grid():
    upright = make_volume(spacing=(1, 1, 2))
    turned = make_volume(
        spacing=(1, 1, 2), position=(6, 5, 8), axes=[(-1, 0, 0), (0, -1, 0), (0, 0, -1)]
    )

    one, other = standard_grid(upright, "axial", 1.0), standard_grid(turned, "axial", 1.0)

    np.testing.assert_allclose(one.affine, other.affine, atol=1e-9)
    assert (one.slices, one.rows, one.columns) == (other.slices, other.rows, other.columns)


def test_a_grid_larger_than_any_patient_is_refused_with_its_size():
    volume = make_volume(spacing=(500.0, 500.0, 500.0))

    with pytest.raises(InputError, match="300 x 250 x 200 cm"):
        standard_grid(volume, "axial", 1.0)


def test_a_fine_volume_is_averaged_before_it_is_sampled_coarsely():
    volume = make_volume((4, 6, 8), spacing=(0.5, 0.5, 2.0), position=(1, 2, 3))

    reduced = reduce_to_spacing(volume, 1.0)

    expected = volume.values.numpy().reshape(4, 3, 2, 4, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(reduced.values.numpy(), expected, rtol=1e-5)
    # The first new centre lies between the first two old ones: a quarter of a millimetre on.
    np.testing.assert_allclose(reduced.affine[:3, 3], [1.25, 2.25, 3])
    np.testing.assert_allclose(np.diag(reduced.affine)[:3], [1.0, 1.0, 2.0])


def test_a_linear_ramp_keeps_its_place_when_it_is_averaged():
    """Averaging and sampling a ramp gives the ramp: the position of the new centres is right."""
    values = torch.arange(16.0).expand(4, 16, 16).contiguous()
    volume = SampledVolume(values, np.diag([0.4, 0.4, 1.0, 1.0]))

    reduced = reduce_to_spacing(volume, 1.0)
    plane = sample_plane(reduced, volume.affine, 16, 16, 1)

    assert reduced.values.shape == (4, 8, 8)
    torch.testing.assert_close(plane[4, 2:-2], torch.arange(16.0)[2:-2], atol=1e-4, rtol=1e-4)


def test_a_volume_coarser_than_the_network_stays_as_it_is():
    volume = make_volume(spacing=(0.7, 0.7, 3.0))

    assert reduce_to_spacing(volume, 1.0) is volume


def test_a_thin_fine_volume_is_averaged_over_what_it_has():
    reduced = reduce_to_spacing(make_volume((2, 6, 6), spacing=(0.1, 1, 0.2)), 1.0)

    assert reduced.values.shape == (1, 6, 1)


def test_a_planes_affine_puts_its_pixels_where_its_geometry_does():
    geometry = PlaneGeometry(
        (10, 20, 30), (0, 1, 0), (0, 0, -1), PixelSpacing(row_mm=2, column_mm=0.5)
    )

    place = plane_affine(geometry) @ (3, 4, 0, 1)

    np.testing.assert_allclose(place[:3], geometry.to_patient(column=3, row=4))
