"""load_frame: bits, frames and colors as files arrange them, and what is refused."""

import numpy as np
import pytest

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import FrameReader, load_frame
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.voi import VoiWindow
from tests.dicom_factory import (
    US_MULTIFRAME_IMAGE,
    ct_dataset,
    make_ct,
    make_enhanced,
    make_series,
    plain_dataset,
    ramp,
    set_attribute,
    write,
)


def load(path, number=1):
    return load_frame(FrameRef(path, "", number))


def load_ct(tmp_path, pixels=None, **attributes):
    return load(make_ct(tmp_path / "image.dcm", pixels, **attributes))


@pytest.mark.parametrize(
    ("representation", "words", "values"),
    [
        (0, [0x0001, 0xF001, 0x1FFF, 0x0FFF], [1, 1, 4095, 4095]),
        (1, [0x0FFF, 0xFFFF, 0x0800, 0xF7FF], [-1, -1, -2048, 2047]),
    ],
)
def test_unused_bits_are_masked_and_the_sign_is_extended(tmp_path, representation, words, values):
    # PS3.5 8.1.1: 16 bits allocated, 12 stored, high bit 11.
    pixels = np.array([words], dtype=np.uint16)

    frame = load_ct(tmp_path, pixels, BitsStored=12, HighBit=11, PixelRepresentation=representation)

    assert frame.stored.tolist() == [values]
    assert frame.bits_stored == 12


def test_stored_bits_may_lie_at_the_high_end_of_a_word(tmp_path):
    pixels = np.array([[0x123F, 0xFFF0]], dtype=np.uint16)

    frame = load_ct(tmp_path, pixels, BitsStored=12, HighBit=15)

    assert frame.stored.tolist() == [[0x123, 0xFFF]]


def test_twelve_bits_packed_without_gaps_are_read(tmp_path):
    # Two values in three bytes, the lowest bits first: 0x123 and 0xABC are 23 C1 AB.
    dataset = ct_dataset(np.zeros((1, 3), np.uint16), PixelRepresentation=0)
    dataset.BitsAllocated = dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelData = bytes.fromhex("23 C1 AB FF 0F 00")

    assert load(write(dataset, tmp_path / "a.dcm")).stored.tolist() == [[0x123, 0xABC, 0xFFF]]


def test_each_frame_of_a_multi_frame_is_read_alone(tmp_path):
    stack = np.stack([ramp(dtype=np.uint8) + step for step in range(3)])
    path = make_ct(tmp_path / "a.dcm", stack, SOPClassUID=US_MULTIFRAME_IMAGE, Modality="US")

    np.testing.assert_array_equal(load(path, 3).stored, stack[2])
    with pytest.raises(InputError, match="has no frame 4; it has 3"):
        load(path, 4)


def test_an_enhanced_frame_has_its_own_position_and_shares_the_rest(tmp_path):
    path = make_enhanced(tmp_path / "a.dcm", positions_mm=(0, 5, 10))

    frame = load(path, 2)

    assert frame.geometry.position_mm == (0, 0, 5)
    assert frame.spacing.row_mm == 1
    assert frame.modality_values()[0, 0] == 1 - 1024


def test_an_enhanced_frame_prefers_its_own_value_to_the_shared_one(tmp_path):
    path = make_enhanced(
        tmp_path / "a.dcm",
        frame_items=lambda index: {
            "PixelValueTransformationSequence": {"RescaleSlope": index + 1, "RescaleIntercept": 0},
            "FrameVOILUTSequence": {"WindowCenter": 10 * index, "WindowWidth": 100},
        },
    )

    assert [load(path, number).transform.slope for number in (1, 2, 3)] == [1, 2, 3]
    assert load(path, 3).vois == (VoiWindow(20, 100),)


def test_frames_of_single_bits_need_not_begin_at_a_byte(tmp_path):
    bits = np.array([[1, 0, 1, 1, 0], [1, 1, 0, 0, 1], [0, 1, 1, 0, 1]], dtype=np.uint8)
    dataset = plain_dataset(bits[:, None, :])
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = 0
    dataset.PixelData = np.packbits(bits, bitorder="little").tobytes()

    path = write(dataset, tmp_path / "a.dcm")

    assert [load(path, number).stored[0].tolist() for number in (1, 2, 3)] == bits.tolist()


def test_float_pixels_stay_floats(tmp_path):
    dataset = plain_dataset(np.zeros((1, 2), np.int32))
    del dataset.PixelData
    dataset.FloatPixelData = np.array([0.5, -1.5], dtype="<f4").tobytes()
    dataset.FloatPixelPaddingValue = -1.5

    frame = load(write(dataset, tmp_path / "a.dcm"))

    assert frame.stored.dtype == np.float32
    assert frame.stored.tolist() == [[0.5, -1.5]]
    assert frame.padding_mask().tolist() == [[False, True]]


@pytest.mark.parametrize("planar", [0, 1])
def test_color_comes_as_rgb_whatever_its_arrangement(tmp_path, planar):
    rgb = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    arranged = rgb.transpose(2, 0, 1) if planar else rgb
    dataset = plain_dataset(rgb, PlanarConfiguration=planar)
    dataset.PixelData = arranged.tobytes()

    frame = load(write(dataset, tmp_path / "a.dcm"))

    assert frame.is_color
    np.testing.assert_array_equal(frame.stored, rgb)


def test_16_bit_color_is_reduced_to_8_bits(tmp_path):
    rgb = np.full((2, 2, 3), 0x80FF, dtype=np.uint16)

    assert load(write(plain_dataset(rgb), tmp_path / "a.dcm")).stored[0, 0].tolist() == [128] * 3


def test_subsampled_color_is_spread_over_pairs_of_pixels(tmp_path):
    dataset = plain_dataset(np.zeros((1, 2, 3), np.uint8), PhotometricInterpretation="YBR_FULL_422")
    dataset.PixelData = bytes([50, 100, 128, 128])  # Y Y Cb Cr: two grays

    frame = load(write(dataset, tmp_path / "a.dcm"))

    assert frame.stored.tolist() == [[[50] * 3, [100] * 3]]


def test_color_that_only_claims_to_be_subsampled_is_read_in_full(tmp_path):
    dataset = plain_dataset(np.zeros((1, 2, 3), np.uint8), PhotometricInterpretation="YBR_FULL_422")
    dataset.PixelData = bytes([50, 128, 128, 100, 128, 128])

    frame = load(write(dataset, tmp_path / "a.dcm"))

    assert frame.stored.tolist() == [[[50] * 3, [100] * 3]]


def test_a_missing_file_is_named_in_the_error(tmp_path):
    with pytest.raises(InputError, match=r"gone\.dcm cannot be opened"):
        load(tmp_path / "gone.dcm")


@pytest.mark.parametrize("missing", [1, 2, 100])
def test_pixels_that_end_too_soon_are_refused_and_never_filled_up(tmp_path, missing):
    path = make_ct(tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes()[:-missing])

    with pytest.raises(InputError, match=f"it holds {128 - missing} of 128 bytes of pixel data"):
        load(path)


def test_bytes_after_the_pixels_do_no_harm(tmp_path):
    dataset = ct_dataset()
    dataset.PixelData += bytes(10)

    np.testing.assert_array_equal(load(write(dataset, tmp_path / "a.dcm")).stored, ramp())


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"Rows": 30000}, "gives 30000 rows and 8 columns"),
        ({"Rows": None}, "does not say how many rows and columns"),
        ({"NumberOfFrames": 100_000}, "gives 100000 frames"),
        ({"NumberOfFrames": 2}, "is truncated"),
        ({"BitsAllocated": 24}, "gives 24 bits to a sample"),
        ({"SamplesPerPixel": 4}, "holds 4 samples per pixel"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "CMYK"}, "in CMYK"),
    ],
)
def test_impossible_or_hostile_layouts_are_refused_before_memory_is_taken(
    tmp_path, attributes, reason
):
    with pytest.raises(InputError, match=reason):
        load_ct(tmp_path, **attributes)


def test_a_file_without_pixels_is_no_image(tmp_path):
    dataset = ct_dataset()
    del dataset.PixelData

    with pytest.raises(InputError, match="holds no image"):
        load(write(dataset, tmp_path / "a.dcm"))


def test_values_that_break_their_vr_do_not_keep_an_image_from_view(tmp_path):
    dataset = ct_dataset()
    for keyword in ("SliceThickness", "RescaleSlope", "PixelSpacing"):
        set_attribute(dataset, keyword, None)
        dataset.add_new(keyword, "LO", "12,5 mm")

    frame = load(write(dataset, tmp_path / "a.dcm"))

    assert frame.spacing is None
    assert frame.geometry is None
    np.testing.assert_array_equal(frame.stored, ramp())


def test_a_reader_keeps_a_multi_frame_open_until_another_file_comes(tmp_path):
    stack = np.stack([ramp(), ramp() + 1])
    first = make_ct(tmp_path / "a.dcm", stack)
    second = make_series(tmp_path / "b", (0,))[0]
    reader = FrameReader()

    values = [reader.load(FrameRef(first, "", number)).stored[0, 0] for number in (1, 2)]
    reader.load(FrameRef(second, ""))
    reader.close()

    assert values == [0, 1]


def test_a_file_that_changed_on_disk_is_read_again(tmp_path):
    path = tmp_path / "a.dcm"
    reader = FrameReader()
    reader.load(FrameRef(make_ct(path, np.stack([ramp(), ramp()])), ""))

    make_ct(path, np.stack([ramp(), ramp(), ramp()]) + 5)
    frame = reader.load(FrameRef(path, ""))
    reader.close()

    assert frame.stored[0, 0] == 5
