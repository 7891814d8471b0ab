"""One file per transfer syntax, made with an encoder, comes back as it was."""

import zlib

import numpy as np
import pytest
from pydicom.uid import UID

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.errors import InputError
from tests.dicom_factory import (
    compressed,
    ct_dataset,
    make_compressed,
    make_ct,
    rle_frame,
    write,
)

NATIVE = [
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
]
LOSSLESS = [
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.5",
]
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LS_NEAR_LOSSLESS = "1.2.840.10008.1.2.4.81"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
JPEG_LS = "1.2.840.10008.1.2.4.80"
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
MPEG4 = "1.2.840.10008.1.2.4.102"


def smooth(rows=24, columns=20, dtype=np.uint16, steps=100):
    """Return a smooth 12-bit image: what encoders are made for."""
    return (np.add.outer(np.arange(rows), np.arange(columns)) * steps % 4096).astype(dtype)


def color(rows=24, columns=20):
    gray = (np.add.outer(np.arange(rows), np.arange(columns)) * 5).astype(np.uint8)
    return np.stack([gray, 255 - gray, gray // 2], axis=-1)


def load(path, number=1):
    return load_frame(FrameRef(path, "", number))


def relabel(path, old, new):
    """Replace the transfer syntax in a file by one that is not longer."""
    content = path.read_bytes()
    path.write_bytes(content.replace(old.encode(), new.encode().ljust(len(old), b"\0"), 1))


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32])
def test_native_values_come_back(tmp_path, syntax, dtype):
    pixels = (smooth(3, 5) // 16).astype(dtype)

    np.testing.assert_array_equal(load(make_ct(tmp_path / "a.dcm", pixels, syntax)).stored, pixels)


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_lossless_gray_comes_back(tmp_path, syntax):
    path = make_compressed(tmp_path / "a.dcm", [smooth()], syntax, bits=12)

    frame = load(path)

    np.testing.assert_array_equal(frame.stored, smooth())
    assert frame.stored.dtype == np.uint16
    assert frame.notes == ()


@pytest.mark.parametrize("syntax", [JPEG_LS, JPEG_2000_LOSSLESS, "1.2.840.10008.1.2.5"])
def test_signed_values_come_back_negative(tmp_path, syntax):
    pixels = smooth(dtype=np.int16) - 2048
    # JPEG-LS knows no sign: the 12 stored bits are written as they are.
    bits = pixels.astype(np.uint16) & 0x0FFF if syntax == JPEG_LS else pixels
    data = [compressed(bits, syntax)]

    path = make_compressed(tmp_path / "a.dcm", [pixels], syntax, bits=12, data=data)

    np.testing.assert_array_equal(load(path).stored, pixels)


def test_a_jpeg_2000_stream_that_calls_signed_values_unsigned_is_corrected(tmp_path):
    pixels = smooth(dtype=np.int16) - 2048
    data = [compressed(pixels.astype(np.uint16) & 0x0FFF, JPEG_2000_LOSSLESS)]

    path = make_compressed(tmp_path / "a.dcm", [pixels], JPEG_2000_LOSSLESS, bits=12, data=data)

    np.testing.assert_array_equal(load(path).stored, pixels)


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_lossless_color_comes_back(tmp_path, syntax):
    data = [compressed(color(), syntax)]
    photometric = "YBR_RCT" if UID(syntax).name.startswith(("JPEG 2000", "High")) else "RGB"

    path = make_compressed(
        tmp_path / "a.dcm", [color()], syntax, data=data, PhotometricInterpretation=photometric
    )

    np.testing.assert_array_equal(load(path).stored, color())


def test_12_bit_jpeg_extended_is_decoded_and_called_lossy(tmp_path):
    pixels = smooth(steps=20)
    frame = load(make_compressed(tmp_path / "a.dcm", [pixels], JPEG_EXTENDED, bits=12))

    assert np.abs(frame.stored.astype(int) - pixels).max() <= 4
    assert int(frame.stored.max()) > 255
    assert frame.notes == ("LOSSY",)


def test_the_ratio_of_lossy_compression_stands_in_the_notes(tmp_path):
    path = make_compressed(
        tmp_path / "a.dcm",
        [smooth()],
        JPEG_LS_NEAR_LOSSLESS,
        data=[compressed(smooth(), JPEG_LS_NEAR_LOSSLESS, level=2)],
        LossyImageCompression="01",
        LossyImageCompressionRatio=[4, 10],
    )

    frame = load(path)

    assert frame.notes == ("LOSSY 10:1",)
    assert np.abs(frame.stored.astype(int) - smooth()).max() <= 2


@pytest.mark.parametrize("subsampling", ["444", "422"])
def test_color_of_jpeg_baseline_is_right_whatever_the_header_calls_it(tmp_path, subsampling):
    data = [compressed(color(), JPEG_BASELINE, subsampling=subsampling)]  # with a JFIF marker
    for photometric in ("YBR_FULL_422", "RGB"):
        path = make_compressed(
            tmp_path / "a.dcm",
            [color()],
            JPEG_BASELINE,
            data=data,
            PhotometricInterpretation=photometric,
        )

        # Two color conversions and the compression round; swapped channels differ by 100 and more.
        assert np.abs(load(path).stored.astype(int) - color()).max() <= 8


def test_deflated_frames_are_inflated_one_by_one(tmp_path):
    frames = [smooth(), smooth() + 1]
    data = []
    for frame in frames:
        engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        data.append(engine.compress(frame.tobytes()) + engine.flush())

    path = make_compressed(tmp_path / "a.dcm", frames, JPEG_LS, data=data)
    relabel(path, JPEG_LS, DEFLATED_FRAMES)  # pydicom 3.0 does not write this syntax

    np.testing.assert_array_equal(load(path, 2).stored, frames[1])


def test_each_frame_of_a_compressed_multi_frame_is_read_alone(tmp_path):
    frames = [smooth() + step for step in range(3)]
    path = make_compressed(tmp_path / "a.dcm", frames, JPEG_LS, bits=16)

    for number, pixels in enumerate(frames, start=1):
        np.testing.assert_array_equal(load(path, number).stored, pixels)


def test_a_damaged_frame_leaves_the_others_readable(tmp_path):
    frames = [smooth(), smooth(), smooth()]
    data = [compressed(frame, JPEG_LS) for frame in frames]
    data[1] = b"\xff\xd8" + bytes(40)
    path = make_compressed(tmp_path / "a.dcm", frames, JPEG_LS, data=data)

    with pytest.raises(InputError, match="JPEG-LS Lossless"):
        load(path, 2)
    np.testing.assert_array_equal(load(path, 3).stored, smooth())


@pytest.mark.parametrize(
    "damage",
    [
        lambda frame: frame[:64],  # no segment
        lambda frame: b"\xff" * 64 + frame[64:],  # offsets beyond the frame
        lambda frame: frame[:68] + b"\x7f" * 60,  # more values than pixels
        lambda frame: frame[:-20],
    ],
)
def test_damaged_rle_is_refused(tmp_path, damage):
    data = [damage(compressed(smooth(), "1.2.840.10008.1.2.5"))]
    path = make_compressed(tmp_path / "a.dcm", [smooth()], "1.2.840.10008.1.2.5", data=data)

    with pytest.raises(InputError, match="RLE Lossless"):
        load(path)


def test_a_frame_of_another_size_than_the_header_says_is_refused(tmp_path):
    data = [compressed(smooth(10, 10), JPEG_LS)]
    path = make_compressed(tmp_path / "a.dcm", [smooth()], JPEG_LS, data=data)

    with pytest.raises(InputError, match="the frame is 10 × 10, the header says 24 × 20"):
        load(path)


def test_a_video_is_refused_by_name(tmp_path):
    path = make_compressed(tmp_path / "a.dcm", [smooth()], MPEG4, data=[bytes(100)])

    with pytest.raises(InputError, match=r"is a video .*MPEG-4"):
        load(path)


def test_an_unknown_syntax_is_named_by_its_uid(tmp_path):
    path = write(ct_dataset(), tmp_path / "a.dcm")
    relabel(path, "1.2.840.10008.1.2.1", "1.2.840.99999.1.2.1")

    with pytest.raises(InputError, match=r"compressed with 1\.2\.840\.99999\.1\.2\.1"):
        load(path)


@pytest.mark.parametrize("syntax", [JPEG_LS, "1.2.840.10008.1.2.4.70", JPEG_2000_LOSSLESS])
def test_compressed_pixels_that_the_file_calls_native_are_shown_and_noted(tmp_path, syntax):
    path = make_compressed(tmp_path / "a.dcm", [smooth()], syntax)
    relabel(path, syntax, "1.2.840.10008.1.2.1")

    frame = load(path)

    np.testing.assert_array_equal(frame.stored, smooth())
    assert "compressed, though the file says it is not" in frame.notes


def test_unknown_compression_under_a_native_syntax_is_refused(tmp_path):
    path = make_compressed(tmp_path / "a.dcm", [smooth()], JPEG_LS, data=[b"no codec of ours"])
    relabel(path, JPEG_LS, "1.2.840.10008.1.2.1")

    with pytest.raises(InputError, match="but its pixels are compressed"):
        load(path)


def test_single_bits_come_back_from_rle(tmp_path):
    mask = np.zeros((8, 16), np.uint8)
    mask[2:5, 3:11] = 1
    packed = np.packbits(mask, bitorder="little")
    path = make_compressed(
        tmp_path / "a.dcm",
        [mask],
        "1.2.840.10008.1.2.5",
        data=[rle_frame(packed[np.newaxis])],
        BitsAllocated=1,
        BitsStored=1,
        HighBit=0,
        PixelRepresentation=0,
    )

    np.testing.assert_array_equal(load(path).stored, mask)
