"""Pixels, transforms and place of exported images; read back with pydicom."""

import numpy as np
import pytest

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing, SpacingSource
from medgan_viewer.imaging.modality import ModalityLut, Rescale
from medgan_viewer.imaging.voi import VoiFunction, VoiLut, VoiWindow
from tests.export.synthetic_frames import (
    GENERATED,
    PLANE,
    SOURCE,
    TRANSLATED,
    frame,
    written,
)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_integer_pixels_come_back_unchanged(tmp_path, dtype):
    image = frame(dtype, bits_stored=12)

    dataset = written(image, tmp_path, burn_in=False)

    assert dataset.pixel_array.dtype == dtype
    assert np.array_equal(dataset.pixel_array, image.stored)
    assert dataset.BurnedInAnnotation == "NO"


def test_bits_stored_grows_where_the_values_need_it(tmp_path):
    image = PixelFrame(np.array([[0, 4096]], dtype=np.uint16), bits_stored=12, provenance=GENERATED)

    assert written(image, tmp_path, burn_in=False).BitsStored == 16


def test_an_odd_number_of_bytes_is_padded(tmp_path):
    image = PixelFrame(np.array([[1, 2, 3]], dtype=np.uint8), provenance=GENERATED)

    dataset = written(image, tmp_path, burn_in=False)

    assert dataset.PixelData == b"\1\2\3\0"


def test_color_pixels_come_back_unchanged(tmp_path):
    rgb = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)

    dataset = written(PixelFrame(rgb, provenance=GENERATED), tmp_path, burn_in=False)

    assert dataset.PhotometricInterpretation == "RGB"
    assert np.array_equal(dataset.pixel_array, rgb)


def test_inverted_polarity_is_monochrome1(tmp_path):
    assert written(frame(inverted=True), tmp_path).PhotometricInterpretation == "MONOCHROME1"


def test_floats_become_16_bit_integers_with_a_rescale(tmp_path):
    values = np.linspace(-1000, 1000, 64 * 80, dtype=np.float32).reshape(64, 80)
    image = PixelFrame(values, transform=Rescale(unit="HU"), provenance=GENERATED)

    dataset = written(image, tmp_path, burn_in=False)
    read = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)

    assert dataset.pixel_array.dtype == np.uint16
    assert dataset.RescaleType == "HU"
    # Half a step of 2000 / 65535, and the float32 rounding of the values.
    assert np.abs(read - values).max() <= 2000 / 65535 / 2 + 1e-4


def test_values_that_are_not_finite_become_the_ends_of_the_range(tmp_path):
    values = np.array([[np.nan, np.inf, 1.0, 3.0, -np.inf]], dtype=np.float32)

    dataset = written(PixelFrame(values, provenance=GENERATED), tmp_path, burn_in=False)
    read = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)

    assert np.allclose(read, [[1, 3, 1, 3, 1]], atol=1e-4)


def test_a_constant_float_frame_keeps_its_value(tmp_path):
    values = np.full((2, 2), 7.5, dtype=np.float32)

    dataset = written(PixelFrame(values, provenance=GENERATED), tmp_path, burn_in=False)

    assert float(dataset.RescaleIntercept) == 7.5
    assert not dataset.pixel_array.any()


def test_a_modality_table_is_applied_before_writing(tmp_path):
    table = ModalityLut(0, np.array([100, 300, 200], dtype=np.uint16), "OD")
    image = PixelFrame(np.array([[0, 1, 2]], np.uint8), transform=table, provenance=GENERATED)

    dataset = written(image, tmp_path, burn_in=False)
    read = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)

    assert np.allclose(read, [[100, 300, 200]], atol=0.01)


def test_the_window_of_the_source_stands_in_the_result(tmp_path):
    windows = (VoiWindow(40, 400, explanation="SOFT"), VoiWindow(-600, 1500, explanation="LUNG"))
    other = VoiWindow(40, 400, VoiFunction.SIGMOID)

    dataset = written(frame(vois=(*windows, other)), tmp_path)

    assert list(dataset.WindowCenter) == [40, -600]
    assert list(dataset.WindowWidth) == [400, 1500]
    assert list(dataset.WindowCenterWidthExplanation) == ["SOFT", "LUNG"]
    assert dataset.VOILUTFunction == "LINEAR"


def test_a_linear_window_narrower_than_one_is_written_as_linear_exact(tmp_path):
    dataset = written(frame(vois=(VoiWindow(0.5, 0.5),)), tmp_path)

    assert dataset.VOILUTFunction == "LINEAR_EXACT"


@pytest.mark.parametrize("first_mapped", [0, -20])
def test_a_voi_table_is_written_as_a_table(tmp_path, first_mapped):
    table = VoiLut(first_mapped, np.array([0, 10, 4095], dtype=np.uint16), 12, "MAMMO")

    dataset = written(frame(np.int16, vois=(table,)), tmp_path)
    [item] = dataset.VOILUTSequence

    assert list(item.LUTDescriptor) == [3, first_mapped, 12]
    assert item.LUTData == np.array([0, 10, 4095], dtype="<u2").tobytes()
    assert "WindowCenter" not in dataset


def test_plane_and_frame_of_reference_follow_a_translated_image(tmp_path):
    image = frame(provenance=TRANSLATED, geometry=PLANE, spacing=PLANE.spacing)

    dataset = written(image, tmp_path, sources=(SOURCE,))

    assert list(dataset.ImagePositionPatient) == [-10, 20.5, 30]
    assert list(dataset.ImageOrientationPatient) == [1, 0, 0, 0, 0, -1]
    assert list(dataset.PixelSpacing) == [0.5, 0.8]
    assert dataset.SliceThickness == 3
    assert dataset.FrameOfReferenceUID == "1.2.99"
    assert dataset.SourceImageSequence[0].SpatialLocationsPreserved == "YES"


def test_an_image_made_from_nothing_gets_a_frame_of_reference_of_its_own(tmp_path):
    assert written(frame(geometry=PLANE), tmp_path).FrameOfReferenceUID == "2.25.3"


@pytest.mark.parametrize(
    ("source", "keyword"),
    [
        (SpacingSource.PATIENT, "PixelSpacing"),
        (SpacingSource.CALIBRATED, "PixelSpacing"),
        (SpacingSource.GEOMETRY, "PixelSpacing"),
        (SpacingSource.DETECTOR, "ImagerPixelSpacing"),
    ],
)
def test_spacing_is_written_under_the_name_of_its_source(tmp_path, source, keyword):
    dataset = written(frame(spacing=PixelSpacing(0.5, 0.8, source)), tmp_path)

    assert list(dataset[keyword].value) == [0.5, 0.8]


def test_an_estimated_spacing_keeps_only_the_shape_of_the_pixel(tmp_path):
    spacing = PixelSpacing(1.5, 1.0, SpacingSource.ESTIMATED)

    dataset = written(frame(spacing=spacing, aspect=1.5), tmp_path)

    assert "PixelSpacing" not in dataset
    assert list(dataset.PixelAspectRatio) == [3, 2]


def test_the_label_is_burned_into_the_corner_by_default(tmp_path):
    image = frame(vois=(VoiWindow(2000, 1000),))

    pixels = written(image, tmp_path).pixel_array

    changed = pixels != image.stored
    assert changed[:20].any()
    assert not changed[20:].any()
    # The first and last gray of the window 1500 to 2499 (LINEAR, PS3.3 C.11.2.1.2.1), rounded.
    assert set(pixels[changed]) == {1501, 2498}


def test_the_label_leaves_the_original_frame_alone(tmp_path):
    image = frame()
    before = image.stored.copy()

    written(image, tmp_path)

    assert np.array_equal(image.stored, before)
