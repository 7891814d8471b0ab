"""VAE-GAN: an encoder, a latent prior per label, and a decoder that is trained adversarially.

The family that also takes a real image in (Larsen et al. 2016, arXiv 1512.09300). The decoder is
the synthesis network of StyleGAN2, fed with the same w in every layer. After training, the prior is
fitted to where the encoder really puts the images of each label (the second stage of Dai and Wipf
2019, arXiv 1903.05789), with its spread as a full covariance.
"""

import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from medgan_viewer.generators.layers import EqualizedConv, EqualizedLinear
from medgan_viewer.generators.stylegan2 import NoiseMode, SynthesisNetwork, SynthesisSize


class EncoderBlock(nn.Module):
    """Residual block that halves the resolution."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv0 = EqualizedConv(in_channels, in_channels, 3)
        self.conv1 = EqualizedConv(in_channels, out_channels, 3, down=True)
        self.skip = EqualizedConv(
            in_channels, out_channels, 1, bias=False, down=True, activate=False
        )

    def forward(self, x: Tensor) -> Tensor:
        # Halving the variance of both paths keeps that of their sum.
        short = self.skip(x, gain=math.sqrt(0.5))
        halved: Tensor = self.conv1(self.conv0(x), gain=math.sqrt(0.5))
        return halved.add(short)


class Encoder(nn.Module):
    """Image to mean and log-variance of its posterior in w.

    Images larger than the encoder's own side are averaged down to it: a latent of some hundred
    features holds no finer detail, and a decoder can grow without a new encoder.
    """

    def __init__(self, size: SynthesisSize) -> None:
        super().__init__()
        self.side = size.resolution
        sides = size.block_sides[::-1]
        self.fromrgb = EqualizedConv(size.image_channels, size.channels(sides[0]), 1)
        self.blocks = nn.ModuleList(
            EncoderBlock(size.channels(side), size.channels(side // 2)) for side in sides[:-1]
        )
        self.final = EqualizedConv(size.channels(4), size.channels(4), 3)
        self.out = EqualizedLinear(size.channels(4) * 16, 2 * size.w_dim)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, channels, side, side) in [-1, 1] to mean and log-variance, (batch, w_dim)."""
        if image.shape[-1] > self.side:
            image = F.avg_pool2d(image, image.shape[-1] // self.side)
        x = self.fromrgb(image)
        for block in self.blocks:
            x = block(x)
        x = self.final(x).flatten(1)  # (batch, channels * 4 * 4)
        mean, log_variance = self.out(x.float()).chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 4)


class LatentPrior(nn.Module):
    """A Gaussian in w for each label: w = mean + factor z, mixed by label weights."""

    mean: Tensor
    factor: Tensor

    def __init__(self, label_count: int, w_dim: int) -> None:
        super().__init__()
        rows = max(label_count, 1)
        self.register_buffer("mean", torch.zeros(rows, w_dim))
        self.register_buffer("factor", torch.eye(w_dim).repeat(rows, 1, 1))

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Map (batch, w_dim) normal z and (batch, labels) weights to (batch, w_dim)."""
        weights = self._weights(labels)
        factor = torch.einsum("bl,lij->bij", weights, self.factor)
        return weights @ self.mean + torch.einsum("bij,bj->bi", factor, z.float())

    def center(self, labels: Tensor) -> Tensor:
        return self._weights(labels) @ self.mean

    def _weights(self, labels: Tensor) -> Tensor:
        if labels.shape[1] == 0:
            return torch.ones(labels.shape[0], 1, device=self.mean.device)
        return labels.float()


class AdversarialAutoencoder(nn.Module):
    """Encoder, prior and decoder; a LatentGenerator with a way in for real images."""

    has_noise = True

    def __init__(
        self, size: SynthesisSize, label_count: int = 0, encoder_resolution: int | None = None
    ) -> None:
        super().__init__()
        self.label_count = label_count
        side = encoder_resolution or size.resolution
        if side > size.resolution:
            raise ValueError(f"encoder_resolution {side} is above the resolution")
        self.encoder = Encoder(dataclasses.replace(size, resolution=side))
        self.prior = LatentPrior(label_count, size.w_dim)
        self.synthesis = SynthesisNetwork(size)

    @property
    def z_dim(self) -> int:
        return self.synthesis.size.w_dim

    @property
    def w_dim(self) -> int:
        return self.synthesis.size.w_dim

    @property
    def num_ws(self) -> int:
        return self.synthesis.size.num_ws

    def map_latent(self, z: Tensor, labels: Tensor) -> Tensor:
        """Map (batch, z_dim), (batch, label_count) to (batch, w_dim), not truncated."""
        w: Tensor = self.prior(z, labels)
        return w

    def center(self, labels: Tensor) -> Tensor:
        """Return the mean of the labels' prior, (batch, w_dim)."""
        return self.prior.center(labels)

    def encode(self, image: Tensor) -> Tensor:
        """Return the posterior mean (batch, w_dim) of images in [-1, 1]."""
        mean: Tensor = self.encoder(image)[0]
        return mean

    def synthesize(self, ws: Tensor, noise: NoiseMode, dtype: torch.dtype) -> Tensor:
        """Return (batch, channels, side, side) float32 from (batch, num_ws, w_dim)."""
        image: Tensor = self.synthesis(ws, noise, dtype)
        return image
