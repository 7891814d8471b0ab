"""From a network's numbers to a frame that can be shown, measured and exported."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from medgan_viewer.errors import EXIT_PACKAGE, PackageError
from medgan_viewer.generators.manifest import OutputSpec
from medgan_viewer.imaging.frame import Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, SpacingSource
from medgan_viewer.imaging.voi import apply_voi
from medgan_viewer.inference.output import (
    frame_of_output,
    generated_provenance,
    translated_provenance,
)
from medgan_viewer.latent.point import LatentPoint
from medgan_viewer.latent.recipe import RecipeSource, parse_recipe, point_of

PROVENANCE = Provenance(SyntheticKind.GENERATED, "Tiny 1.0")
CT = OutputSpec(modality="CT", value_low=-1000, value_high=3095, unit="HU", trained_bits=12)
GEOMETRY = PlaneGeometry((1, 2, 3), (1, 0, 0), (0, 1, 0), PixelSpacing(0.7, 0.7))


def output(*values):
    return np.array(values, np.float32).reshape(1, 1, -1)


def test_minus_one_to_one_becomes_twelve_bits():
    frame = frame_of_output(output(-1, 0, 1, -1.5, 2), CT, PROVENANCE)

    assert frame.stored.dtype == np.uint16
    assert frame.stored.tolist() == [[0, 2048, 4095, 0, 4095]]  # 2047.5 goes to the even number
    assert frame.bits_stored == 12


def test_stored_values_mean_the_models_values():
    values = np.linspace(-1, 1, 999, dtype=np.float32)

    frame = frame_of_output(output(*values), CT, PROVENANCE)

    # value = low + (x + 1) / 2 (high - low); one step is 1 HU here, so half of one is the error
    expected = -1000 + (values + 1) / 2 * 4095
    assert np.abs(frame.modality_values()[0] - expected).max() <= 0.501
    assert frame.unit == "HU (simulated)"


def test_the_first_view_spreads_the_models_range_over_all_grays():
    frame = frame_of_output(output(-1, 0, 1), CT, PROVENANCE)

    gray = apply_voi(frame.modality_values(), frame.vois[0])

    assert gray[0].tolist() == pytest.approx([0, 127.5, 255], abs=0.05)


def test_the_depth_of_the_training_images_is_noted():
    spec = OutputSpec(modality="DX", trained_bits=8, inverted=True)

    frame = frame_of_output(output(0), spec, PROVENANCE)

    assert frame.notes == ("trained on 8-bit images",)
    assert frame.inverted
    assert frame.modality == "DX"
    assert frame.provenance is PROVENANCE


def test_color_becomes_eight_bit_rgb_with_the_channels_last():
    spec = OutputSpec(modality="XC", channels=3, trained_bits=8)
    planes = np.stack([np.full((2, 4), v, np.float32) for v in (-1, 0.2, 1)])

    frame = frame_of_output(planes, spec, PROVENANCE)

    assert frame.stored.shape == (2, 4, 3)
    assert frame.stored[0, 0].tolist() == [0, 153, 255]
    assert frame.is_synthetic


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_numbers_are_an_error_with_advice(value):
    with pytest.raises(PackageError, match=r"Tiny 1\.0 gave values that are not numbers") as caught:
        frame_of_output(output(0, value), CT, PROVENANCE)

    assert caught.value.exit_code == EXIT_PACKAGE
    assert "sliders" in caught.value.action


def test_spacing_of_a_generator_is_an_estimate():
    spec = OutputSpec(modality="DX", spacing_mm=1.4, trained_bits=8)

    assert frame_of_output(output(0), CT, PROVENANCE).spacing is None
    found = frame_of_output(output(0), spec, PROVENANCE).spacing
    assert found == PixelSpacing(1.4, 1.4, SpacingSource.ESTIMATED)


def test_spacing_of_a_translation_is_that_of_its_source():
    spec = OutputSpec(modality="MR", spacing_mm=1.4, trained_bits=8)
    calibrated = PixelSpacing(0.7, 0.7, SpacingSource.CALIBRATED)

    with_geometry = frame_of_output(output(0), spec, PROVENANCE, GEOMETRY)
    with_both = frame_of_output(output(0), spec, PROVENANCE, GEOMETRY, calibrated)

    assert with_geometry.geometry is GEOMETRY
    assert with_geometry.spacing == GEOMETRY.spacing
    assert with_both.spacing is calibrated


class Loaded(SimpleNamespace):
    """What provenance asks of a loaded network."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    import torch

    from tests.package_factory import write_tiny_package

    package = write_tiny_package(tmp_path_factory.mktemp("output") / "tiny", "stylegan2")
    return Loaded(
        package=package,
        manifest=package.manifest,
        device=torch.device("cpu"),
        precision="float32",
    )


def test_the_recipe_of_an_image_names_point_model_and_software(loaded):
    point = LatentPoint(41, {"effusion": 3.0, "normal": 1.0}, 0.7, True, {"pc-01": -1.0})

    provenance = generated_provenance(loaded, point)
    recipe = parse_recipe(provenance.recipe_json, "x")

    normalized = LatentPoint(41, {"normal": 0.25, "effusion": 0.75}, 0.7, True, {"pc-01": -1.0})
    assert point_of(recipe.point) == normalized
    assert recipe.model.weights_sha256 == loaded.package.weights_sha256
    assert recipe.model.directions_sha256 == loaded.manifest.directions_file.sha256
    assert recipe.software.device == "cpu"
    assert provenance.kind is SyntheticKind.GENERATED
    assert provenance.summary == "seed 41 · psi 0.70"


def test_a_label_mix_that_was_left_out_is_written_out(loaded):
    provenance = generated_provenance(loaded, LatentPoint(1))

    weights = json.loads(provenance.recipe_json)["point"]["label_weights"]

    assert weights == {"normal": 0.5, "effusion": 0.5}


def test_a_translation_names_its_sources(loaded):
    source = RecipeSource(sop_instance_uids=("1.2.3",), low=0, high=800, plane="axial")

    provenance = translated_provenance(loaded, source)

    assert provenance.kind is SyntheticKind.TRANSLATED
    assert provenance.source_uids == ("1.2.3",)
    assert parse_recipe(provenance.recipe_json, "x").source == source
