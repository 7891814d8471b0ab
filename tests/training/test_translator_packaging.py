"""A trained translator becomes a package that the program opens and that says what it was."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from medgan_viewer.datasets.images import IntensityHandling, LabelledImages
from medgan_viewer.datasets.unpaired import UnpairedImages
from medgan_viewer.errors import InputError
from medgan_viewer.generators.package import open_package
from medgan_viewer.generators.registry import load_network
from medgan_viewer.generators.weights import PackageExtras
from medgan_viewer.training.config import TrainingConfig
from medgan_viewer.training.families.cut import Cut
from medgan_viewer.training.families.cyclegan import CycleGan
from medgan_viewer.training.families.pix2pix import Pix2Pix
from medgan_viewer.training.packaging import weights_of, write_checked
from medgan_viewer.training.pair_batches import PairBatches
from medgan_viewer.training.translator_packaging import (
    check_translator,
    translator_card,
    translator_manifest,
)
from medgan_viewer.training.unpaired_batches import UnpairedBatches
from tests.training.made_contrasts import BATCH, cpu_machine, inverted_study

SIZES = {"base": 4, "discriminator_base": 4}
CARD = {
    "source_contrast": "T1-weighted",
    "source_other_words": ["t2", "flair"],
    "body_part": "head",
    "data": "Made blobs.",
}
STUDIES = [inverted_study("a"), inverted_study("b", slices=2), inverted_study("b", slices=3)]
HELD_OUT = {"c_s1": inverted_study("c")}


def config_of(family="pix2pix", data=None, card=None):
    return TrainingConfig.model_validate(
        {
            "model": {"family": family, "id": "made", "name": "Made", **SIZES}
            | ({"downs": 5} if family == "pix2pix" else {"blocks": 1}),
            "data": {"folder": "made", "kind": "paired", "pixel_mm": 1.25} | (data or {}),
            "card": CARD | (card or {}),
        }
    )


def parts_of(config):
    machine = cpu_machine()
    if config.model.family == "pix2pix":
        family = Pix2Pix(config.model, PairBatches(STUDIES, machine), machine, BATCH)
    else:
        kind = {"cyclegan": CycleGan, "cut": Cut}[config.model.family]
        batches = UnpairedBatches.from_pairs(STUDIES, machine)
        family = kind(config.model, batches, machine, BATCH)
    return family.package_parts()


@pytest.mark.parametrize("family", ["pix2pix", "cyclegan", "cut"])
def test_the_package_of_a_run_translates_as_the_run_did(family, tmp_path):
    config = config_of(family)
    parts = parts_of(config)
    manifest = translator_manifest(config, parts, STUDIES, HELD_OUT, 90.0, 12_000, "a processor")
    card = translator_card(config, manifest, "Trained.", "One person is held out.")
    write_checked(tmp_path, manifest, weights_of(parts.network), card, PackageExtras())

    network = load_network(open_package(tmp_path))

    image = torch.from_numpy(STUDIES[0].source[:1])[None]
    torch.testing.assert_close(network(image), parts.network(image), atol=0.02, rtol=0)


def test_the_manifest_says_what_a_source_must_be_and_what_comes_out():
    config = config_of()

    manifest = translator_manifest(config, parts_of(config), STUDIES, HELD_OUT, 90.0, 12_000)

    assert manifest["source"] == {
        "modality": "MR",
        "contrast": "T1-weighted",
        "other_words": ["t2", "flair"],
        "body_part": "head",
        "plane": "axial",
        "spacing_mm": 1.25,
        "rows": 32,
        "columns": 32,
        # Twice the median of the head is white, as the readers of pairs map it.
        "intensity": {"rule": "foreground_median", "low": 0.0, "high": 2.0},
    }
    # The prepared studies have 3000 near the brightest brain; the range goes 15 % beyond.
    assert (manifest["output"]["value_low"], manifest["output"]["value_high"]) == (0, 3450)
    training = manifest["training"]
    assert (training["images"], training["patients"], training["hours"]) == (9, 2, 1.5)
    assert "12,000 images" in training["data"]
    assert "Held out: 1 patient or group." in training["data"]


def test_nobody_is_named_in_the_manifest():
    config = config_of()
    studies = [dataclasses.replace(STUDIES[0], subject="Doe^Jane")]
    held_out = {"Roe_s1": dataclasses.replace(STUDIES[1], subject="Roe^Richard")}

    text = json.dumps(translator_manifest(config, parts_of(config), studies, held_out, 1.0, 10))

    assert "Doe" not in text
    assert "Roe" not in text


@pytest.mark.parametrize(("levels", "bits"), [(200, 8), (5_000, 16)])
def test_the_depth_of_the_output_is_that_of_the_targets(levels, bits):
    study = inverted_study(slices=10)
    study.target[:] = np.rint(study.target * levels / 2) / (levels / 2)
    config = config_of()

    manifest = translator_manifest(config, parts_of(config), [study], HELD_OUT, 1.0, 10)

    assert manifest["output"]["trained_bits"] == bits


def pictures(intensity, modality="CT"):
    images = LabelledImages(
        pixels=np.full((2, 32, 32), 40_000, np.uint16),
        labels=np.zeros(2, np.int64),
        patients=np.array(["a", "b"]),
        label_names=(),
        intensity=intensity,
        modality=modality,
        trained_bits=12,
        spacing_mm=0.7,
    )
    return UnpairedImages(images, images)


def test_pictures_in_hounsfield_units_stay_in_them():
    config = config_of("cut", {"kind": "dicom", "source": "a", "target": "b"})
    images = pictures(IntensityHandling("window", -1000.0, 400.0, "HU"))

    manifest = translator_manifest(config, parts_of(config), images, images, 1.0, 10)

    assert manifest["source"]["intensity"] == {"rule": "fixed", "low": -1000.0, "high": 400.0}
    output = manifest["output"]
    assert (output["value_low"], output["value_high"], output["unit"]) == (-1000.0, 400.0, "HU")
    assert (output["modality"], output["trained_bits"], output["spacing_mm"]) == ("CT", 12, 0.7)
    assert manifest["source"]["plane"] == "any"


def test_percentiles_of_a_series_stay_percentiles():
    config = config_of("cut", {"kind": "nifti", "plane": "sagittal"})
    images = pictures(IntensityHandling("percentile", 1.0, 99.5), "MR")

    manifest = translator_manifest(config, parts_of(config), images, images, 1.0, 10)

    assert manifest["source"]["intensity"] == {"rule": "percentile", "low": 1.0, "high": 99.5}
    assert manifest["source"]["plane"] == "sagittal"


def test_a_run_whose_pixel_size_is_unknown_is_refused_before_it_begins():
    with pytest.raises(InputError, match="size of a pixel"):
        check_translator(config_of(data={"pixel_mm": None}), STUDIES, HELD_OUT)


def test_a_text_that_no_manifest_takes_is_refused_before_the_run_begins():
    config = config_of(card={"source_other_words": ["x" * 31]})

    with pytest.raises(InputError, match="other_words"):
        check_translator(config, STUDIES, HELD_OUT)
