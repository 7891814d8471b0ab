"""Our frames against pydicom's decoders and look-up tables, on pydicom's installed samples.

pydicom decodes with GDCM, Pillow, pyjpegls and its own code here, we with imagecodecs and numpy.
"""

import warnings
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.modality import ModalityLut, Rescale
from medgan_viewer.imaging.voi import VoiFunction, VoiLut, VoiWindow, apply_voi
from tests.dicom_factory import ct_dataset, lut_item, make_ct

GRAY = [
    "CT_small.dcm",  # explicit little endian, signed
    "MR_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_expb.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_padded.dcm",
    "image_dfl.dcm",  # deflated
    "693_J2KI.dcm",
    "J2K_pixelrep_mismatch.dcm",  # the stream says unsigned, the header signed
    "JPEG2000.dcm",
    "JPEGLSNearLossless_08.dcm",
    "JPEGLSNearLossless_16.dcm",
    "rtdose_1frame.dcm",  # 32 bit
    "rtdose_expb_1frame.dcm",
    "rtdose_rle_1frame.dcm",
    "liver_1frame.dcm",  # single bits
    "examples_overlay.dcm",
]
COLOR = [
    ("SC_rgb_small_odd.dcm", 0),
    ("SC_rgb_small_odd_big_endian.dcm", 0),
    ("ExplVR_BigEnd.dcm", 0),
    ("SC_rgb_dcmtk_+eb+cr.dcm", 1),
    ("SC_rgb_dcmtk_+eb+cy+np.dcm", 1),
    ("SC_rgb_dcmtk_+eb+cy+n2.dcm", 1),
    ("SC_rgb_dcmtk_+eb+cy+s2.dcm", 1),
    ("SC_rgb_dcmtk_+eb+cy+s4.dcm", 1),
    ("SC_rgb_jpeg_dcmtk.dcm", 1),
    ("SC_rgb_jpeg_lossy_gdcm.dcm", 1),
    ("SC_rgb_jpeg_gdcm.dcm", 0),  # lossless
    ("SC_rgb_gdcm_KY.dcm", 0),  # JPEG 2000
    ("SC_rgb_rle.dcm", 0),
    ("SC_rgb_rle_16bit.dcm", 0),
    ("SC_rgb_rle_32bit.dcm", 0),
    ("SC_rgb_jls_lossy_line.dcm", 0),
    ("SC_rgb_jls_lossy_sample.dcm", 0),
    ("SC_ybr_full_422_uncompressed.dcm", 1),
    ("examples_rgb_color.dcm", 0),
    ("examples_ybr_color.dcm", 1),
    ("examples_jpeg2k.dcm", 0),  # YBR_RCT
    ("GDCMJ2K_TextGBR.dcm", 0),
]


def sample(name):
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"{name} is not installed with this pydicom")
    return Path(path)


def with_pydicom(path):
    """Return the first frame as pydicom decodes it, color as RGB."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(path)
        pixels = pixel_array(dataset, index=0)
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            pixels = apply_color_lut(pixels, dataset)
    if pixels.ndim == 3 and pixels.dtype != np.uint8:
        pixels = (pixels >> (8 * pixels.dtype.itemsize - 8)).astype(np.uint8)
    return pixels


@pytest.mark.parametrize("name", GRAY)
def test_gray_values_are_those_of_pydicom(name):
    path = sample(name)

    np.testing.assert_array_equal(load_frame(FrameRef(path, "")).stored, with_pydicom(path))


@pytest.mark.parametrize(("name", "tolerance"), COLOR)
def test_colors_are_those_of_pydicom(name, tolerance):
    path = sample(name)

    frame = load_frame(FrameRef(path, ""))

    difference = np.abs(frame.stored.astype(int) - with_pydicom(path).astype(int))
    assert difference.max() <= tolerance


def test_palette_colors_are_those_of_pydicom():
    path = sample("examples_palette.dcm")

    np.testing.assert_array_equal(load_frame(FrameRef(path, "")).stored, with_pydicom(path))


@pytest.mark.parametrize("function", list(VoiFunction))
def test_windows_give_the_grays_of_pydicom_where_it_does_not_invert(function):
    values = np.arange(-200, 600, dtype=np.int16)
    dataset = ct_dataset(values[None], RescaleIntercept=0, VOILUTFunction=function.value)
    dataset.WindowCenter, dataset.WindowWidth = 40, 400

    expected = apply_voi_lut(values, dataset)  # 0 ... 65535 for 16 bits, signed

    gray = apply_voi(values.astype(np.float32), VoiWindow(40, 400, function))
    low, high = expected.min(), expected.max()
    if function is VoiFunction.SIGMOID:
        low, high = -32768, 32767
    np.testing.assert_allclose(gray, (expected - low) / (high - low) * 255, atol=0.01)


def test_16_bit_voi_luts_give_the_grays_of_pydicom(tmp_path):
    entries = (np.arange(4096) * 16).astype(np.uint16)
    dataset = dcmread(make_ct(tmp_path / "a.dcm", VOILUTSequence=[lut_item(0, entries)]))
    values = np.arange(4096, dtype=np.uint16)

    expected = apply_voi_lut(values, dataset)

    gray = apply_voi(values.astype(np.float32), VoiLut(0, entries, 16))
    np.testing.assert_allclose(gray, expected / 65535 * 255, atol=0.01)


@pytest.mark.parametrize("slope", [1, 0.5, -2])
def test_rescaled_values_are_those_of_pydicom(slope):
    stored = np.arange(-100, 100, dtype=np.int16)
    dataset = ct_dataset(RescaleSlope=slope, RescaleIntercept=7)

    expected = apply_modality_lut(stored, dataset)

    np.testing.assert_allclose(Rescale(slope, 7).apply(stored), expected)


def test_modality_luts_give_the_values_of_pydicom_where_it_does_not_overflow(tmp_path):
    entries = (np.arange(100) * 600).astype(np.uint16)
    dataset = dcmread(make_ct(tmp_path / "a.dcm", ModalityLUTSequence=[lut_item(10, entries)]))
    stored = np.arange(0, 200, dtype=np.uint16)

    expected = apply_modality_lut(stored, dataset)

    np.testing.assert_array_equal(ModalityLut(10, entries).apply(stored), expected)


def test_a_sample_frame_has_the_place_that_its_header_gives():
    path = sample("CT_small.dcm")
    dataset = dcmread(path)

    frame = load_frame(FrameRef(path, ""))

    assert isinstance(frame, PixelFrame)
    assert frame.geometry.position_mm == tuple(dataset.ImagePositionPatient)
    assert (frame.spacing.row_mm, frame.spacing.column_mm) == tuple(dataset.PixelSpacing)
