"""Augmentations that keep anatomy plausible: small moves and scalings, no mirror images.

Left and right matter in a chest and in a head, so nothing is flipped here. All functions are pure:
the random numbers come as arguments.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def jitter_geometry(
    images: Tensor,
    uniforms: Tensor,
    *,
    shift: float = 0.04,
    zoom: float = 0.06,
    degrees: float = 4.0,
) -> Tensor:
    """Move, scale and turn each (channels, rows, columns) image a little, edges repeated.

    Parameters
    ----------
    images : (batch, channels, rows, columns); all channels move together
    uniforms : (batch, 4) in [-1, 1]: size, turn, move along columns, move along rows
    shift : largest move as a part of the side
    zoom : largest change of size, as a part
    degrees : largest turn
    """
    size, turn, across, down = uniforms.unbind(dim=1)
    scale, angle = 1 + size * zoom, turn * math.radians(degrees)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    theta = torch.stack(
        [
            torch.stack([cos, -sin, 2 * shift * across], 1),
            torch.stack([sin, cos, 2 * shift * down], 1),
        ],
        1,
    )
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


AUGMENT_NUMBERS = 10


def augment_for_discriminator(
    images: Tensor, uniforms: Tensor, strength: float | Tensor = 1.0
) -> Tensor:
    """Differentiable augmentation for a discriminator on little data.

    Brightness, contrast, a move and a cut-out, for each image of the batch with probability
    `strength` each (Zhao et al. 2020, 2006.10738; strength as in Karras et al. 2020, 2006.06676).
    Real and made images pass through alike, so that the discriminator cannot learn the training set
    by heart.

    Parameters
    ----------
    images : (batch, channels, rows, columns)
    uniforms : (batch, AUGMENT_NUMBERS) in [0, 1)
    """
    batch, _, rows, columns = images.shape
    u = uniforms.view(batch, AUGMENT_NUMBERS, 1, 1, 1)
    on = (uniforms[:, :4] < strength).to(images.dtype).view(batch, 4, 1, 1, 1)
    images = images + on[:, 0] * (u[:, 4] - 0.5) * 0.4
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (images - mean) * (1 + on[:, 1] * (u[:, 5] * 0.6 - 0.3)) + mean
    reach = rows // 10
    moves = torch.round((uniforms[:, 6:8] * 2 - 1) * reach * on[:, 2].view(batch, 1)).long()
    padded = F.pad(images, (reach,) * 4, mode="reflect")
    images = torch.stack(
        [
            padded[i, :, reach + dy : reach + dy + rows, reach + dx : reach + dx + columns]
            for i, (dy, dx) in enumerate(moves.tolist())
        ]
    )
    return images * _hole(uniforms[:, 8:10], on[:, 3], rows, columns)


def _hole(corner: Tensor, on: Tensor, rows: int, columns: int) -> Tensor:
    """Return (batch, 1, rows, columns): 0 in a rectangle of a third of each side, else 1."""
    row = torch.arange(rows, device=corner.device).view(1, 1, rows, 1)
    column = torch.arange(columns, device=corner.device).view(1, 1, 1, columns)
    top = (corner[:, 0] * 7 / 6 - 1 / 6).mul(rows).view(-1, 1, 1, 1)
    left = (corner[:, 1] * 7 / 6 - 1 / 6).mul(columns).view(-1, 1, 1, 1)
    inside = (
        (row >= top) & (row < top + rows / 3) & (column >= left) & (column < left + columns / 3)
    )
    return 1 - inside.to(on.dtype) * on
