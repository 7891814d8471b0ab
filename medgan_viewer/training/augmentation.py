"""Augmentations that keep anatomy plausible: small moves and scalings, no mirror images.

Left and right matter in a chest and in a head, so nothing is flipped.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def jitter_geometry(
    images: Tensor,
    random: torch.Generator,
    *,
    shift: float = 0.04,
    zoom: float = 0.06,
    degrees: float = 4.0,
) -> Tensor:
    """Move, scale and turn each (channels, rows, columns) image a little, edges repeated.

    Parameters
    ----------
    images : (batch, channels, rows, columns); all channels move together
    shift : largest move as a part of the side
    zoom : largest change of size, as a part
    degrees : largest turn
    """
    batch = images.shape[0]

    def uniform(limit: float) -> Tensor:
        return (torch.rand(batch, generator=random) * 2 - 1) * limit

    scale = 1 + uniform(zoom)
    angle = uniform(math.radians(degrees))
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    moves = (2 * uniform(shift), 2 * uniform(shift))
    theta = torch.stack(
        [torch.stack([cos, -sin, moves[0]], 1), torch.stack([sin, cos, moves[1]], 1)], 1
    )
    grid = F.affine_grid(theta.to(images.device), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def augment_for_discriminator(images: Tensor, random: torch.Generator) -> Tensor:
    """Differentiable augmentation for a discriminator on little data (Zhao et al. 2020).

    Brightness, contrast, a move and a cut-out, drawn anew for each image of the batch
    (batch, channels, rows, columns); real and made images pass through alike, so that the
    discriminator cannot learn the training set by heart.
    """
    batch, _, rows, columns = images.shape
    device = images.device

    def draw() -> Tensor:
        return torch.rand(batch, 1, 1, 1, generator=random).to(device)

    images = images + (draw() - 0.5) * 0.4
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (images - mean) * (draw() * 0.6 + 0.7) + mean
    reach = rows // 10
    moves = torch.randint(-reach, reach + 1, (batch, 2), generator=random)
    padded = F.pad(images, (reach,) * 4, mode="reflect")
    images = torch.stack(
        [
            padded[i, :, reach + dy : reach + dy + rows, reach + dx : reach + dx + columns]
            for i, (dy, dx) in enumerate(moves.tolist())
        ]
    )
    hole = torch.ones(batch, 1, rows, columns, device=device)
    corners = torch.randint(-rows // 6, rows, (batch, 2), generator=random).tolist()
    for i, (top, left) in enumerate(corners):
        hole[i, :, max(top, 0) : top + rows // 3, max(left, 0) : left + columns // 3] = 0
    return images * hole
