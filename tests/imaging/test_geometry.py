"""Pixel to patient and back, PS3.3 C.7.6.2.1.1, and the letters at the edges."""

import numpy as np
import pytest

from medgan_viewer.imaging.geometry import (
    PixelSpacing,
    PlaneGeometry,
    orientation_letters,
    plane_name,
)


def axial(position=(0.0, 0.0, 0.0), row_mm=1.0, column_mm=1.0):
    return PlaneGeometry(position, (1, 0, 0), (0, 1, 0), PixelSpacing(row_mm, column_mm))


def test_a_pixel_lies_column_steps_along_the_row_and_row_steps_down_the_column():
    plane = axial((-100, -50, 30), row_mm=0.8, column_mm=0.5)

    assert plane.to_patient(column=10, row=20).tolist() == [-95, -34, 30]


def test_to_pixel_undoes_to_patient_on_an_oblique_plane():
    half = float(np.sqrt(0.5))
    plane = PlaneGeometry((1, 2, 3), (half, half, 0), (0, 0, -1), PixelSpacing(0.7, 0.4))

    column, row, distance_mm = plane.to_pixel(plane.to_patient(3.5, 7.25))

    assert (column, row) == pytest.approx((3.5, 7.25))
    assert distance_mm == pytest.approx(0)


def test_a_point_above_the_plane_has_its_distance_along_the_normal():
    assert axial().to_pixel((2, 3, 4)) == pytest.approx((2, 3, 4))


def test_slices_are_ordered_by_position_along_row_cross_column():
    assert axial((5, 6, 7)).distance_mm == 7


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        ((1, 0, 0), "L"),
        ((-1, 0, 0), "R"),
        ((0, 1, 0), "P"),
        ((0, -1, 0), "A"),
        ((0, 0, 1), "H"),
        ((0, 0, -1), "F"),
        ((0.6, -0.8, 0), "AL"),
        ((0.1, -0.99, 0), "A"),
    ],
)
def test_a_direction_is_named_by_its_strongest_letters_first(direction, letters):
    assert orientation_letters(direction) == letters


@pytest.mark.parametrize(
    ("row", "column", "name"),
    [
        ((1, 0, 0), (0, 1, 0), "axial"),
        ((1, 0, 0), (0, 0, -1), "coronal"),
        ((0, 1, 0), (0, 0, -1), "sagittal"),
        ((0.8, 0.6, 0), (0, 0, -1), "oblique"),
    ],
)
def test_a_plane_is_named_by_its_normal(row, column, name):
    assert plane_name(PlaneGeometry((0, 0, 0), row, column, PixelSpacing(1, 1))) == name


@pytest.mark.parametrize("spacing", [(0, 1), (1, -1), (float("nan"), 1)])
def test_a_spacing_that_is_no_length_is_refused(spacing):
    with pytest.raises(ValueError, match="spacing"):
        PixelSpacing(*spacing)
