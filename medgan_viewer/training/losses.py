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


def path_lengths(images: Tensor, ws: Tensor, push: Tensor) -> Tensor:
    """Return how far each image moves along `push` per step in w (Karras et al. 2020, 3.2).

    Parameters
    ----------
    images : (batch, channels, rows, columns) made from `ws`
    ws : (batch, layers, w_dim), the same w in every layer
    push : direction in the space of the images, normal numbers over the root of the pixel count

    Returns
    -------
    (batch,), differentiable
    """
    (slope,) = torch.autograd.grad((images * push).sum(), ws, create_graph=True)
    return slope.square().sum(dim=2).mean(dim=1).sqrt()


def patch_r1_penalty(logits: list[Tensor], signs: list[Tensor], images: Tensor) -> Tensor:
    """Mean squared gradient of one patch's logit by the real images, over patches and scales.

    Parameters
    ----------
    logits : per scale (batch, 1, rows, columns)
    signs : of the same shapes, -1 or +1 at random

    Notes
    -----
    With random signs the gradient of the sum has, on average, the sum of the squared gradients
    (Hutchinson 1989), so that one backward pass serves all patches.
    """
    total = images.new_zeros(())
    for scale, sign in zip(logits, signs, strict=True):
        (gradient,) = torch.autograd.grad((scale * sign).sum(), images, create_graph=True)
        patches = scale.shape[2] * scale.shape[3]
        total = total + gradient.square().sum(dim=(1, 2, 3)).mean() / patches
    return total / len(logits)


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
