import numpy as np
import pytest
import SimpleITK

from medgan_viewer.imaging.frame import PaddingRange
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.imaging.regular_stack import resample_stack

ROWS, COLUMNS = 20, 16
TILTED = [(0.0, 0.7 * n, 2.0 * n) for n in range(9)]  # mm


def planes_at(positions, spacing=(1.0, 0.5)):
    return [
        PlaneGeometry(place, (1, 0, 0), (0, 1, 0), PixelSpacing(*spacing)) for place in positions
    ]


def sampled(function, planes):
    """Return (slices, rows, columns) of a function of x, y, z in mm."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    layers = []
    for plane in planes:
        x, y, z = plane.position_mm
        step = plane.spacing
        layers.append(function(x + columns * step.column_mm, y + rows * step.row_mm, z + 0 * rows))
    return np.stack(layers).astype(np.float32)


def positions_of(stack):
    index = np.indices(stack.values.shape)[::-1].reshape(3, -1)
    mm = stack.affine[:3, :3] @ index + stack.affine[:3, 3:]
    return [axis.reshape(stack.values.shape) for axis in mm]


def inside(stack):
    mask = np.ones(stack.values.shape, bool)
    return mask if stack.padding is None else ~stack.padding.mask(stack.values)


@pytest.mark.parametrize(
    ("positions", "step_mm"),
    [
        pytest.param(TILTED, 2.0, id="tilt"),
        pytest.param([(0.4 * n, -0.3 * n, 3.0 * n) for n in range(6)], 3.0, id="tilt both ways"),
        pytest.param([(0, 0, z) for z in (0, 2, 4, 8, 12, 13)], 2.0, id="uneven"),
        pytest.param([(0, z / 5, z) for z in (0, 2, 4, 8, 12)], 2.0, id="tilted and uneven"),
    ],
)
def test_a_ramp_in_the_patient_stays_the_same_ramp(positions, step_mm):
    planes = planes_at(positions)

    def ramp(x, y, z):
        return 3 * x - 2 * y + 5 * z + 400

    stack = resample_stack(sampled(ramp, planes), planes, step_mm)

    mask = inside(stack)
    assert mask.mean() > 0.6
    assert stack.values[mask] == pytest.approx(ramp(*positions_of(stack))[mask], abs=0.01)


def test_a_tilted_stack_is_straightened_as_simpleitk_does_it():
    planes = planes_at(TILTED)
    values = sampled(lambda x, y, z: 100 * np.sin(x / 3) * np.cos(y / 4) + z, planes)
    stack = resample_stack(values, planes, 2.0)

    image = SimpleITK.GetImageFromArray(values)
    image.SetSpacing((0.5, 1.0, 2.0))
    shear = SimpleITK.AffineTransform(3)
    shear.SetMatrix([1, 0, 0, 0, 1, -0.35, 0, 0, 1])  # y of the stack for a place in the patient
    grid = SimpleITK.Image(stack.values.shape[::-1], SimpleITK.sitkFloat32)
    grid.SetSpacing((0.5, 1.0, 2.0))
    grid.SetOrigin(stack.affine[:3, 3].tolist())
    wanted = SimpleITK.GetArrayFromImage(
        SimpleITK.Resample(image, grid, shear, SimpleITK.sitkLinear, -9999.0)
    )

    both = inside(stack) & (wanted > -9999)
    assert both.mean() > 0.6
    assert stack.values[both] == pytest.approx(wanted[both], abs=0.01)


def test_the_grid_has_room_for_every_slice():
    planes = planes_at(TILTED)
    values = sampled(lambda x, y, z: 0 * x + 7, planes)

    stack = resample_stack(values, planes, 2.0)

    # The last slice lies 5.6 rows further: 6 more rows, no more columns.
    assert stack.values.shape == (9, ROWS + 6, COLUMNS)
    assert stack.values[inside(stack)] == pytest.approx(7)
    assert inside(stack)[0, :ROWS].all()


def test_uneven_steps_are_interpolated_between_the_slices_on_both_sides():
    planes = planes_at([(0, 0, z) for z in (0, 2, 4, 8)])
    values = np.stack([np.full((ROWS, COLUMNS), v, np.int16) for v in (0, 10, 20, 60)])

    stack = resample_stack(values, planes, 2.0)

    assert stack.values[:, 3, 3].tolist() == [0, 10, 20, 40, 60]
    assert stack.values.dtype == np.int16
    assert stack.padding is None


def test_padding_takes_no_part_and_stays_padding():
    planes = planes_at([(0, 0.5 * n, 2.0 * n) for n in range(4)])
    values = np.full((4, ROWS, COLUMNS), 100, np.int16)
    values[:, :, 8:] = -2000

    stack = resample_stack(values, planes, 2.0, PaddingRange(-2000, -2000))

    assert set(np.unique(stack.values)) == {-2000, 100}
    assert (stack.values[:, :, 8:] == -2000).all()


def test_an_unsigned_stack_with_zeros_gets_room_for_what_is_outside():
    planes = planes_at(TILTED)

    stack = resample_stack(np.zeros((9, ROWS, COLUMNS), np.uint16), planes, 2.0)

    assert stack.padding is not None
    assert (stack.values[inside(stack)] == 0).all()
    assert not inside(stack).all()
