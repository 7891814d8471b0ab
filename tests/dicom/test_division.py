"""Series to stacks: one stack for what belongs together, words for what tells it apart."""

import numpy as np
import pytest

from tests.dicom_factory import (
    CR_IMAGE,
    SAGITTAL,
    item,
    make_ct,
    make_enhanced,
    make_mr_slice,
    make_series,
    plain_dataset,
    ramp,
    uid,
    write,
)


def words(sets):
    return [display_set.label.partition(" · ")[2] for display_set in sets]


def test_a_scout_is_kept_out_of_the_slices(display_sets, tmp_path):
    slices = make_series(tmp_path / "slices")
    scout = make_ct(
        tmp_path / "scout.dcm",
        SeriesInstanceUID=uid("series"),
        SOPInstanceUID=uid("scout"),
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
        ImageOrientationPatient=SAGITTAL,
        InstanceNumber=0,
    )

    sets = display_sets(scout, *slices)

    assert words(sets) == ["localizer", "AXIAL"]
    assert [len(s.frames) for s in sets] == [1, 3]
    assert sets[1].geometry.is_regular


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"ImageOrientationPatient": SAGITTAL}, ["axial", "sagittal"]),
        ({"PixelSpacing": [2, 2]}, ["1 mm pixels", "2 mm pixels"]),
        ({"SOPClassUID": CR_IMAGE}, ["CT", "Computed Radiography"]),
        ({"SyntheticData": "YES"}, ["acquired", "synthetic"]),
        ({"ConvolutionKernel": "B70"}, ["", "B70"]),
        ({"ContrastBolusAgent": "agent"}, ["native", "agent"]),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]}, ["AXIAL", "AXIAL derived"]),
    ],
)
def test_images_of_another_kind_make_a_stack_of_their_own(
    display_sets, tmp_path, attributes, found
):
    first = make_series(tmp_path, (0, 5))
    second = make_series(tmp_path, (10, 15), first_number=3, **attributes)

    sets = display_sets(*first, *second)

    assert words(sets) == found


def test_images_of_another_size_make_a_stack_of_their_own(display_sets, tmp_path):
    sizes = [(8, 8), (8, 8), (4, 6)]
    paths = [
        make_ct(tmp_path / f"{index}.dcm", ramp(*size), SOPInstanceUID=uid(index))
        for index, size in enumerate(sizes)
    ]

    assert words(display_sets(*paths)) == ["8 × 8", "4 × 6"]


def test_ultrasound_images_of_different_depth_stay_one_stack(display_sets, tmp_path):
    def region(delta_cm):
        return item(
            PhysicalUnitsXDirection=3,
            PhysicalUnitsYDirection=3,
            PhysicalDeltaX=delta_cm,
            PhysicalDeltaY=delta_cm,
        )

    paths = [
        write(
            plain_dataset(
                Modality="US",
                SequenceOfUltrasoundRegions=[region(0.01 * number)],
                InstanceNumber=number,
                SOPInstanceUID=uid(number),
            ),
            tmp_path / f"{number}.dcm",
        )
        for number in (1, 2)
    ]

    assert len(display_sets(*paths)) == 1


def test_b_values_are_shown_apart_and_none_is_dropped(display_sets, tmp_path):
    paths = [
        make_mr_slice(tmp_path, f"{b}-{z}", z, DiffusionBValue=float(b), InstanceNumber=b + z)
        for b in (0, 500, 1000)
        for z in (0, 5)
    ]

    sets = display_sets(*paths)

    assert words(sets) == ["b 0", "b 500", "b 1000"]
    assert all(s.geometry.is_regular for s in sets)


def test_b_values_that_were_measured_and_differ_a_little_stay_together(display_sets, tmp_path):
    paths = [
        make_mr_slice(tmp_path, str(z), z, DiffusionBValue=b) for z, b in enumerate((995.0, 1004.5))
    ]

    assert len(display_sets(*paths)) == 1


def test_images_without_a_b_value_are_not_mixed_with_those_that_have_one(display_sets, tmp_path):
    plain = [make_mr_slice(tmp_path, f"p{z}", z) for z in (0, 5)]
    weighted = [make_mr_slice(tmp_path, f"w{z}", z, DiffusionBValue=1000.0) for z in (0, 5)]

    assert words(display_sets(*plain, *weighted)) == ["no b", "b 1000"]


def test_echoes_are_shown_apart(display_sets, tmp_path):
    paths = [
        make_mr_slice(tmp_path, f"{echo}-{z}", z, EchoTime=echo)
        for echo in (10, 30)
        for z in (0, 5)
    ]

    assert words(display_sets(*paths)) == ["TE 10 ms", "TE 30 ms"]


def test_a_repetition_time_that_changes_with_every_image_divides_nothing(display_sets, tmp_path):
    paths = [make_mr_slice(tmp_path, str(z), z, RepetitionTime=800 + z) for z in range(4)]

    (stack,) = display_sets(*paths)

    assert stack.geometry.is_regular


@pytest.mark.parametrize(
    ("keyword", "found"),
    [
        ("TemporalPositionIdentifier", ["phase 1", "phase 2"]),
        ("TriggerTime", ["at 1 ms", "at 2 ms"]),
        ("AcquisitionNumber", ["acquisition 1", "acquisition 2"]),
    ],
)
def test_repeated_positions_are_told_apart_by_time(display_sets, tmp_path, keyword, found):
    paths = [
        make_mr_slice(tmp_path, f"{time}-{z}", z, **{keyword: time})
        for time in (1, 2)
        for z in (0, 5)
    ]

    sets = display_sets(*paths)

    assert words(sets) == found
    assert all(s.geometry.is_regular for s in sets)


def test_repeated_positions_that_nothing_tells_apart_stay_in_one_stack_with_a_verdict(
    display_sets, tmp_path
):
    paths = [make_mr_slice(tmp_path, f"{copy}-{z}", z) for copy in (1, 2) for z in (0, 5)]

    (stack,) = display_sets(*paths)

    assert stack.geometry.verdict == "duplicate"
    assert stack.spacing_mm == (1, 1, None)


def test_acquisitions_that_follow_each_other_in_space_stay_one_stack(display_sets, tmp_path):
    paths = [make_mr_slice(tmp_path, str(z), z, AcquisitionNumber=1 + z // 4) for z in range(8)]

    (stack,) = display_sets(*paths)

    assert stack.geometry.is_regular


def test_acquisitions_that_interleave_in_space_are_shown_apart(display_sets, tmp_path):
    paths = [make_mr_slice(tmp_path, str(z), z, AcquisitionNumber=1 + z % 2) for z in range(8)]

    assert words(display_sets(*paths)) == ["acquisition 1", "acquisition 2"]


def test_an_enhanced_image_is_divided_by_stack(display_sets, tmp_path):
    path = make_enhanced(
        tmp_path / "a.dcm",
        positions_mm=(0, 5, 0, 5),
        frame_items=lambda index: {"FrameContentSequence": {"StackID": str(1 + index // 2)}},
    )

    assert words(display_sets(path)) == ["stack 1", "stack 2"]


def test_each_multi_frame_instance_is_a_stack(display_sets, tmp_path):
    stacks = [
        make_ct(
            tmp_path / f"{number}.dcm",
            np.stack([ramp(), ramp()]),
            SOPInstanceUID=uid(number),
            InstanceNumber=number,
        )
        for number in (1, 2)
    ]

    sets = display_sets(*stacks)

    assert words(sets) == ["image 1", "image 2"]
    assert [s.order_rule for s in sets] == ["frame number", "frame number"]
    assert [ref.frame_number for ref in sets[0].frames] == [1, 2]
