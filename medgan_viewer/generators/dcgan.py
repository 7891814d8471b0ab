"""DCGAN generator: transposed convolutions with batch normalisation, the convolutional baseline.

Radford et al. 2016, arXiv 1511.06434.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from medgan_viewer.generators.labelled_noise import LabelledNoise
from medgan_viewer.generators.stylegan2 import NoiseMode


class DcganGenerator(LabelledNoise):
    """z and label weights to an image; a LatentGenerator whose w is both side by side."""

    def __init__(
        self,
        resolution: int,
        *,
        image_channels: int = 1,
        z_dim: int = 64,
        label_count: int = 0,
        base: int = 64,
    ) -> None:
        super().__init__(z_dim, label_count)
        if resolution < 16 or resolution & (resolution - 1):
            raise ValueError(f"resolution must be a power of two from 16, got {resolution}")
        self.resolution = resolution
        sides = [4]
        while sides[-1] < resolution:
            sides.append(2 * sides[-1])
        widths = [min(base * resolution // (2 * side), 8 * base) for side in sides[:-1]]
        parts: list[nn.Module] = [
            nn.ConvTranspose2d(self.w_dim, widths[0], 4, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        ]
        for width, wider in pairwise(widths):
            parts += [
                nn.ConvTranspose2d(width, wider, 4, 2, 1, bias=False),
                nn.BatchNorm2d(wider),
                nn.ReLU(),
            ]
        parts.append(nn.ConvTranspose2d(widths[-1], image_channels, 4, 2, 1))
        self.body = nn.Sequential(*parts)
        for module in self.modules():  # the paper's start: a normal of 0.02
            if isinstance(module, nn.ConvTranspose2d):
                nn.init.normal_(module.weight, 0.0, 0.02)

    def synthesize(self, ws: Tensor, noise: NoiseMode, dtype: torch.dtype) -> Tensor:
        """Return (batch, channels, side, side) float32 from (batch, 1, w_dim); takes no noise."""
        with torch.autocast(ws.device.type, dtype, enabled=dtype is not torch.float32):
            image = torch.tanh(self.body(ws[:, 0, :, None, None]))
        return image.float()
