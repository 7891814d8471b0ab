"""The cases that other viewers get wrong, from a file to what is on screen.

Expected numbers are those of the formula in PS3.3 named at each test, worked out by hand.
"""

import numpy as np
import pytest
from pydicom import dcmread

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.imaging.display import default_voi, render_display
from medgan_viewer.imaging.geometry import orientation_letters
from tests.dicom_factory import (
    ct_dataset,
    groups,
    item,
    lut_item,
    make_ct,
    make_enhanced,
    make_series,
    uid,
    write,
)

RAW = {"RescaleIntercept": 0}  # modality values are stored values


def load(path, number=1):
    return load_frame(FrameRef(path, "", number))


def loaded(tmp_path, pixels, **attributes):
    pixels = np.atleast_2d(pixels)
    return load(write(ct_dataset(pixels, **{**RAW, **attributes}), tmp_path / "a.dcm"))


def grays(frame, **options):
    return render_display(frame, default_voi(frame), **options).pixels[0].tolist()


def signed(*values):
    return np.array([values], np.int16)


# ---- gray values ----


def test_the_window_of_the_file_is_that_of_the_standard(tmp_path):
    # PS3.3 C.11.2.1.2.1: ((x - 39.5) / 399 + 0.5) * 255, here 0.64, 63.91, 127.82, 191.73
    frame = loaded(
        tmp_path, signed(-160, -159, -60, 40, 140, 239, 240), WindowCenter=40, WindowWidth=400
    )

    assert grays(frame) == [0, 1, 64, 128, 192, 255, 255]


def test_monochrome1_is_white_where_its_values_are_small_after_the_window(tmp_path):
    frame = loaded(
        tmp_path,
        signed(-160, -60, 40, 240),
        WindowCenter=40,
        WindowWidth=400,
        PhotometricInterpretation="MONOCHROME1",
    )

    assert grays(frame) == [255, 191, 127, 0]


def test_a_negative_slope_turns_values_and_not_the_picture(tmp_path):
    # 3000 - 10 * stored: 3000, 1500, 0
    frame = loaded(
        tmp_path,
        signed(0, 150, 300),
        RescaleSlope=-10,
        RescaleIntercept=3000,
        WindowCenter=1500,
        WindowWidth=3000,
        VOILUTFunction="LINEAR_EXACT",
    )

    assert frame.modality_values()[0].tolist() == [3000, 1500, 0]
    assert grays(frame) == [255, 128, 0]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (0.5, [0, 0, 128, 255, 255]),  # LINEAR_EXACT from 9.75 to 10.25
        (1, [0, 0, 255, 255, 255]),  # LINEAR: a threshold at 9.5
        (2, [0, 0, 255, 255, 255]),  # from 9 to 10, of which 9 and 10 are the ends
    ],
)
def test_narrow_windows_are_shown_and_not_refused(tmp_path, width, expected):
    frame = loaded(tmp_path, signed(8, 9, 10, 11, 12), WindowCenter=10, WindowWidth=width)

    assert grays(frame) == expected


def test_a_window_of_width_0_leaves_the_automatic_one(tmp_path):
    frame = loaded(tmp_path, signed(0, 50, 100), WindowCenter=40, WindowWidth=0)

    assert grays(frame) == [0, 128, 255]
    assert any("ignored" in note for note in frame.notes)


def test_sigmoid_is_applied_where_the_file_asks_for_it(tmp_path):
    frame = loaded(
        tmp_path,
        signed(-160, 40, 240),
        WindowCenter=40,
        WindowWidth=400,
        VOILUTFunction="SIGMOID",
    )

    assert grays(frame) == [30, 128, 225]  # 30.40, 127.5 and 224.60


def test_a_voi_lut_of_8_bit_entries_may_have_4096_of_them(tmp_path):
    # Entry i is i / 16. pydicom 3.0.2 wraps the index: 0, 15, 0, 14, 15 instead.
    table = lut_item(0, np.arange(4096) // 16, bits=8)
    frame = loaded(
        tmp_path, np.array([[0, 255, 256, 1000, 4095]], np.uint16), VOILUTSequence=[table]
    )

    assert grays(frame) == [0, 15, 16, 62, 255]


def test_a_modality_lut_covers_all_signed_values(tmp_path):
    # PS3.3 C.11.1.1. pydicom 3.0.2 overflows in int16: 0, 32767, 0, 0, 0 instead.
    table = lut_item(-32768, np.arange(65536), ModalityLUTType="US")
    frame = loaded(
        tmp_path,
        signed(-32768, -1, 0, 1, 32767),
        ModalityLUTSequence=[table],
        RescaleSlope=None,
        RescaleIntercept=None,
    )

    assert frame.modality_values()[0].tolist() == [0, 32767, 32768, 32769, 65535]


def test_every_frame_has_its_own_window_and_slope(tmp_path):
    path = make_enhanced(
        tmp_path / "a.dcm",
        pixels=np.stack([np.full((8, 8), 100, np.int16)] * 3),
        frame_items=lambda i: {
            "FrameVOILUTSequence": {"WindowCenter": 100, "WindowWidth": 100 * (i + 1)},
            "PixelValueTransformationSequence": {"RescaleSlope": i + 1, "RescaleIntercept": 0},
        },
    )

    # values 100, 200, 300; ((x - 99.5) / (w - 1) + 0.5) * 255: 128.79, 256.3, 298.3
    assert [load(path, n).modality_values()[0, 0] for n in (1, 2, 3)] == [100, 200, 300]
    assert [grays(load(path, n))[0] for n in (1, 2, 3)] == [129, 255, 255]


def test_unused_bits_change_neither_value_nor_sign(tmp_path):
    words = np.array([[0x0FFF, 0xFFFF, 0x0800, 0xF7FF]], np.uint16)
    stored = {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1}
    frame = loaded(tmp_path, words, WindowCenter=0, WindowWidth=4096, **stored)

    assert frame.stored[0].tolist() == [-1, -1, -2048, 2047]
    assert grays(frame) == [127, 127, 0, 255]  # 127.47


def test_a_range_of_padding_is_black_in_every_polarity_and_counts_nowhere(tmp_path):
    # PS3.3 C.7.5.1.1.2: both ends included, compared before the slope.
    frame = loaded(
        tmp_path,
        signed(-2001, -2000, -1500, -1000, 0, 100),
        PixelPaddingValue=-2000,
        PixelPaddingRangeLimit=-1000,
        WindowCenter=0,
        WindowWidth=10000,
    )

    assert frame.padding_mask()[0].tolist() == [False, True, True, True, False, False]
    assert grays(frame)[1:4] == [0, 0, 0]
    assert grays(frame, inverted=True)[1:4] == [0, 0, 0]
    assert grays(frame)[0] == 76  # ((-2001 + 0.5) / 9999 + 0.5) * 255 = 76.48


def parametric_map(tmp_path, slope, unit):
    mapping = item(
        RealWorldValueSlope=slope,
        RealWorldValueIntercept=0.0,
        MeasurementUnitsCodeSequence=[item(CodeValue=unit, CodingSchemeDesignator="UCUM")],
    )
    path = make_enhanced(
        tmp_path / "a.dcm",
        Modality="MR",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.30",
        SharedFunctionalGroupsSequence=None,
    )
    dataset = dcmread(path)
    shared = groups(PixelMeasuresSequence={"PixelSpacing": [1, 1]})
    shared.RealWorldValueMappingSequence = [mapping]
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.save_as(path)
    return load(path)


@pytest.mark.parametrize(
    ("slope", "unit", "shown"),
    [(1.0, "um2/s", "um2/s"), (1.0, "1", ""), (0.001, "mm2/s", "")],
)
def test_a_parametric_map_has_its_unit_only_where_it_is_that_of_its_values(
    tmp_path, slope, unit, shown
):
    assert parametric_map(tmp_path, slope, unit).unit == shown


# ---- geometry ----


@pytest.mark.parametrize(
    ("attributes", "aspect"),
    [
        ({"PixelSpacing": [2, 0.5]}, 4.0),  # row spacing first (PS3.3 10.7.1.3)
        ({"PixelSpacing": None, "PixelAspectRatio": [4, 1]}, 4.0),
        ({"PixelSpacing": [1, 1], "PixelAspectRatio": [4, 1]}, 1.0),  # only without a spacing
    ],
)
def test_pixels_that_are_not_square_are_shown_at_their_height(tmp_path, attributes, aspect):
    assert loaded(tmp_path, signed(0, 1), **attributes).aspect == aspect


@pytest.mark.parametrize(
    ("cosines", "right", "down", "slices"),
    [
        ((1, 0, 0, 0, 1, 0), "L", "P", "H"),
        ((-1, 0, 0, 0, 1, 0), "R", "P", "F"),
        ((1, 0, 0, 0, -1, 0), "L", "A", "F"),
        ((-1, 0, 0, 0, -1, 0), "R", "A", "H"),
        ((0, 1, 0, 0, 0, -1), "P", "F", "R"),
        ((0, -1, 0, 0, 0, -1), "A", "F", "L"),
        ((1, 0, 0, 0, 0, -1), "L", "F", "P"),
        ((-1, 0, 0, 0, 0, 1), "R", "H", "P"),
    ],
)
def test_letters_and_order_follow_the_orientation_whatever_its_signs(
    display_sets, tmp_path, cosines, right, down, slices
):
    normal = np.cross(cosines[:3], cosines[3:])
    paths = []
    for number, step in enumerate((4, 0, 2)):
        position = [float(x) for x in step * normal]
        paths.append(
            make_ct(
                tmp_path / f"{number}.dcm",
                ImageOrientationPatient=list(cosines),
                ImagePositionPatient=position,
                InstanceNumber=number + 1,
                SOPInstanceUID=uid(number),
            )
        )

    (stack,) = display_sets(*paths)

    plane = stack.planes[0]
    assert orientation_letters(plane.row_direction) == right
    assert orientation_letters(plane.column_direction) == down
    assert orientation_letters(plane.normal) == slices
    assert [ref.path.name for ref in stack.frames] == ["1.dcm", "2.dcm", "0.dcm"]
    assert stack.spacing_mm == (1, 1, 2)
    # One pixel to the right and two down, in patient coordinates (PS3.3 C.7.6.2.1.1).
    expected = np.array(cosines[:3]) + 2 * np.array(cosines[3:])
    np.testing.assert_allclose(plane.to_patient(1, 2), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("positions", "shift", "verdict", "step"),
    [
        ((0, 5, 10, 15), 0.0, "regular", 5),
        ((0, 5, 15, 20, 25), 0.0, "gap", 5),  # SimpleITK 2.5.7 says 6.25 mm
        ((0, 5, 5, 10, 15), 0.0, "duplicate", 5),  # and 3.75 mm
        ((0, 5, 10, 15), 0.3, "tilt", 5),  # and 5.22 mm
        ((0, 5, 11, 15), 0.0, "irregular", 5),
    ],
)
def test_a_stack_that_is_no_volume_says_so_and_keeps_its_true_step(
    display_sets, tmp_path, positions, shift, verdict, step
):
    (stack,) = display_sets(*make_series(tmp_path, positions, shift_per_mm=shift))

    assert stack.geometry.verdict == verdict
    assert stack.geometry.step_mm == pytest.approx(step)
    assert bool(stack.geometry.reasons) == (verdict != "regular")
    assert len(stack.frames) == len(positions)


def test_a_scout_with_the_place_of_a_slice_is_not_in_the_volume(display_sets, tmp_path):
    slices = make_series(tmp_path / "slices", (0, 5, 10))
    scout = make_series(
        tmp_path / "scout",
        (5,),
        first_number=9,
        pixels=np.zeros((16, 4), np.int16),
        ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
    )

    stacks = display_sets(*slices, *scout)

    assert sorted(len(stack.frames) for stack in stacks) == [1, 3]
    assert next(s for s in stacks if len(s.frames) == 3).geometry.is_regular
    assert any("localizer" in stack.label or "16 × 4" in stack.label for stack in stacks)


def test_what_a_file_holds_is_not_changed_by_looking_at_it(tmp_path):
    path = make_ct(tmp_path / "a.dcm", PhotometricInterpretation="MONOCHROME1")
    before = path.read_bytes()

    frame = load(path)
    render_display(frame, default_voi(frame), inverted=True)

    assert path.read_bytes() == before
    np.testing.assert_array_equal(frame.stored, dcmread(path).pixel_array)
