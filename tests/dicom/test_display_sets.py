"""Display sets: in order, named, and with a uid of their own."""

import pytest

from tests.dicom_factory import (
    make_ct,
    make_enhanced,
    make_mr_slice,
    make_series,
    uid,
)


def test_slices_are_ordered_by_place_and_not_by_name_or_number(display_sets, tmp_path):
    paths = make_series(tmp_path, (10, 0, 5))

    (stack,) = display_sets(*paths)

    assert [plane.position_mm[2] for plane in stack.planes] == [0, 5, 10]
    assert stack.order_rule == "position along the normal"
    assert stack.geometry.is_regular
    assert stack.spacing_mm == (1, 1, 5)
    assert stack.middle == stack.frames[1]


def test_a_stack_knows_its_patient_its_series_and_its_size(display_sets, tmp_path):
    (stack,) = display_sets(*make_series(tmp_path, name="Thorax"))

    assert stack.label == "Thorax"
    assert stack.study.patient_name == "TEST^CASE"
    assert (stack.series.series_uid, stack.modality) == (uid("Thorax"), "CT")
    assert (stack.rows, stack.columns) == (8, 8)
    assert not stack.is_synthetic
    assert not stack.is_lossy


def test_one_lossy_image_makes_the_stack_lossy(display_sets, tmp_path):
    paths = make_series(tmp_path, (0, 5))
    lossy = make_series(tmp_path, (10,), first_number=3, LossyImageCompression="01")

    (stack,) = display_sets(*paths, *lossy)

    assert stack.is_lossy


def test_without_places_the_instance_number_orders(display_sets, tmp_path):
    paths = [
        make_ct(
            tmp_path / f"{number}.dcm",
            ImagePositionPatient=None,
            InstanceNumber=10 - number,
            SOPInstanceUID=uid(number),
        )
        for number in range(3)
    ]

    (stack,) = display_sets(*paths)

    assert stack.order_rule == "instance number"
    assert [ref.path.name for ref in stack.frames] == ["2.dcm", "1.dcm", "0.dcm"]
    assert stack.geometry.verdict == "none"


def test_without_places_and_numbers_the_slice_location_orders(display_sets, tmp_path):
    paths = [
        make_ct(
            tmp_path / f"{number}.dcm",
            ImagePositionPatient=None,
            SliceLocation=-number,
            SOPInstanceUID=uid(number),
        )
        for number in range(3)
    ]

    (stack,) = display_sets(*paths)

    assert stack.order_rule == "slice location"
    assert [ref.path.name for ref in stack.frames] == ["2.dcm", "1.dcm", "0.dcm"]


def test_with_nothing_to_go_by_the_files_keep_their_order_and_the_rule_says_so(
    display_sets, tmp_path
):
    paths = [
        make_ct(tmp_path / f"{name}.dcm", ImagePositionPatient=None, SOPInstanceUID=uid(name))
        for name in "ba"
    ]

    (stack,) = display_sets(*paths)

    assert stack.order_rule == "file order"
    assert [ref.path.name for ref in stack.frames] == ["a.dcm", "b.dcm"]


def test_images_at_one_position_are_one_stack_in_order_of_number(display_sets, tmp_path):
    paths = [make_mr_slice(tmp_path, str(n), InstanceNumber=n) for n in (3, 1, 2)]

    (stack,) = display_sets(*paths)

    assert [ref.path.name for ref in stack.frames] == ["1.dcm", "2.dcm", "3.dcm"]
    assert stack.geometry.reasons == ("All 3 images lie at one position.",)


def test_frames_of_an_enhanced_image_are_ordered_by_place(display_sets, tmp_path):
    path = make_enhanced(tmp_path / "a.dcm", positions_mm=(10, 0, 5))

    (stack,) = display_sets(path)

    assert [ref.frame_number for ref in stack.frames] == [2, 3, 1]
    assert stack.geometry.is_regular


def test_a_stack_keeps_its_uid_when_more_of_its_series_is_found(display_sets, tmp_path):
    paths = make_series(tmp_path, (0, 5, 10))

    (before,) = display_sets(*paths[:2])
    (after,) = display_sets(*paths)

    assert before.uid == after.uid
    assert before.uid.startswith(uid("series"))


def test_stacks_of_a_series_have_different_uids(display_sets, tmp_path):
    paths = [make_mr_slice(tmp_path, f"{b}", 0, DiffusionBValue=float(b)) for b in (0, 500)]

    one, other = display_sets(*paths)

    assert one.uid != other.uid


@pytest.mark.parametrize(
    ("attributes", "label"),
    [
        ({"SeriesDescription": "Head"}, "Head"),
        ({"SeriesNumber": 7}, "Series 7"),
        ({"SeriesNumber": None}, "CT"),
    ],
)
def test_a_stack_is_named_by_the_best_its_series_offers(display_sets, tmp_path, attributes, label):
    (stack,) = display_sets(make_ct(tmp_path / "a.dcm", **attributes))

    assert stack.label == label
