"""The packages in weights/: sound, small enough, described, and measured."""

import numpy as np
import pytest
import torch
from PIL import Image

from medgan_viewer import paths
from medgan_viewer.generators.manifest import Task
from medgan_viewer.generators.package import files_of, find_packages, read_card, read_checked
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.inference.loaded import load, run_self_test

PACKAGES, UNUSABLE = find_packages([paths.shipped_packages()])
MEGABYTE = 1_000_000

each = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.id)


def test_no_shipped_package_is_broken():
    assert UNUSABLE == []
    assert {"chest-xray", "brain-t1-to-t2", "brain-t1-to-flair"} <= {p.id for p in PACKAGES}


def test_all_weights_fit_into_the_installer():
    sizes = {p.id: sum(file.size_bytes for file in files_of(p.manifest)) for p in PACKAGES}

    assert max(sizes.values()) < 30 * MEGABYTE
    assert sum(sizes.values()) < 120 * MEGABYTE


@each
def test_every_file_is_the_one_that_the_manifest_describes(package):
    for entry in files_of(package.manifest):
        read_checked(package, entry)


@each
def test_the_network_gives_the_image_it_gave_when_it_was_packaged(package):
    expected = package.manifest.self_test

    loaded = load(package, choose_device(Preference.CPU), torch.float32)
    image = run_self_test(loaded, fused=False)

    assert abs(float(image.mean()) - expected.mean) < expected.tolerance
    assert abs(float(image.std()) - expected.sd) < expected.tolerance


@each
def test_every_card_says_data_licence_and_limits(package):
    card = read_card(package)

    assert package.manifest.training.data_licence in card
    assert "Not for diagnosis" in card
    assert "**Limits.**" in card


@each
def test_every_package_was_measured_on_held_out_data_with_plain_words(package):
    assert package.manifest.metrics
    assert all(metric.plain and metric.compared_with for metric in package.manifest.metrics)


@each
def test_every_generator_shows_random_samples_under_the_word_synthetic(package):
    manifest = package.manifest
    if manifest.task is Task.TRANSLATE:
        pytest.skip("a translator makes nothing by itself")
    sheet = np.asarray(Image.open(package.folder / manifest.samples.file))

    rows = max(len(manifest.labels), 1) * manifest.output.rows
    strip = sheet[: sheet.shape[0] - rows]
    assert strip.shape[0] > 0
    assert strip.max() == 255


@each
def test_every_generator_carries_statistics_and_the_record_of_its_training(package):
    manifest = package.manifest
    assert manifest.training.record is not None
    if manifest.task is not Task.TRANSLATE:
        assert manifest.latent.statistics_file is not None
        assert manifest.reference is not None
        assert manifest.directions
