"""Phantoms of known size: numbers and labels as PS3.3 10.7.1.3 and C.8.5.5 let them be told."""

import math

import numpy as np
import pytest

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.imaging.annotation import Annotation, AnnotationKind, bidirectional_points
from medgan_viewer.imaging.frame import ImageId, PaddingRange, PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, SpacingSource
from medgan_viewer.imaging.measure import SYNTHETIC_LINE, measure, number_text
from medgan_viewer.imaging.modality import Rescale
from tests.dicom_factory import CR_IMAGE, US_MULTIFRAME_IMAGE, item, make_ct

K = AnnotationKind
IMAGE = ImageId("1.2.3")
SIDE = 100


def phantom_pixels():
    """Return a disc of 1124 with a radius of 20 pixels in a field of 1024."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    inside = (rows - 50) ** 2 + (columns - 50) ** 2 <= 20**2
    return np.where(inside, 1124, 1024).astype(np.int16)


def drawn(kind, *points):
    return Annotation("1.2", kind, IMAGE, points)


def frame(**fields):
    defaults = {"stored": phantom_pixels(), "transform": Rescale(1, -1024, "HU")}
    return PixelFrame(**{**defaults, **fields})


def spaced(row_mm=0.8, column_mm=0.5, source=SpacingSource.PATIENT):
    return frame(spacing=PixelSpacing(row_mm, column_mm, source))


def line(image, start=(30, 50), end=(70, 50)):
    [length] = measure(drawn(K.LENGTH, start, end), image).quantities
    return length.text


def file_frame(path, **attributes):
    return load_frame(FrameRef(make_ct(path, phantom_pixels(), **attributes), "", 1))


CR = {"Modality": "CR", "SOPClassUID": CR_IMAGE, "PixelSpacing": None}


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"PixelSpacing": [0.8, 0.5]}, "20.0 mm"),
        ({"PixelSpacing": None}, "40.0 px"),
        ({**CR, "ImagerPixelSpacing": [0.2, 0.2]}, "8.00 mm at detector"),
        (
            {
                **CR,
                "ImagerPixelSpacing": [0.2, 0.2],
                "PixelSpacing": [0.15, 0.15],
                "PixelSpacingCalibrationType": "FIDUCIAL",
            },
            "6.00 mm calibrated",
        ),
        (
            {
                **CR,
                "ImagerPixelSpacing": [0.2, 0.2],
                "PixelSpacing": [0.15, 0.15],
                "PixelSpacingCalibrationType": "GEOMETRY",
            },
            "6.00 mm magnification-corrected (estimated)",
        ),
        (
            {**CR, "ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.15, 0.15]},
            "6.00 mm estimated",
        ),
        (
            {
                **CR,
                "ImagerPixelSpacing": [0.2, 0.2],
                "EstimatedRadiographicMagnificationFactor": 1.25,
            },
            "6.40 mm estimated",
        ),
        (CR, "40.0 px"),
    ],
)
def test_a_phantom_forty_pixels_wide_has_the_length_and_label_of_its_spacing(
    tmp_path, attributes, text
):
    assert line(file_frame(tmp_path / "in.dcm", **attributes)) == text


def region(left, top, right, bottom, *, x_cm=0.05, y_cm=0.05, units=(3, 3)):
    return item(
        RegionLocationMinX0=left,
        RegionLocationMinY0=top,
        RegionLocationMaxX1=right,
        RegionLocationMaxY1=bottom,
        PhysicalUnitsXDirection=units[0],
        PhysicalUnitsYDirection=units[1],
        PhysicalDeltaX=x_cm,
        PhysicalDeltaY=y_cm,
    )


@pytest.fixture
def ultrasound(tmp_path):
    """Return an image: 0.5 mm pixels above, Doppler (seconds by cm/s) below, 1 mm at the right."""
    return file_frame(
        tmp_path / "us.dcm",
        SOPClassUID=US_MULTIFRAME_IMAGE,
        Modality="US",
        PixelSpacing=None,
        SequenceOfUltrasoundRegions=[
            region(0, 0, 59, 49),
            region(0, 60, 99, 99, x_cm=0.01, y_cm=2, units=(4, 7)),
            region(60, 0, 99, 49, x_cm=0.1, y_cm=0.1),
        ],
    )


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ((10, 10), (50, 10), "20.0 mm US region"),
        ((65, 10), (95, 10), "30.0 mm US region"),
        ((10, 10), (90, 10), "80.0 px"),  # from one region to another
        ((10, 10), (10, 55), "45.0 px"),  # out of all regions
        ((10, 70), (50, 90), "no length: US region with other units"),
    ],
)
def test_ultrasound_is_measured_in_the_region_that_holds_both_ends(ultrasound, start, end, text):
    assert line(ultrasound, start, end) == text


def test_an_angle_and_an_area_across_other_units_do_not_exist(ultrasound):
    angle = measure(drawn(K.ANGLE, (10, 70), (20, 70), (20, 90)), ultrasound).quantities
    area = measure(drawn(K.RECTANGLE, (10, 70), (20, 90)), ultrasound).quantities

    assert angle[0].text == "no angle: US region with other units"
    assert area[0].text == "no area: US region with other units"


def test_regions_that_overlap_and_disagree_give_no_length(tmp_path):
    regions = [region(0, 0, 99, 99), region(0, 0, 99, 99, x_cm=0.1, y_cm=0.1)]
    image = file_frame(
        tmp_path / "us.dcm",
        Modality="US",
        PixelSpacing=None,
        SequenceOfUltrasoundRegions=regions,
    )

    assert line(image) == "no length: US regions disagree"


def test_a_synthetic_image_has_millimetres_only_with_a_place_in_the_patient():
    made = Provenance(SyntheticKind.GENERATED, "Tiny")
    spacing = PixelSpacing(1, 1)
    place = PlaneGeometry((0, 0, 0), (1, 0, 0), (0, 1, 0), spacing)

    assert line(frame(spacing=spacing, provenance=made)) == "40.0 px"
    assert line(frame(spacing=spacing, geometry=place, provenance=made)) == "40.0 mm"


@pytest.mark.parametrize(
    "annotation",
    [
        drawn(K.LENGTH, (30, 50), (70, 50)),
        drawn(K.ELLIPSE, (30, 30), (70, 70)),
        drawn(K.PROBE, (50, 50)),
    ],
)
def test_every_number_on_a_synthetic_image_says_so(annotation):
    made = measure(annotation, frame(provenance=Provenance(SyntheticKind.GENERATED, "Tiny")))

    assert made.lines[-1] == SYNTHETIC_LINE
    assert SYNTHETIC_LINE not in measure(annotation, frame()).lines


def test_values_on_a_synthetic_image_are_simulated():
    image = frame(provenance=Provenance(SyntheticKind.GENERATED, "Tiny"))

    assert measure(drawn(K.PROBE, (50, 50)), image).lines[0] == "100.0 HU (simulated)"


def test_pixels_that_are_not_square_count_in_an_angle():
    # 10 columns of 0.5 mm and 10 rows of 0.8 mm
    found = measure(drawn(K.ANGLE, (20, 10), (10, 10), (20, 20)), spaced()).quantities[0]

    assert found.value == pytest.approx(math.degrees(math.atan(0.8 / 0.5)))
    assert found.text == "58.0°"


@pytest.mark.parametrize(
    ("end", "degrees"), [((20, 10), 0), ((10, 20), 90), ((0, 10), 180), ((0, 20), 135)]
)
def test_an_angle_lies_between_0_and_180_degrees(end, degrees):
    found = measure(drawn(K.ANGLE, (20, 10), (10, 10), end), frame())

    assert found.quantities[0].value == pytest.approx(degrees)


@pytest.mark.parametrize("second", [((0, 50), (10, 60)), ((10, 60), (0, 50))])
def test_a_cobb_angle_does_not_depend_on_the_direction_of_a_line(second):
    found = measure(drawn(K.COBB, (0, 0), (10, 0), *second), frame())

    assert found.quantities[0].value == pytest.approx(45)


def test_two_diameters_name_the_longer_one_long():
    points = bidirectional_points((20, 50), (40, 50), 1.6)
    long, short = measure(drawn(K.BIDIRECTIONAL, *points), spaced()).quantities

    assert (long.value, short.value) == pytest.approx((10, 5))
    turned = drawn(K.BIDIRECTIONAL, *points[2:], *points[:2])
    assert measure(turned, spaced()).quantities == (long, short)


def test_the_area_is_that_of_the_drawing():
    image = spaced()

    rectangle = measure(drawn(K.RECTANGLE, (10, 10), (30, 20)), image).quantities[0]
    ellipse = measure(drawn(K.ELLIPSE, (10, 10), (30, 20)), image).quantities[0]
    triangle = measure(drawn(K.FREEHAND, (10, 10), (30, 10), (10, 20)), image).quantities[0]

    assert (rectangle.value, rectangle.unit) == (pytest.approx(200 * 0.4), "mm²")
    assert ellipse.value == pytest.approx(math.pi * 10 * 5 * 0.4)
    assert triangle.value == pytest.approx(100 * 0.4)


def test_a_probe_on_padding_beside_the_image_and_on_color_tells_no_value():
    padded = frame(padding=PaddingRange(1024, 1024))
    color = PixelFrame(np.full((4, 4, 3), (1, 2, 3), np.uint8))

    assert measure(drawn(K.PROBE, (0, 0)), padded).lines == ("no image here",)
    assert measure(drawn(K.PROBE, (200, 0)), frame()).lines == ("outside the image",)
    assert measure(drawn(K.PROBE, (1, 1)), color).lines == ("RGB 1 2 3",)


def test_a_region_of_a_color_image_has_an_area_and_no_values():
    color = PixelFrame(np.zeros((20, 20, 3), np.uint8))
    found = measure(drawn(K.RECTANGLE, (2, 2), (6, 5)), color)

    assert found.lines == ("Area 12.0 px²", "color: no values")


def test_values_without_a_unit_are_told_without_one():
    assert measure(drawn(K.PROBE, (50, 50)), frame(transform=Rescale())).lines == ("1124.0",)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.00"), (0.001234, "0.00123"), (1.234, "1.23"), (12.34, "12.3"), (-1024, "-1024.0")],
)
def test_a_number_has_the_digits_that_a_hand_can_set(value, text):
    assert number_text(value) == text
