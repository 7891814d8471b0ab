"""Where millimetres come from; projection images by PS3.3 10.7.1.3."""

import pytest

from medgan_viewer.dicom.functional_groups import FrameView
from medgan_viewer.dicom.spacing import aspect_of, spacing_of
from medgan_viewer.imaging.geometry import PixelSpacing, SpacingSource
from tests.dicom_factory import item

CALIBRATED = SpacingSource.CALIBRATED
DETECTOR = SpacingSource.DETECTOR
ESTIMATED = SpacingSource.ESTIMATED


def spacing(modality, **attributes):
    found = spacing_of(FrameView(item(Modality=modality, **attributes)))
    return None if found is None else (found.row_mm, found.column_mm, found.source)


def region(delta_cm=0.05, units=3):
    return item(
        PhysicalUnitsXDirection=units,
        PhysicalUnitsYDirection=units,
        PhysicalDeltaX=delta_cm,
        PhysicalDeltaY=2 * delta_cm,
    )


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
def test_pixel_spacing_of_a_cross_section_is_plain_millimetres(modality):
    assert spacing(modality, PixelSpacing=[0.8, 0.5]) == (0.8, 0.5, SpacingSource.PATIENT)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, None),
        ({"ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2, DETECTOR)),
        ({"PixelSpacing": [0.2, 0.2]}, (0.2, 0.2, DETECTOR)),
        (
            {"PixelSpacing": [0.1, 0.1], "PixelSpacingCalibrationType": "FIDUCIAL"},
            (0.1, 0.1, CALIBRATED),
        ),
        (
            {"PixelSpacing": [0.1, 0.1], "PixelSpacingCalibrationType": "GEOMETRY"},
            (0.1, 0.1, SpacingSource.GEOMETRY),
        ),
        (
            {"PixelSpacing": [0.1, 0.1], "ImagerPixelSpacing": [0.2, 0.2]},
            (0.1, 0.1, ESTIMATED),
        ),
        (
            {"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.2, 0.2]},
            (0.2, 0.2, DETECTOR),
        ),
        (
            {"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 2},
            (0.1, 0.1, ESTIMATED),
        ),
        (
            {
                "ImagerPixelSpacing": [0.3, 0.3],
                "DistanceSourceToDetector": 1500,
                "DistanceSourceToPatient": 1000,
            },
            (pytest.approx(0.2), pytest.approx(0.2), ESTIMATED),
        ),
        (
            {
                "ImagerPixelSpacing": [0.3, 0.3],
                "DistanceSourceToDetector": 1000,
                "DistanceSourceToPatient": 1500,
            },
            (0.3, 0.3, DETECTOR),
        ),
        ({"NominalScannedPixelSpacing": [0.1, 0.1]}, (0.1, 0.1, DETECTOR)),
    ],
)
@pytest.mark.parametrize("modality", ["CR", "DX", "MG", "XA"])
def test_millimetres_of_a_projection_say_where_they_come_from(modality, attributes, expected):
    assert spacing(modality, **attributes) == expected


def test_ultrasound_is_measured_by_its_region():
    regions = [region(0.05)]

    assert spacing("US", SequenceOfUltrasoundRegions=regions) == (1, 0.5, SpacingSource.ULTRASOUND)


def test_ultrasound_regions_that_disagree_give_no_length():
    assert spacing("US", SequenceOfUltrasoundRegions=[region(0.05), region(0.1)]) is None


def test_a_doppler_region_in_other_units_does_not_count():
    seconds = region(0.01, units=4)

    found = spacing("US", SequenceOfUltrasoundRegions=[region(0.05), seconds])

    assert found == (1, 0.5, SpacingSource.ULTRASOUND)


@pytest.mark.parametrize("pair", [[0, 1], [1], ["", ""]])
def test_a_spacing_that_is_no_length_is_none(pair):
    assert spacing("CT", PixelSpacing=pair) is None


def test_the_aspect_is_height_by_width_of_a_pixel():
    view = FrameView(item(PixelAspectRatio=[3, 2]))

    assert aspect_of(view, None) == 1.5
    assert aspect_of(view, PixelSpacing(0.5, 1)) == 0.5
    assert aspect_of(FrameView(item(PixelAspectRatio=[0, 1])), None) == 1
