"""Which two images may be compared, and why others may not."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.compare.pair import match
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.frame import PaddingRange, PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, SpacingSource
from medgan_viewer.imaging.modality import Rescale

SYNTHETIC = Provenance(SyntheticKind.TRANSLATED, "MR to CT 1.0")
PLANE = PlaneGeometry((0, 0, 0), (1, 0, 0), (0, 1, 0), PixelSpacing(2, 2), "1.2.3")


def ct(values, **options):
    return PixelFrame(np.array(values, np.int16), transform=Rescale(unit="HU"), **options)


def test_a_simulated_unit_matches_its_real_one_and_is_named_in_the_result():
    pair = match(ct([[1]]), ct([[2]], provenance=SYNTHETIC))

    assert pair.unit == "HU (simulated)"
    assert pair.mask == "none"


def test_different_sizes_are_refused():
    with pytest.raises(InputError, match="differ in size: 2 x 1 and 1 x 2 pixels"):
        match(ct([[1, 2]]), ct([[1], [2]]))


def test_different_units_are_refused():
    with pytest.raises(InputError, match="HU and no unit"):
        match(ct([[1]]), PixelFrame(np.ones((1, 1))))


def test_gray_and_color_are_refused():
    with pytest.raises(InputError, match="the other has color"):
        match(ct([[1]]), PixelFrame(np.zeros((1, 1, 3), np.uint8)))


def test_color_images_are_compared_by_luma():
    red = np.zeros((1, 1, 3), np.uint8)
    red[..., 0] = 100

    pair = match(PixelFrame(red), PixelFrame(red))

    assert pair.reference == pytest.approx(29.9)  # 0.299 R of BT.601


def test_padding_of_either_side_is_not_counted():
    reference = ct([[-2000, 1, 2]], padding=PaddingRange(-2000, -2000))
    candidate = ct([[5, 1, -3000]], padding=PaddingRange(-3000, -3000))

    pair = match(reference, candidate)

    assert pair.counted.tolist() == [[False, True, False]]
    assert pair.mask == "padding excluded"


def test_values_that_are_not_finite_are_not_counted():
    first = PixelFrame(np.array([[1, np.nan]], np.float32))
    second = PixelFrame(np.array([[1, 2]], np.float32))

    assert match(first, second).counted.tolist() == [[True, False]]


def test_a_region_narrows_what_is_counted():
    pair = match(ct([[1, 2]]), ct([[1, 2]]), region=[[True, False]])

    assert pair.counted.tolist() == [[True, False]]
    assert pair.mask == "region only"


def test_nothing_to_count_is_refused():
    padded = ct([[-2000]], padding=PaddingRange(-2000, -2000))

    with pytest.raises(InputError, match="no pixel in common"):
        match(padded, ct([[1]]))


def test_a_region_of_another_shape_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="region"):
        match(ct([[1, 2]]), ct([[1, 2]]), region=[[True]])


def test_planes_in_different_places_are_refused():
    """3 mm apart with pixels of 2 mm: 1.5 pixels."""
    moved = replace(PLANE, position_mm=(0, 0, 3))

    with pytest.raises(InputError, match=r"1\.5 pixels apart"):
        match(ct([[1]], geometry=PLANE), ct([[1]], geometry=moved))


def test_planes_half_a_pixel_apart_are_compared():
    moved = replace(PLANE, position_mm=(1, 0, 0))

    assert match(ct([[1]], geometry=PLANE), ct([[1]], geometry=moved)).counted.all()


def test_places_in_different_frames_of_reference_say_nothing():
    elsewhere = replace(PLANE, position_mm=(0, 0, 300), frame_of_reference_uid="9.9")

    assert match(ct([[1]], geometry=PLANE), ct([[1]], geometry=elsewhere)).counted.all()


def test_pixels_of_different_size_are_refused():
    with pytest.raises(InputError, match=r"2 x 2 and 2 x 2\.1 mm"):
        match(
            ct([[1]], spacing=PixelSpacing(2, 2)),
            ct([[1]], spacing=PixelSpacing(2, 2.1)),
        )


def test_an_untrusted_spacing_is_not_used():
    spacing = PixelSpacing(2, 2, SpacingSource.DETECTOR)

    pair = match(ct([[1]], spacing=spacing), ct([[1]], spacing=PixelSpacing(5, 5)))

    assert pair.spacing is None
