import itertools

import numpy as np
import pytest
import SimpleITK

from medgan_viewer.imaging.frame import PaddingRange, Provenance, SyntheticKind
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.reformat import Orientation, plane_stack, reformat_plane
from medgan_viewer.imaging.slab import Projection, Slab
from medgan_viewer.imaging.turn import UPRIGHT, EdgeLetters, edge_letters
from medgan_viewer.imaging.volume import Volume

PLANES = list(Orientation)


def affine_of(direction=None, spacing=(0.8, 1.0, 2.5), origin=(-20.0, 7.0, 100.0)):
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if direction is None else direction) @ np.diag(spacing)
    affine[:3, 3] = origin
    return affine


def oblique_direction():
    """Return the axes of a head that nods 20 degrees and turns 10."""
    nod, turn = np.radians(20), np.radians(10)
    about_x = [[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]]
    about_z = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    return np.array(about_z) @ np.array(about_x)


def made_volume(affine=None, shape=(11, 14, 17), **fields):
    """Return smooth values, so that interpolation means something, in whole HU."""
    z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    values = 400 * np.sin(x / 4) + 300 * np.cos(y / 3) + 40 * z
    defaults = {"rescale": Rescale(1, 0, "HU"), "modality": "CT", "frame_of_reference_uid": "1.2"}
    affine = affine_of() if affine is None else affine
    return Volume(np.rint(values).astype(np.int16), affine=affine, **{**defaults, **fields})


def sitk_image(volume):
    image = SimpleITK.GetImageFromArray(volume.values.astype(np.float32))
    spacing = np.linalg.norm(volume.affine[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((volume.affine[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(volume.affine[:3, 3].tolist())
    return image


def sitk_plane(volume, plane, rows, columns, offset_mm=0.0, outside=-9999.0):
    """Sample a plane with SimpleITK; (rows, columns)."""
    origin = np.array(plane.position_mm) + offset_mm * plane.normal
    grid = np.column_stack([plane.row_direction, plane.column_direction, plane.normal])
    resampler = SimpleITK.ResampleImageFilter()
    resampler.SetInterpolator(SimpleITK.sitkLinear)
    resampler.SetDefaultPixelValue(outside)
    resampler.SetSize((columns, rows, 1))
    resampler.SetOutputSpacing((plane.spacing.column_mm, plane.spacing.row_mm, 1.0))
    resampler.SetOutputDirection(grid.ravel().tolist())
    resampler.SetOutputOrigin(origin.tolist())
    return SimpleITK.GetArrayFromImage(resampler.Execute(sitk_image(volume)))[0]


@pytest.mark.parametrize("direction", [np.eye(3), np.diag([1, 1, -1]), oblique_direction()])
@pytest.mark.parametrize("orientation", PLANES)
def test_a_plane_is_what_simpleitk_samples(orientation, direction):
    volume = made_volume(affine_of(direction))
    stack = plane_stack(volume, orientation)
    compared = 0

    for index in range(0, stack.count, max(stack.count // 5, 1)):
        frame = reformat_plane(volume, stack, index)
        wanted = sitk_plane(volume, stack.plane(index), stack.rows, stack.columns)
        mask = frame.padding_mask()
        inside = (wanted > -9999) & (True if mask is None else ~mask)
        compared += inside.sum()
        assert np.abs(frame.stored[inside] - wanted[inside]).max(initial=0) <= 0.51  # rounding
        # What SimpleITK finds outside is padding here, except on the very border.
        outside = wanted == -9999
        assert outside.mean() < 0.01 or (mask is not None and mask[outside].mean() > 0.9)

    assert compared > 1000


@pytest.mark.parametrize("projection", list(Projection))
@pytest.mark.parametrize("orientation", PLANES)
def test_a_slab_is_the_projection_of_planes_sampled_by_simpleitk(orientation, projection):
    volume = made_volume()
    stack = plane_stack(volume, orientation)
    index = stack.count // 2
    thickness = 4 * stack.step_mm

    frame = reformat_plane(volume, stack, index, Slab(thickness, projection))

    planes = [
        sitk_plane(volume, stack.plane(index), stack.rows, stack.columns, n * stack.step_mm)
        for n in (-2, -1, 0, 1, 2)
    ]
    join = {Projection.MIP: np.max, Projection.MINIP: np.min, Projection.MEAN: np.mean}
    wanted = join[projection](planes, axis=0)
    assert np.abs(frame.stored - wanted).max() <= 0.51


def test_axial_planes_of_an_axial_volume_are_its_slices():
    volume = made_volume(affine_of(spacing=(0.8, 0.8, 2.5)))
    stack = plane_stack(volume, Orientation.AXIAL)

    frames = [reformat_plane(volume, stack, index) for index in range(stack.count)]

    assert (stack.count, stack.rows, stack.columns) == volume.values.shape
    assert all((f.stored == s).all() for f, s in zip(frames, volume.values, strict=True))
    assert frames[0].stored.dtype == volume.values.dtype


def test_a_slice_order_from_the_feet_or_from_the_head_gives_the_same_planes():
    up = made_volume()
    down_affine = up.affine.copy()
    down_affine[:3, 3] = up.to_patient(0, 0, 10)
    down_affine[:3, 2] *= -1
    down = made_volume(down_affine)
    down = Volume(up.values[::-1].copy(), up.rescale, down_affine, "CT", "1.2")

    for orientation in PLANES:
        one, other = plane_stack(up, orientation), plane_stack(down, orientation)
        assert one == other
        first, second = reformat_plane(up, one, 3), reformat_plane(down, other, 3)
        assert (first.stored == second.stored).all()


@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        (Orientation.AXIAL, EdgeLetters("R", "L", "A", "P")),
        (Orientation.CORONAL, EdgeLetters("R", "L", "H", "F")),
        (Orientation.SAGITTAL, EdgeLetters("A", "P", "H", "F")),
    ],
)
def test_planes_are_looked_at_as_radiologists_do(orientation, letters):
    volume = made_volume(affine_of(oblique_direction()))

    frame = reformat_plane(volume, plane_stack(volume, orientation), 5)

    assert edge_letters(frame.geometry, UPRIGHT) == letters


@pytest.mark.parametrize("orientation", PLANES)
def test_a_bright_voxel_is_found_where_the_geometry_says(orientation):
    values = np.zeros((9, 9, 9), np.int16)
    values[6, 2, 5] = 1000
    volume = Volume(values, Rescale(), affine_of(spacing=(1, 1, 3)), "MR", "1.2")
    place = volume.to_patient(5, 2, 6)
    stack = plane_stack(volume, orientation)

    frame = reformat_plane(volume, stack, stack.index_of(place))

    column, row, distance = frame.geometry.to_pixel(place)
    assert abs(distance) < 1e-6
    assert frame.stored[round(row), round(column)] == 1000


def test_every_plane_can_be_found_again_by_its_position():
    stack = plane_stack(made_volume(), Orientation.CORONAL)

    assert [stack.index_of(stack.plane(i).position_mm) for i in range(stack.count)] == list(
        range(stack.count)
    )
    assert stack.index_of((0, 10_000, 0)) == stack.count - 1


def test_padding_takes_no_part_in_interpolation_and_stays_padding():
    values = np.full((5, 6, 6), 100, np.int16)
    values[:, :, 3:] = -2000
    volume = Volume(
        values,
        Rescale(1, 0, "HU"),
        affine_of(spacing=(1, 1, 2)),
        padding=PaddingRange(-2000, -2000),
    )
    stack = plane_stack(volume, Orientation.CORONAL)

    frame = reformat_plane(volume, stack, 2)

    mask = frame.padding_mask()
    assert set(frame.stored[~mask]) == {100}  # no -950 between the two
    assert (mask.sum(axis=1) == 3).all()


def test_what_lies_outside_an_oblique_volume_is_padding_and_not_a_value():
    volume = made_volume(affine_of(oblique_direction()))
    stack = plane_stack(volume, Orientation.AXIAL)

    frame = reformat_plane(volume, stack, 1)

    mask = frame.padding_mask()
    assert 0 < mask.mean() < 1
    assert frame.stored[~mask].min() > frame.padding.high


def test_an_unsigned_volume_with_zeros_gets_room_for_its_padding():
    volume = Volume(np.zeros((5, 5, 5), np.uint8), Rescale(), affine_of(oblique_direction()))
    frame = reformat_plane(volume, plane_stack(volume, Orientation.AXIAL), 0)

    mask = frame.padding_mask()
    assert mask.any()
    assert (frame.stored[~mask] == 0).all()


def test_a_falling_rescale_projects_modality_values_and_not_stored_ones():
    values = np.zeros((5, 5, 5), np.int16)
    values[2] = 10  # -10 in modality values
    volume = Volume(values, Rescale(-1, 0, ""), affine_of(spacing=(1, 1, 1)))
    stack = plane_stack(volume, Orientation.AXIAL)

    highest = reformat_plane(volume, stack, 2, Slab(2, Projection.MIP))
    lowest = reformat_plane(volume, stack, 2, Slab(2, Projection.MINIP))

    assert (highest.modality_values().max(), lowest.modality_values().min()) == (0, -10)


def test_a_reformatted_synthetic_volume_stays_synthetic():
    made = Provenance(SyntheticKind.TRANSLATED, "T1 to T2 1.0")
    volume = made_volume(provenance=made)

    frame = reformat_plane(volume, plane_stack(volume, Orientation.SAGITTAL), 3, Slab(5))

    assert frame.provenance == made
    assert frame.unit == "HU (simulated)"


def test_an_image_says_that_it_is_reformatted_and_how_thick():
    volume = made_volume(notes=("interpolated: slice 3",))
    stack = plane_stack(volume, Orientation.CORONAL)

    thin = reformat_plane(volume, stack, 3)
    thick = reformat_plane(volume, stack, 3, Slab(12.5, Projection.MINIP))

    assert thin.notes == ("REFORMATTED coronal", "interpolated: slice 3")
    assert thick.notes[0] == "REFORMATTED coronal · MinIP 12.5 mm"
    assert (thin.geometry.thickness_mm, thick.geometry.thickness_mm) == (None, 12.5)


@pytest.mark.parametrize("thickness", [-1, float("nan"), float("inf")])
def test_a_thickness_that_means_nothing_is_refused(thickness):
    with pytest.raises(ValueError, match="thickness"):
        Slab(thickness)


def test_a_very_thick_slab_shows_the_whole_volume():
    volume = made_volume()
    stack = plane_stack(volume, Orientation.AXIAL)

    frames = [reformat_plane(volume, stack, index, Slab(500)) for index in (0, stack.count - 1)]

    assert all(frame.stored.max() == volume.values.max() for frame in frames)


def test_a_giant_thin_volume_makes_no_giant_plane():
    volume = Volume(np.zeros((2, 3, 4), np.int16), Rescale(), affine_of(spacing=(5000, 5000, 0.01)))

    for orientation in PLANES:
        stack = plane_stack(volume, orientation)
        assert max(stack.rows, stack.columns) <= 2048


def test_pixels_are_square_and_as_fine_as_the_finest_voxel_side():
    for orientation, spacing in itertools.product(PLANES, [(0.5, 0.7, 3), (3, 0.7, 0.9)]):
        plane = plane_stack(made_volume(affine_of(spacing=spacing)), orientation).first
        assert plane.spacing.row_mm == plane.spacing.column_mm == pytest.approx(min(spacing))
