"""Losses: functions from network outputs to a scalar."""

import torch
import torch.nn.functional as F
from torch import Tensor


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """Non-saturating logistic loss (Goodfellow et al. 2014) on (batch,) logits."""
    return F.softplus(-real).mean() + F.softplus(made).mean()


def generator_loss(made: Tensor) -> Tensor:
    """Non-saturating logistic loss on (batch,) logits."""
    return F.softplus(-made).mean()


def r1_penalty(real_logits: Tensor, images: Tensor) -> Tensor:
    """Mean squared gradient of the logits by the real images (Mescheder et al. 2018)."""
    (gradient,) = torch.autograd.grad(real_logits.sum(), images, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()


def kl_divergence(mean: Tensor, log_variance: Tensor, free_nats: float) -> Tensor:
    """KL from N(mean, variance) to N(0, 1), summed over features, batch mean.

    Each feature may carry `free_nats` for free (Kingma et al. 2016), lest it collapses.
    """
    per_feature = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(dim=0)
    return per_feature.clamp(min=free_nats).sum()


def multi_scale_l1(image: Tensor, target: Tensor, scales: int = 3) -> Tensor:
    """Mean absolute difference at full, half, quarter ... resolution, averaged."""
    total = image.new_zeros(())
    for _ in range(scales):
        total = total + (image - target).abs().mean()
        image, target = F.avg_pool2d(image, 2), F.avg_pool2d(target, 2)
    return total / scales


def feature_matching(made: list[Tensor], real: list[Tensor]) -> Tensor:
    """Mean absolute difference of discriminator activations (Larsen et al. 2016), by layer."""
    parts = [(a.float() - b.float().detach()).abs().mean() for a, b in zip(made, real, strict=True)]
    return torch.stack(parts).mean()


def edge_l1(image: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of first differences along rows and columns."""
    rows = (image.diff(dim=2) - target.diff(dim=2)).abs().mean()
    columns = (image.diff(dim=3) - target.diff(dim=3)).abs().mean()
    return rows + columns
