"""Packaging: statistics of w, principal directions, sample sheets, and the self-test."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from medgan_viewer.generators.autoencoder import AdversarialAutoencoder
from medgan_viewer.generators.fully_connected import FullyConnectedGenerator
from medgan_viewer.generators.package import open_package
from medgan_viewer.generators.registry import load_network
from medgan_viewer.generators.stylegan2 import SynthesisSize
from medgan_viewer.generators.weights import PackageExtras
from medgan_viewer.training.packaging import (
    latent_statistics,
    sample_images,
    sample_sheet,
    weights_of,
    write_checked,
)
from medgan_viewer.training.run_folder import MARK_ROWS
from tests.package_factory import tiny_manifest, untrained_network


def made_autoencoder():
    """Return a network whose prior is known: two labels, spread along the first two axes."""
    network = AdversarialAutoencoder(SynthesisSize(16, 1, 8, 64, 8), 2).requires_grad_(False)
    network.prior.mean.copy_(torch.stack([torch.zeros(8), torch.full((8,), 5.0)]))
    factor = torch.diag(torch.tensor([3.0, 1.0] + [0.1] * 6))
    network.prior.factor.copy_(torch.stack([factor, factor]))
    return network


def test_statistics_are_those_of_the_prior_of_each_label():
    network = made_autoencoder()

    statistics = latent_statistics(network, {})

    assert statistics.mean.shape == (2, 8)
    assert statistics.covariance.shape == (2, 8, 8)
    torch.testing.assert_close(statistics.mean, network.prior.mean, atol=0.1, rtol=0)
    expected = network.prior.factor @ network.prior.factor.mT
    torch.testing.assert_close(statistics.covariance, expected, atol=0.3, rtol=0)


def test_principal_directions_leave_the_difference_between_labels_out():
    statistics = latent_statistics(made_autoencoder(), {})

    first, second = (statistics.vectors[name] for name in ("pc-01", "pc-02"))
    assert abs(first[0]) > 0.99  # not the way from one label to the other
    assert abs(second[1]) > 0.99
    assert statistics.entries[0]["sd"] == pytest.approx(3.0, rel=0.05)
    assert statistics.entries[0]["explained"] == pytest.approx(9 / 10.06, abs=0.02)
    for vector in statistics.vectors.values():
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_directions_get_the_titles_of_the_configuration_or_a_number():
    statistics = latent_statistics(made_autoencoder(), {"pc-02": ("Breadth", "Grows wider.")})

    titles = [(entry["title"], entry["effect"]) for entry in statistics.entries]
    assert titles[:3] == [("Direction 1", ""), ("Breadth", "Grows wider."), ("Direction 3", "")]


def test_axes_along_which_nothing_varies_are_no_directions():
    """The labels are part of w here, and are taken out as the means are."""
    network = FullyConnectedGenerator(16, z_dim=4, label_count=2, width=8)

    statistics = latent_statistics(network.requires_grad_(False), {})

    assert len(statistics.entries) == 4
    assert statistics.mean[:, 4:].tolist() == [[1, 0], [0, 1]]


def test_a_sample_depends_on_its_seed_and_label_alone():
    network = made_autoencoder()

    both = sample_images(network, 1, 2, psi=0.7, first_seed=4)

    assert both.shape == (2, 16, 16)
    np.testing.assert_allclose(both[1:], sample_images(network, 1, 1, 0.7, 5), atol=1e-6)
    assert not np.allclose(both[1:], sample_images(network, 0, 1, 0.7, 5), atol=1e-3)


def test_without_variety_all_samples_are_the_center():
    first, second = sample_images(made_autoencoder(), 1, 2, psi=0.0)

    np.testing.assert_allclose(first, second, atol=1e-6)


def test_a_sheet_shows_eight_seeds_of_each_label_under_the_mark():
    network = made_autoencoder()

    with Image.open(io.BytesIO(sample_sheet(network, 0.7))) as picture:
        pixels = np.asarray(picture)
        texts = picture.info

    assert texts["Synthetic"] == "YES"
    assert pixels.shape == (MARK_ROWS + 2 * 16, 8 * 16)
    assert pixels[:MARK_ROWS].max() == 255
    second = sample_images(network, 1, 1, 0.7, first_seed=3)[0]
    expected = np.clip(second * 127.5 + 127.5, 0, 255)
    shown = pixels[MARK_ROWS + 16 :, 3 * 16 : 4 * 16]
    np.testing.assert_allclose(shown, expected, atol=0.51)


def test_the_self_test_is_that_of_the_weights_as_they_are_stored(tmp_path):
    manifest = tiny_manifest("tiny", "fully-connected")
    network = untrained_network(manifest)

    package = write_checked(tmp_path, manifest, weights_of(network), "card", PackageExtras())

    stored = load_network(open_package(tmp_path))
    z = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 8))).float()
    difference = stored.hidden1(z) - network.hidden1(z)
    assert difference.abs().max() > 0  # half precision
    assert package.manifest.self_test.sd > 0
    assert open_package(tmp_path).manifest == package.manifest
