"""Fitting the prior of a VAE-GAN to where its encoder puts the images of each label."""

import torch
from torch import Tensor

from medgan_viewer.generators.autoencoder import AdversarialAutoencoder
from medgan_viewer.training.batches import ImageBatches
from medgan_viewer.training.machine import Machine


@torch.no_grad()
def fit_prior(model: AdversarialAutoencoder, images: ImageBatches, machine: Machine) -> None:
    """Set each label's mean and factor to those of its images' posteriors.

    The covariance is that of the posterior means plus the mean posterior variance. Half of it is
    the label's own, half is pooled over labels: with a few hundred images a covariance of this size
    is noisy. Every label needs an image. Latents that are no numbers leave the prior as it is; the
    step that follows is left out for them.
    """
    means, variances = _encode_all(model, images, machine)
    if not torch.isfinite(torch.cat([means, variances])).all():
        return
    own: list[Tensor] = []
    for label in range(max(model.label_count, 1)):
        chosen = images.labels == label
        rows = means[chosen]
        model.prior.mean[label] = rows.mean(dim=0)
        spread = variances[chosen].mean(dim=0)
        # One image has no covariance; the pooled one then speaks for its label.
        between = torch.cov(rows.t()) if len(rows) > 1 else torch.zeros_like(model.prior.factor[0])
        own.append(between + torch.diag(spread))
    pooled = torch.stack(own).mean(dim=0)
    for label, covariance in enumerate(own):
        mixed = 0.5 * covariance + 0.5 * pooled
        values, vectors = torch.linalg.eigh(mixed.cpu().double())  # surer to converge
        # The symmetric root keeps factors of different labels comparable when they are mixed.
        root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.t()
        model.prior.factor[label] = root.float()


def _encode_all(
    model: AdversarialAutoencoder, images: ImageBatches, machine: Machine
) -> tuple[Tensor, Tensor]:
    """Return posterior means and variances of all images, (n, w_dim) each."""
    means, variances = [], []
    for first in range(0, len(images), 64):
        part = machine.laid_out(images.values(slice(first, first + 64)))
        with machine.autocast():
            mean, log_variance = model.encoder(part)
        means.append(mean.float())
        variances.append(log_variance.float().exp())
    return torch.cat(means), torch.cat(variances)
