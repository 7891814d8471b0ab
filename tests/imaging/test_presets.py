"""Window presets: those of CT, and none where values have no unit."""

import numpy as np
import pytest

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.presets import find_preset, presets_for, presets_of
from medgan_viewer.imaging.suv import SuvScale


def test_ct_has_the_windows_every_reader_knows():
    windows = {
        preset.name: (preset.window.width, preset.window.center) for preset in presets_for("CT")
    }

    assert windows["Soft tissue"] == (400, 40)
    assert windows["Lung"] == (1500, -600)
    assert windows["Brain"] == (80, 40)


@pytest.mark.parametrize("modality", ["MR", "US", "DX", "PT", ""])
def test_values_without_a_fixed_unit_have_no_presets(modality):
    assert presets_for(modality) == ()


def test_a_pet_image_with_suv_has_ranges_of_suv_and_one_without_has_none():
    stored = np.zeros((2, 2), np.int16)
    with_suv = PixelFrame(stored, modality="PT", suv=SuvScale(2e-4))

    window = next(preset.window for preset in presets_of(with_suv) if preset.digit == 2)

    # SUV 0 to 5 at 2e-4 per Bq/mL is 0 to 25000 Bq/mL.
    assert (window.center, window.width) == (12_500, 25_000)
    assert window.explanation == "SUVbw 0 to 5"
    assert presets_of(PixelFrame(stored, modality="PT")) == ()
    assert presets_of(PixelFrame(stored, modality="CT")) == presets_for("CT")


def test_every_key_chooses_one_preset():
    digits = [preset.digit for preset in presets_for("CT") if preset.digit is not None]

    assert digits == list(range(2, 10))  # 1 is the window of the file


def test_a_window_carries_the_name_of_its_preset():
    assert all(preset.window.explanation == preset.name for preset in presets_for("CT"))


@pytest.mark.parametrize(
    "name", ["Soft tissue", "soft tissue", "softtissue", "soft-tissue", "SOFT TISSUE"]
)
def test_a_name_is_found_however_it_is_written(name):
    assert find_preset(name, "CT").name == "Soft tissue"


def test_every_preset_is_found_by_its_own_name():
    for preset in presets_for("CT"):
        assert find_preset(preset.name, "CT") is preset


@pytest.mark.parametrize("name", ["", "tissue", "soft tissues"])
def test_a_name_that_is_no_preset_is_not_guessed(name):
    assert find_preset(name, "CT") is None


def test_a_preset_belongs_to_its_modality():
    assert find_preset("Lung", "MR") is None
