import numpy as np
import pytest

from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.imaging.reference_lines import (
    PlaneArea,
    reference_line,
    slice_axis,
)

SPACE = "1.2.3"


def area(position, row, column, size=(100, 100), spacing_mm=1.0, space=SPACE):
    plane = PlaneGeometry(
        position, row, column, PixelSpacing(spacing_mm, spacing_mm), frame_of_reference_uid=space
    )
    return PlaneArea(plane, *size)


def axial(z, **options):
    return area((0.0, 0.0, float(z)), (1, 0, 0), (0, 1, 0), **options)


def coronal(y, **options):
    """Return a plane that looks from the front, 100 mm high with its top at z = 80."""
    return area((0.0, float(y), 80.0), (1, 0, 0), (0, 0, -1), **options)


def test_an_axial_slice_is_a_level_line_on_a_coronal_one():
    line = reference_line(axial(50), coronal(20))

    assert sorted((line.start, line.end)) == [
        pytest.approx((-0.5, 30)),  # z 50 is 30 rows below z 80
        pytest.approx((99.5, 30)),
    ]


def test_the_line_counts_in_pixels_of_the_image_it_is_drawn_on():
    line = reference_line(axial(50), coronal(20, spacing_mm=0.5, size=(200, 200)))

    assert {round(line.start[1], 6), round(line.end[1], 6)} == {60}


def test_the_line_ends_where_the_smaller_image_ends():
    line = reference_line(axial(50, size=(100, 40)), coronal(20))

    assert sorted((line.start[0], line.end[0])) == pytest.approx([-0.5, 39.5])


def test_the_line_is_cut_at_the_edge_of_the_image_it_is_drawn_on():
    line = reference_line(axial(50, size=(300, 300)), coronal(20, size=(100, 60)))

    assert sorted((line.start[0], line.end[0])) == pytest.approx([-0.5, 59.5])


def test_a_tilted_slice_draws_a_slope_of_its_angle():
    angle = np.radians(30)
    tilted = area((0.0, 0.0, 40.0), (np.cos(angle), 0, np.sin(angle)), (0, 1, 0), size=(100, 100))

    line = reference_line(tilted, coronal(20))

    (x0, y0), (x1, y1) = line.start, line.end
    assert (y1 - y0) / (x1 - x0) == pytest.approx(-np.tan(angle))  # up is towards smaller rows


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(coronal(40), id="parallel"),
        pytest.param(axial(200), id="above the image"),
        pytest.param(axial(50, space="1.9"), id="another frame of reference"),
        pytest.param(axial(50, space=""), id="unknown frame of reference"),
    ],
)
def test_there_is_no_line_where_the_images_do_not_meet(source):
    assert reference_line(source, coronal(20)) is None


def test_two_images_that_both_say_nothing_share_no_space():
    assert reference_line(axial(50, space=""), coronal(20, space="")) is None


def planes_at(*positions):
    return [axial(z).plane for z in positions]


@pytest.mark.parametrize(("z", "index"), [(0, 0), (7.4, 1), (7.6, 2), (12.5, 2), (-2.5, 0)])
def test_the_nearest_slice_is_found_within_half_a_slice_distance(z, index):
    assert slice_axis(planes_at(0, 5, 10)).nearest((3, 4, z), SPACE) == index


@pytest.mark.parametrize("z", [-2.6, 12.6])
def test_beyond_the_stack_there_is_no_slice(z):
    assert slice_axis(planes_at(0, 5, 10)).nearest((0, 0, z), SPACE) is None


def test_a_missing_slice_is_not_replaced_by_its_neighbour():
    assert slice_axis(planes_at(0, 5, 10, 20, 25)).nearest((0, 0, 15), SPACE) is None


def test_a_point_of_another_frame_of_reference_is_in_no_slice():
    assert slice_axis(planes_at(0, 5, 10)).nearest((0, 0, 5), "1.9") is None


def test_slices_from_the_head_down_are_found_as_well():
    assert slice_axis(planes_at(10, 5, 0)).nearest((0, 0, 9), SPACE) == 0


@pytest.mark.parametrize(
    "planes",
    [
        pytest.param([], id="none"),
        pytest.param([None], id="unknown"),
        pytest.param([axial(0, space="").plane], id="no frame of reference"),
        pytest.param([axial(0).plane, axial(5, space="1.9").plane], id="two frames of reference"),
        pytest.param([axial(0).plane, coronal(5).plane], id="not parallel"),
    ],
)
def test_without_parallel_slices_in_one_known_space_there_is_no_axis(planes):
    assert slice_axis(planes) is None
