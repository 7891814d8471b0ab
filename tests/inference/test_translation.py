"""One plane through a translator, by a formula that is known: tanh."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from medgan_viewer.errors import InputError, PackageError, RunAbortedError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.imaging.model_space import IntensityLimits, IntensityRule
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.inference.loaded import load
from medgan_viewer.inference.planes import ModelGrid
from medgan_viewer.inference.translation import (
    intensity_mapping,
    model_grid,
    source_spec,
    translate_frame,
)
from tests.package_factory import write_tanh_translator, write_tiny_package

LIMITS = IntensityLimits(0, 1000)
RAMP = np.linspace(0, 1000, 40 * 40).reshape(40, 40).astype(np.uint16)
FRAME = PixelFrame(RAMP, "MR", spacing=PixelSpacing(1, 1))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    package = write_tanh_translator(tmp_path_factory.mktemp("translation") / "tanh")
    return load(package, choose_device(Preference.CPU), torch.float32)


def never():
    return False


@torch.inference_mode()
def translate(loaded, frame, should_stop=never):
    return translate_frame(loaded, frame, LIMITS, should_stop).numpy()


def test_a_frame_without_geometry_is_taken_as_it_lies(loaded):
    found = translate(loaded, FRAME)

    assert found.shape == (1, 40, 40)
    np.testing.assert_allclose(found[0], np.tanh(RAMP / 500 - 1), atol=1e-5)


def test_values_beyond_the_limits_are_clipped(loaded):
    frame = replace(FRAME, stored=(RAMP * 3).astype(np.uint16))

    found = translate(loaded, frame)

    np.testing.assert_allclose(found[0], np.tanh(np.clip(RAMP * 3.0 / 500 - 1, -1, 1)), atol=1e-5)


def test_color_is_refused(loaded):
    frame = PixelFrame(np.zeros((40, 40, 3), np.uint8), spacing=PixelSpacing(1, 1))

    with pytest.raises(InputError, match="is a color image"):
        translate(loaded, frame)


def test_unknown_pixel_size_is_refused_with_the_size_that_is_expected(loaded):
    with pytest.raises(InputError, match="how large its pixels are") as caught:
        translate(loaded, replace(FRAME, spacing=None))

    assert "1.0 mm" in caught.value.action


def test_a_plane_larger_than_any_patient_is_refused(loaded):
    with pytest.raises(InputError, match="cm large"):
        translate(loaded, replace(FRAME, spacing=PixelSpacing(1000, 1000)))


def test_a_translation_is_stopped_between_layers(loaded):
    with pytest.raises(RunAbortedError):
        translate(loaded, FRAME, lambda: True)


def test_the_manifest_states_grid_and_intensities(loaded):
    assert model_grid(loaded) == ModelGrid(spacing_mm=1.0, side_multiple=32)
    mapping = intensity_mapping(source_spec(loaded))
    assert (mapping.rule, mapping.low, mapping.high) == (IntensityRule.FIXED, 0, 1000)


def test_a_generator_has_no_source(tmp_path):
    package = write_tiny_package(tmp_path / "gan", "fully-connected")
    generator = load(package, choose_device(Preference.CPU), torch.float32)

    with pytest.raises(PackageError, match="makes images from sliders"):
        translate(generator, FRAME)


def test_the_network_sees_its_own_pixel_size_the_standard_way_up(loaded):
    """200 rows of 0.5 mm and 30 columns of 1 mm, stored with rows and columns exchanged."""
    spacing = PixelSpacing(row_mm=0.5, column_mm=1.0)
    transposed = PlaneGeometry((0, 0, 0), (0, 1, 0), (1, 0, 0), spacing)
    frame = PixelFrame(np.full((200, 30), 900, np.uint16), geometry=transposed, spacing=spacing)
    seen = []
    handle = loaded.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))

    found = translate(loaded, frame)

    handle.remove()
    assert [tuple(image.shape) for image in seen] == [(1, 1, 32, 128)]  # 30 mm by 100 mm, padded
    content = (seen[0][0, 0] > 0).sum(dim=(0, 1)).item()
    assert content == 30 * 100
    assert found.shape == (1, 200, 30)
