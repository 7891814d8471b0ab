"""Fitting the prior of a VAE-GAN to where its encoder puts the images of each label."""

import torch
from torch import Tensor

from medgan_viewer.generators.autoencoder import AdversarialAutoencoder


@torch.no_grad()
def fit_prior(model: AdversarialAutoencoder, pixels: Tensor, labels: Tensor) -> None:
    """Set each label's mean and factor.

    The covariance is that of the posterior means plus the mean posterior variance. Half of it is
    the label's own, half is pooled over labels: with a few hundred images a covariance of this size
    is noisy.

    Parameters
    ----------
    pixels : (n, 1, side, side) uint8, the training images
    labels : (n,) index of each image's label
    """
    means, variances = encode_all(model, pixels)
    own: list[Tensor] = []
    for label in range(model.label_count):
        rows = means[labels == label]
        model.prior.mean[label] = rows.mean(dim=0)
        spread = variances[labels == label].mean(dim=0)
        own.append(torch.cov(rows.t()) + torch.diag(spread))
    pooled = torch.stack(own).mean(dim=0)
    for label in range(model.label_count):
        values, vectors = torch.linalg.eigh(0.5 * own[label] + 0.5 * pooled)
        # The symmetric root keeps factors of different labels comparable when they are mixed.
        root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.t()
        model.prior.factor[label] = root


@torch.no_grad()
def encode_all(model: AdversarialAutoencoder, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Return posterior means and variances of all images, (n, w_dim) each."""
    means, variances = [], []
    for part in torch.split(pixels, 64):
        images = (part.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            mean, log_variance = model.encoder(images)
        means.append(mean.float())
        variances.append(log_variance.float().exp())
    return torch.cat(means), torch.cat(variances)
