"""The prior of each label gets mean and covariance of the latents of its images."""

import numpy as np
import pytest
import torch
from torch import nn

from medgan_viewer.generators.autoencoder import AdversarialAutoencoder
from medgan_viewer.generators.stylegan2 import SynthesisSize
from medgan_viewer.training.prior_fit import fit_prior
from tests.training.made_images import batches_of, cpu_machine, made_images

W_DIM = 8
NOISE = 0.3  # standard deviation of every posterior


class MadeEncoder(nn.Module):
    """Reads the latent off the first pixels of an image; all posteriors are equally wide."""

    def forward(self, images):
        mean = images.flatten(1)[:, :W_DIM]
        return mean, torch.full_like(mean, 2 * float(np.log(NOISE)))


def fitted(images, label_count=2):
    model = AdversarialAutoencoder(SynthesisSize(32, 1, W_DIM, 64, 8), label_count)
    model.encoder = MadeEncoder()
    machine = cpu_machine()
    batches = batches_of(machine, images)
    fit_prior(model, batches, machine)
    latents = batches.values(slice(0, len(batches))).flatten(1)[:, :W_DIM]
    return model.prior, latents.numpy()


def covariance_of(factor):
    return (factor @ factor.t()).numpy()


def test_the_mean_is_that_of_the_labels_latents():
    images = made_images(70)  # more than one part of the encoder's work

    prior, latents = fitted(images)

    for label in range(2):
        expected = latents[images.labels == label].mean(axis=0)
        np.testing.assert_allclose(prior.mean[label], expected, atol=1e-5)


def test_the_covariance_is_half_the_labels_own_and_half_that_of_all_labels():
    images = made_images(70)
    images.pixels[images.labels == 1] //= 4

    prior, latents = fitted(images)

    own = [
        np.cov(latents[images.labels == label].T) + NOISE**2 * np.eye(W_DIM) for label in range(2)
    ]
    for label in range(2):
        expected = 0.5 * own[label] + 0.5 * np.mean(own, axis=0)
        np.testing.assert_allclose(covariance_of(prior.factor[label]), expected, atol=1e-5)


def test_without_labels_the_covariance_is_that_of_all_latents():
    prior, latents = fitted(made_images(40, labels=()), label_count=0)

    expected = np.cov(latents.T) + NOISE**2 * np.eye(W_DIM)
    np.testing.assert_allclose(covariance_of(prior.factor[0]), expected, atol=1e-5)


def test_points_of_the_fitted_prior_are_spread_as_the_latents():
    prior, latents = fitted(made_images(60, labels=()), label_count=0)
    z = torch.randn(20_000, W_DIM, generator=torch.Generator().manual_seed(0))

    points = prior(z, torch.zeros(20_000, 0)).numpy()

    np.testing.assert_allclose(points.mean(axis=0), latents.mean(axis=0), atol=0.02)
    expected = np.cov(latents.T) + NOISE**2 * np.eye(W_DIM)
    np.testing.assert_allclose(np.cov(points.T), expected, atol=0.01)


def test_a_label_with_one_image_borrows_the_spread_of_the_others():
    images = made_images(41)
    images.labels[:] = 0
    images.labels[7] = 1

    prior, latents = fitted(images)

    np.testing.assert_allclose(prior.mean[1], latents[7], atol=1e-6)
    assert torch.isfinite(prior.factor).all()
    assert np.trace(covariance_of(prior.factor[1])) == pytest.approx(
        NOISE**2 * W_DIM + np.trace(np.cov(latents[images.labels == 0].T)) / 4, rel=1e-3
    )
