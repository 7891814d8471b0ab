"""ICC profiles and supplemental palettes of files."""

import imagecodecs
import numpy as np
import pytest

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.imaging.display import render_display
from tests.dicom_factory import ct_dataset, item, make_enhanced, ramp, write

SRGB_PRIMARIES = (0.64, 0.33, 1, 0.3, 0.6, 1, 0.15, 0.06, 1)
D65 = (0.3127, 0.329, 1)


def linear_profile():
    """Return a profile with the colors of sRGB whose numbers are proportional to light."""
    return imagecodecs.cms_profile("rgb", whitepoint=D65, primaries=SRGB_PRIMARIES, gamma=1.0)


def color_frame(tmp_path, **attributes):
    pixels = np.full((2, 2, 3), 55, np.uint8)
    dataset = ct_dataset(pixels, Modality="OT", **attributes)
    return load_frame(FrameRef(write(dataset, tmp_path / "a.dcm"), ""))


def test_colors_go_through_the_profile_of_the_file(tmp_path):
    frame = color_frame(tmp_path, ICCProfile=linear_profile())

    # IEC 61966-2-1: 1.055 (55 / 255) ^ (1 / 2.4) - 0.055 is 127.95 / 255.
    assert np.unique(frame.stored).tolist() == [128]
    assert "ICC profile applied" in frame.notes


@pytest.mark.parametrize(
    "attributes",
    [
        {"ICCProfile": imagecodecs.cms_profile("srgb")},
        {"ICCProfile": linear_profile(), "ColorSpace": "SRGB"},
    ],
)
def test_an_image_that_is_in_srgb_by_name_is_left_alone(tmp_path, attributes):
    frame = color_frame(tmp_path, **attributes)

    assert np.unique(frame.stored).tolist() == [55]
    assert frame.notes == ()


def test_a_profile_of_the_optical_path_counts(tmp_path):
    path = item(ICCProfile=linear_profile(), OpticalPathIdentifier="1")

    assert np.unique(color_frame(tmp_path, OpticalPathSequence=[path]).stored).tolist() == [128]


def test_without_a_profile_srgb_is_assumed_and_said(tmp_path):
    frame = color_frame(tmp_path)

    assert np.unique(frame.stored).tolist() == [55]
    assert "sRGB assumed" in frame.notes


@pytest.mark.parametrize("profile", [b"no profile at all", b"\0" * 128, b"\xff" * 4096])
def test_a_broken_profile_costs_a_note_and_not_the_image(tmp_path, profile):
    frame = color_frame(tmp_path, ICCProfile=profile)

    assert np.unique(frame.stored).tolist() == [55]
    assert "ICC profile unusable, sRGB assumed" in frame.notes


def palette(first_mapped, colors):
    """Return the attributes of a palette of 16-bit entries, given as 8-bit colors."""
    attributes = {}
    for name, channel in zip(("Red", "Green", "Blue"), np.array(colors).T, strict=True):
        key = f"{name}PaletteColorLookupTable"
        attributes[f"{key}Descriptor"] = [len(colors), first_mapped, 16]
        attributes[f"{key}Data"] = (channel * 257).astype("<u2").tobytes()
    return attributes


TWO_COLORS = palette(60, [(10, 20, 30), (40, 50, 60)])


def test_a_gray_image_gets_the_supplemental_colors_of_its_file(tmp_path):
    dataset = ct_dataset(ramp(dtype=np.uint16), PixelPresentation="COLOR", **TWO_COLORS)

    frame = load_frame(FrameRef(write(dataset, tmp_path / "a.dcm"), ""))

    assert frame.supplement.first_mapped == 60
    assert frame.supplement.colors.tolist() == [[10, 20, 30], [40, 50, 60]]
    np.testing.assert_array_equal(frame.stored, ramp())


def test_a_gray_image_that_only_carries_a_palette_stays_gray(tmp_path):
    dataset = ct_dataset(ramp(dtype=np.uint16), PixelPresentation="MONOCHROME", **TWO_COLORS)

    assert load_frame(FrameRef(write(dataset, tmp_path / "a.dcm"), "")).supplement is None


def test_in_a_mixed_image_each_frame_says_whether_it_is_colored(tmp_path):
    kinds = ("MONOCHROME", "COLOR", "MONOCHROME")
    path = make_enhanced(
        tmp_path / "a.dcm",
        frame_items=lambda i: {"CTImageFrameTypeSequence": {"PixelPresentation": kinds[i]}},
        PixelPresentation="MIXED",
        **TWO_COLORS,
    )

    colored = [load_frame(FrameRef(path, "", n)).supplement is not None for n in (1, 2, 3)]
    assert colored == [False, True, False]


def test_a_missing_supplemental_palette_costs_a_note_and_not_the_image(tmp_path):
    dataset = ct_dataset(ramp(dtype=np.uint16), PixelPresentation="COLOR")

    frame = load_frame(FrameRef(write(dataset, tmp_path / "a.dcm"), ""))

    assert frame.supplement is None
    assert "color palette unreadable" in frame.notes


def test_a_window_for_real_numbers_has_no_half_steps(tmp_path):
    # LINEAR with center 0.5 and width 1 is a threshold at 0; the map means 0 to 1.
    values = np.array([[0, 0.25, 0.5, 1]], np.float32)
    dataset = ct_dataset(
        np.zeros((1, 4), np.uint16), RescaleIntercept=0, WindowCenter=0.5, WindowWidth=1
    )
    del dataset.PixelData
    dataset.BitsAllocated = 32
    for keyword in ("BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, keyword)
    dataset.FloatPixelData = values.tobytes()
    frame = load_frame(FrameRef(write(dataset, tmp_path / "a.dcm"), ""))

    assert render_display(frame, frame.vois[0]).pixels.tolist() == [[0, 64, 128, 255]]
