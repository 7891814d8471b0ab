"""What a stack of planes may be used for, and the reasons in words."""

import pytest

from medgan_viewer.dicom.slice_geometry import Gap, judge
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry


def axial(*positions_mm, shift_per_mm=0.0, frame_of_reference="1.2.3"):
    return [
        PlaneGeometry(
            (0, shift_per_mm * z, z), (1, 0, 0), (0, 1, 0), PixelSpacing(1, 1), frame_of_reference
        )
        for z in positions_mm
    ]


def test_even_steps_are_regular():
    verdict = judge(axial(0, 5, 10, 15))

    assert verdict.is_regular
    assert verdict.step_mm == 5
    assert verdict.reasons == ()


def test_a_missing_slice_is_a_gap_and_does_not_change_the_step():
    # SimpleITK 2.5.7 says spacing 6.25 for these positions.
    verdict = judge(axial(0, 5, 15, 20, 25))

    assert verdict.verdict == "gap"
    assert verdict.step_mm == 5
    assert verdict.gaps == (Gap(after_index=1, missing=1),)
    assert verdict.reasons == (
        "One slice is missing between slices 2 and 3 (10.00 mm instead of 5.00 mm).",
    )


def test_several_gaps_are_named_each():
    verdict = judge(axial(0, 1, 2, 4, 5, 8, 9, 10))

    assert verdict.gaps == (Gap(2, 1), Gap(4, 2))
    assert verdict.reasons == ("3 slices are missing, between slices 3 and 4, 5 and 6.",)


def test_two_images_at_one_position_are_duplicates():
    # SimpleITK 2.5.7 says spacing 3.75 for these positions.
    verdict = judge(axial(0, 5, 5, 10, 15))

    assert verdict.verdict == "duplicate"
    assert verdict.reasons == ("Several images lie at one position: slices 2 and 3.",)


def test_a_shift_from_slice_to_slice_is_a_tilt():
    # SimpleITK 2.5.7 gives an upright volume for these positions without a word.
    verdict = judge(axial(0, 5, 10, shift_per_mm=0.3))

    assert verdict.verdict == "tilt"
    assert "1.50 mm" in verdict.reasons[0]


def test_a_small_shift_that_adds_up_is_a_tilt():
    assert judge(axial(*range(0, 500, 5), shift_per_mm=0.005)).verdict == "tilt"


def test_uneven_steps_are_irregular():
    verdict = judge(axial(0, 5, 10, 17, 22))

    assert verdict.verdict == "irregular"
    assert verdict.reasons == (
        "The distance of slices is not even: 5.00 to 7.00 mm, mostly 5.00 mm; first between "
        "slices 3 and 4.",
    )


@pytest.mark.parametrize("error_mm", [0.009, -0.009])
def test_positions_rounded_in_the_file_stay_regular(error_mm):
    assert judge(axial(0, 0.3, 0.6 + error_mm, 0.9)).is_regular


def test_one_percent_of_the_step_is_tolerated():
    assert judge(axial(0, 10, 20.09, 30)).is_regular
    assert judge(axial(0, 10, 20.3, 30)).verdict == "irregular"


def test_the_worst_of_several_faults_is_the_verdict_and_all_are_named():
    verdict = judge(axial(0, 5, 5, 10, 20, 25, 32))

    assert verdict.verdict == "duplicate"
    assert verdict.gaps == ()
    assert len(verdict.reasons) == 3


@pytest.mark.parametrize(
    ("planes", "reason"),
    [
        ([None, None], "The file does not say where the images lie."),
        ([*axial(0, 5), None], "The file does not say where the images lie."),
        (axial(7), "One image makes no volume."),
        (axial(7, 7, 7), "All 3 images lie at one position."),
        (
            [*axial(0), *axial(5, frame_of_reference="9")],
            "The images do not share one frame of reference, so their places do not fit.",
        ),
    ],
)
def test_without_comparable_places_there_is_no_verdict_on_a_volume(planes, reason):
    verdict = judge(planes)

    assert verdict.verdict == "none"
    assert verdict.reasons == (reason,)
