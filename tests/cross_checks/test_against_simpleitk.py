"""Our frames and volumes against SimpleITK where it is right, and its known faults where not."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from pydicom.data import get_testdata_file

from medgan_viewer.dicom.display_sets import split_into_display_sets
from medgan_viewer.dicom.hierarchy import FrameRef, group_into_studies
from medgan_viewer.dicom.instance_header import read_header
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.dicom.volume import build_volume
from medgan_viewer.errors import InputError
from tests.dicom_factory import make_ct, make_series, ramp

OBLIQUE = (0.8, 0.6, 0, 0, 0, -1)


@pytest.fixture(autouse=True)
def silent_itk():
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)


def with_simpleitk(path):
    """Return the first plane as SimpleITK reads it, rescaled."""
    pixels = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    return pixels[0] if pixels.ndim > 2 and pixels.shape[0] == 1 else pixels


def series_with_simpleitk(paths):
    return SimpleITK.ReadImage([str(path) for path in paths])


def volume_of(paths):
    (study,), _ = group_into_studies([read_header(path) for path in paths])
    (display_set,) = split_into_display_sets(study.series[0])
    return build_volume(display_set, [load_frame(ref) for ref in display_set.frames])


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_bigendian.dcm",
        "JPGExtended.dcm",
    ],
)
def test_modality_values_are_those_of_simpleitk(name):
    path = Path(get_testdata_file(name, download=False))
    frame = load_frame(FrameRef(path, ""))

    # 12-bit JPEG is lossy, and decoders round differently.
    tolerance = 1 if name == "JPGExtended.dcm" else 0
    difference = np.abs(frame.modality_values() - with_simpleitk(path))
    assert difference.max() <= tolerance * abs(frame.transform.slope)


@pytest.mark.parametrize("name", ["examples_ybr_color.dcm", "SC_rgb_dcmtk_+eb+cy+s2.dcm"])
def test_colors_are_those_of_simpleitk(name):
    path = Path(get_testdata_file(name, download=False))

    difference = load_frame(FrameRef(path, "")).stored.astype(int) - first_frame_in_color(path)

    assert np.abs(difference).max() <= 1


def first_frame_in_color(path):
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))[0].astype(int)


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, -1)])
def test_a_regular_volume_has_the_values_and_the_place_that_simpleitk_gives(tmp_path, orientation):
    normal = np.cross(orientation[:3], orientation[3:])
    paths = []
    for index in range(4):
        paths += make_series(
            tmp_path,
            (0,),
            first_number=index + 1,
            pixels=ramp(6, 5) * (index + 1),
            PixelSpacing=[0.8, 0.5],
            ImageOrientationPatient=orientation,
            ImagePositionPatient=(np.array([7, -8, 9]) + 3 * index * normal).tolist(),
        )

    ours, theirs = volume_of(paths), series_with_simpleitk(paths)

    np.testing.assert_array_equal(ours.modality_values(), SimpleITK.GetArrayFromImage(theirs))
    for index in ((0, 0, 0), (4, 5, 3)):
        expected = theirs.TransformIndexToPhysicalPoint(index)
        np.testing.assert_allclose(ours.to_patient(*index), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("positions", "shift", "spacing_mm"),
    [((0, 5, 15, 20, 25), 0, 6.25), ((0, 5, 5, 10, 15), 0, 3.75)],
    ids=["gap", "duplicate"],
)
def test_what_simpleitk_reads_with_a_wrong_spacing_we_refuse(
    tmp_path, positions, shift, spacing_mm
):
    paths = make_series(tmp_path, positions, shift_per_mm=shift)

    assert series_with_simpleitk(paths).GetSpacing()[2] == pytest.approx(spacing_mm)
    with pytest.raises(InputError):
        volume_of(paths)


def test_what_simpleitk_reads_upright_although_it_is_tilted_we_refuse(tmp_path):
    paths = make_series(tmp_path, (0, 5, 10), shift_per_mm=0.3)

    direction = series_with_simpleitk(paths).GetDirection()

    assert direction == pytest.approx((1, 0, 0, 0, 1, 0, 0, 0, 1))
    with pytest.raises(InputError, match="tilted"):
        volume_of(paths)


def test_monochrome1_that_simpleitk_inverts_before_the_rescale_keeps_its_values(tmp_path):
    pixels = np.array([[100, 200], [300, 4095]], dtype=np.uint16)
    path = make_ct(
        tmp_path / "a.dcm",
        pixels,
        PhotometricInterpretation="MONOCHROME1",
        BitsStored=12,
        HighBit=11,
    )

    assert with_simpleitk(path)[0, 0] == 2971  # 4095 - 100 - 1024
    assert load_frame(FrameRef(path, "")).modality_values()[0, 0] == 100 - 1024
