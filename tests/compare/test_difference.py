"""Difference maps: values, window, mask, and the mark that is never lost."""

import json

import numpy as np
import pytest

from medgan_viewer.compare.difference import absolute_difference, signed_difference
from medgan_viewer.dicom.synthetic_marks import require_complete
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.display import render_display
from medgan_viewer.imaging.frame import PaddingRange, PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.imaging.modality import Rescale

SYNTHETIC = Provenance(
    SyntheticKind.TRANSLATED, "MR to CT 1.0", "mr-ct", "ab" * 32, '{"seed": 1}', "gain 1", ("1.2",)
)
PLANE = PlaneGeometry((0, 0, 0), (1, 0, 0), (0, 1, 0), PixelSpacing(2, 2), "1.2.3")


def ct(values, **options):
    return PixelFrame(
        np.asarray(values, np.int16), modality="CT", transform=Rescale(unit="HU"), **options
    )


def test_the_signed_map_is_candidate_minus_reference_in_their_unit():
    result = signed_difference(ct([[0, 10]]), ct([[5, -10]]))

    assert result.modality_values().tolist() == [[5, -20]]
    assert result.unit == "HU"
    assert not result.is_synthetic


def test_the_absolute_map_has_no_sign():
    assert absolute_difference(ct([[0, 10]]), ct([[5, -10]])).modality_values().tolist() == [
        [5, 20]
    ]


def test_no_difference_lies_in_the_middle_of_the_signed_window_and_at_the_foot_of_the_absolute():
    first, second = ct([[0, 0, 0]]), ct([[-40, 0, 40]])

    signed, absolute = signed_difference(first, second), absolute_difference(first, second)

    assert signed.vois[0].center == 0
    assert render_display(signed, signed.vois[0]).pixels[0, 1] in (127, 128)
    assert render_display(absolute, absolute.vois[0]).pixels[0, 1] == 0


@pytest.mark.parametrize("difference", [signed_difference, absolute_difference])
@pytest.mark.parametrize("sides", [(None, SYNTHETIC), (SYNTHETIC, None), (SYNTHETIC, SYNTHETIC)])
def test_whatever_comes_from_a_synthetic_image_is_synthetic(difference, sides):
    reference, candidate = (ct([[1, 2]], provenance=side) for side in sides)

    provenance = difference(reference, candidate).provenance

    assert provenance.kind is SyntheticKind.DERIVED
    assert provenance.weights_sha256 == SYNTHETIC.weights_sha256
    assert provenance.source_uids == ("1.2",)


def test_the_map_carries_the_recipes_of_its_sides_and_can_be_exported():
    result = signed_difference(ct([[1]]), ct([[2]], provenance=SYNTHETIC))

    recipe = json.loads(result.provenance.recipe_json)
    assert recipe["operation"] == "signed difference"
    assert recipe["candidate"] == {"seed": 1}
    assert recipe["reference"] is None
    require_complete(result.provenance)


@pytest.mark.parametrize("difference", [signed_difference, absolute_difference])
def test_padding_is_left_out_and_shown_as_background_under_any_color_map(difference):
    reference = ct([[-2000, 0, 0]], padding=PaddingRange(-2000, -2000))

    result = difference(reference, ct([[0, 0, 30_000]]))

    assert result.padding_mask().tolist() == [[True, False, False]]
    shown = render_display(result, result.vois[0], colormap="difference").pixels
    assert shown[0, 0].tolist() == [0, 0, 0]


def test_equal_images_give_a_map_of_zeros_with_a_usable_window():
    result = signed_difference(ct([[7, 7]]), ct([[7, 7]]))

    assert not result.modality_values().any()
    assert result.vois[0].width > 0


def test_the_map_keeps_the_place_that_one_side_knows():
    result = signed_difference(ct([[1]]), ct([[2]], geometry=PLANE))

    assert result.geometry is PLANE


def test_values_that_are_not_finite_are_left_out():
    first = PixelFrame(np.array([[np.inf, 1]], np.float32))
    second = PixelFrame(np.array([[np.inf, 2]], np.float32))

    result = signed_difference(first, second)

    assert result.padding_mask().tolist() == [[True, False]]


def test_images_on_two_grids_have_no_difference():
    with pytest.raises(InputError, match="differ in size"):
        signed_difference(ct([[1]]), ct([[1, 2]]))
