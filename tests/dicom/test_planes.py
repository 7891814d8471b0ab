"""Image Position and Orientation, PS3.3 C.7.6.2; absent or impossible ones make no plane."""

import pytest

from medgan_viewer.dicom.functional_groups import FrameView, frame_view
from medgan_viewer.dicom.planes import plane_of
from medgan_viewer.imaging.geometry import PixelSpacing
from tests.dicom_factory import AXIAL, groups, item

SPACING = PixelSpacing(1, 1)


def plane(**attributes):
    defaults = {"ImagePositionPatient": [1, 2, 3], "ImageOrientationPatient": AXIAL}
    return plane_of(FrameView(item(**{**defaults, **attributes})), SPACING)


def test_a_plane_has_position_directions_and_frame_of_reference():
    found = plane(FrameOfReferenceUID="1.2.3", SliceThickness=5)

    assert found.position_mm == (1, 2, 3)
    assert (found.row_direction, found.column_direction) == ((1, 0, 0), (0, 1, 0))
    assert (found.frame_of_reference_uid, found.thickness_mm) == ("1.2.3", 5)


def test_rounded_cosines_are_made_unit_vectors():
    found = plane(ImageOrientationPatient=[0.707, 0.707, 0, 0, 0, -1])

    assert sum(value**2 for value in found.row_direction) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    "attributes",
    [
        {"ImagePositionPatient": None},
        {"ImageOrientationPatient": None},
        {"ImagePositionPatient": [1, 2]},
        {"ImageOrientationPatient": [0, 0, 0, 0, 0, 0]},
        {"ImageOrientationPatient": [2, 0, 0, 0, 1, 0]},
        {"ImageOrientationPatient": [1, 0, 0, 0.9, 0.4, 0]},
    ],
)
def test_without_a_possible_place_there_is_no_plane(attributes):
    assert plane(**attributes) is None


def test_without_a_spacing_there_is_no_plane():
    view = FrameView(item(ImagePositionPatient=[0, 0, 0], ImageOrientationPatient=AXIAL))

    assert plane_of(view, None) is None


def test_a_frame_looks_in_its_own_group_then_in_the_shared_one_then_at_the_root():
    dataset = item(
        PerFrameFunctionalGroupsSequence=[
            groups(PlanePositionSequence={"ImagePositionPatient": [0, 0, 7]})
        ],
        SharedFunctionalGroupsSequence=[
            groups(
                PlanePositionSequence={"ImagePositionPatient": [0, 0, 1]},
                PlaneOrientationSequence={"ImageOrientationPatient": AXIAL},
            )
        ],
        FrameOfReferenceUID="1.2.3",
    )

    own, shared = (plane_of(frame_view(dataset, index), SPACING) for index in (0, 1))

    assert own.position_mm == (0, 0, 7)
    assert shared.position_mm == (0, 0, 1)  # no item of its own
    assert own.frame_of_reference_uid == "1.2.3"


@pytest.mark.parametrize("kind", ["MOSAIC", "VFRAME"])
def test_a_sheet_of_slices_shares_no_space_with_other_images(kind):
    found = plane(FrameOfReferenceUID="1.2.3", ImageType=["ORIGINAL", "PRIMARY", "M", kind])

    assert found.frame_of_reference_uid == ""
