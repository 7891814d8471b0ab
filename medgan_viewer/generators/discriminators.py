"""Discriminators, one per generator family; needed for training and for the realism score."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from medgan_viewer.generators.layers import EqualizedConv, EqualizedLinear, normalize_second_moment
from medgan_viewer.generators.stylegan2 import SynthesisSize


class DiscriminatorBlock(nn.Module):
    """Residual block that halves the resolution (Karras et al. 2020, figure 7c)."""

    def __init__(self, in_channels: int, out_channels: int, image_channels: int) -> None:
        super().__init__()
        if image_channels:
            self.fromrgb = EqualizedConv(image_channels, in_channels, 1)
        self.conv0 = EqualizedConv(in_channels, in_channels, 3)
        self.conv1 = EqualizedConv(in_channels, out_channels, 3, down=True)
        self.skip = EqualizedConv(
            in_channels, out_channels, 1, bias=False, down=True, activate=False
        )

    def forward(self, x: Tensor) -> Tensor:
        if hasattr(self, "fromrgb"):
            x = self.fromrgb(x)
        # Halving the variance of both paths keeps that of their sum.
        short = self.skip(x, gain=math.sqrt(0.5))
        halved: Tensor = self.conv1(self.conv0(x), gain=math.sqrt(0.5))
        return halved.add(short)


class DiscriminatorEpilogue(nn.Module):
    """Last block at 4x4: standard deviation over the batch as a feature, then dense layers."""

    def __init__(self, channels: int, out_features: int, group: int) -> None:
        super().__init__()
        self.group = group
        self.conv = EqualizedConv(channels + 1, channels, 3)
        self.fc = EqualizedLinear(channels * 16, channels, activate=True)
        self.out = EqualizedLinear(channels, out_features)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([x, self._batch_deviation(x)], dim=1)
        x = self.conv(x).flatten(1)  # (batch, channels * 4 * 4)
        logits: Tensor = self.out(self.fc(x.float()))
        return logits

    def _batch_deviation(self, x: Tensor) -> Tensor:
        batch, channels, rows, columns = x.shape
        group = min(self.group, batch)
        while batch % group:
            group -= 1
        y = x.float().reshape(group, -1, channels, rows, columns)
        deviation = (y.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
        return deviation.view(-1, 1, 1, 1).repeat(group, 1, rows, columns).to(x.dtype)


class ResidualDiscriminator(nn.Module):
    """StyleGAN2's discriminator; labels enter by projection.

    Keys of the convolutions are those of stylegan2-ada-pytorch; its deep mapping of labels is one
    embedding here.
    """

    def __init__(self, size: SynthesisSize, label_count: int = 0, *, group: int = 4) -> None:
        super().__init__()
        self.label_count = label_count
        self.sides = size.block_sides[::-1]
        for side in self.sides[:-1]:
            channels = size.image_channels if side == self.sides[0] else 0
            block = DiscriminatorBlock(size.channels(side), size.channels(side // 2), channels)
            setattr(self, f"b{side}", block)
        width = size.w_dim if label_count else 1
        self.b4 = DiscriminatorEpilogue(size.channels(4), width, group)
        if label_count:
            self.mapping = nn.Module()
            self.mapping.embed = EqualizedLinear(label_count, width)

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the activations of every block, from high to low resolution."""
        found = []
        x = image
        for side in self.sides[:-1]:
            x = getattr(self, f"b{side}")(x)
            found.append(x)
        return found

    def score(self, last_features: Tensor, labels: Tensor) -> Tensor:
        """Return (batch,) logits from the last entry of `features`."""
        x: Tensor = self.b4(last_features)
        if not self.label_count:
            return x.squeeze(1)
        embedded = normalize_second_moment(self.mapping.embed(labels.float()))  # type: ignore[operator]
        return (x * embedded).sum(dim=1) / math.sqrt(x.shape[1])

    def forward(self, image: Tensor, labels: Tensor) -> Tensor:
        """Map (batch, channels, side, side), (batch, labels) to (batch,) logits."""
        return self.score(self.features(image)[-1], labels)


class PatchDiscriminator(nn.Module):
    """pix2pix's 70x70 patch discriminator with its key layout (Isola et al. 2017)."""

    def __init__(self, in_channels: int, base: int = 64, layers: int = 3) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(in_channels, base, 4, 2, 1), nn.LeakyReLU(0.2)]
        width = base
        for index in range(1, layers + 1):
            wider = base * min(2**index, 8)
            stride = 2 if index < layers else 1
            parts += [
                nn.Conv2d(width, wider, 4, stride, 1),
                nn.InstanceNorm2d(wider),
                nn.LeakyReLU(0.2),
            ]
            width = wider
        parts.append(nn.Conv2d(width, 1, 4, 1, 1))
        self.model = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the activations of every stage, the (batch, 1, rows, columns) logits last."""
        found = []
        for layer in self.model:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                found.append(x)
        return [*found, x]


class MultiScalePatchDiscriminator(nn.Module):
    """Patch discriminators on the image and on averaged-down copies of it (Wang et al. 2018).

    Nothing is normalised, so the brightness of a patch counts; a gradient penalty has to hold them.
    With a `detail_gain` they also get what half the resolution cannot show, that many times
    stronger: fine detail is faint in medical images, and a discriminator learns what is strong
    first (the idea of wavelet discriminators, Gal et al. 2021, arXiv 2102.06108).
    """

    def __init__(
        self,
        in_channels: int,
        base: int = 32,
        scales: int = 2,
        layers: int = 3,
        detail_gain: float = 0.0,
    ) -> None:
        super().__init__()
        self.detail_gain = detail_gain
        channels = in_channels * (2 if detail_gain else 1)
        self.scales = nn.ModuleList(_patches(channels, base, layers) for _ in range(scales))

    def forward(self, image: Tensor) -> list[list[Tensor]]:
        """Return the activations of every stage by scale, (batch, 1, rows, columns) logits last."""
        found = []
        for scale in self.scales:
            half = F.avg_pool2d(image, 2)
            x = image
            if self.detail_gain:
                x = torch.cat([image, self.detail_gain * (image - _doubled(half))], dim=1)
            stages = []
            assert isinstance(scale, nn.Sequential)
            for layer in scale:
                x = layer(x)
                if not isinstance(layer, nn.Conv2d):
                    stages.append(x)
            found.append([*stages, x])
            image = half
        return found

    def score(self, image: Tensor) -> Tensor:
        """Return (batch,) mean logit over patches and scales; higher looks more real."""
        logits = [stages[-1].float().mean(dim=(1, 2, 3)) for stages in self(image)]
        return torch.stack(logits).mean(dim=0)


def _doubled(image: Tensor) -> Tensor:
    return F.interpolate(image, scale_factor=2.0, mode="bilinear", align_corners=False)


def scales_that_fit(side: int, layers: int = 3) -> int:
    """Return how many scales a MultiScalePatchDiscriminator can have on images of this side.

    The smallest copy of the image must be large enough to leave one patch: three pixels after
    `layers` halvings.
    """
    scales = 0
    while side >> (scales + layers) >= 3:
        scales += 1
    return scales


def _patches(in_channels: int, base: int, layers: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    width = in_channels
    for index in range(layers + 1):
        wider = base * min(2**index, 8)
        stride = 2 if index < layers else 1
        parts += [nn.Conv2d(width, wider, 4, stride, 1), nn.LeakyReLU(0.2)]
        width = wider
    parts.append(nn.Conv2d(width, 1, 4, 1, 1))
    for part in parts:  # torch's own start lets the signal fade from layer to layer
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, a=0.2)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    return nn.Sequential(*parts)


class DcganDiscriminator(nn.Module):
    """Strided convolutions with batch normalisation (Radford et al. 2016); labels as planes."""

    def __init__(self, resolution: int, image_channels: int, label_count: int, base: int) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        width, side = image_channels + label_count, resolution
        wider = base
        while side > 4:
            parts.append(nn.Conv2d(width, wider, 4, 2, 1, bias=not parts))
            if len(parts) > 1:
                parts.append(nn.BatchNorm2d(wider))
            parts.append(nn.LeakyReLU(0.2))
            width, wider, side = wider, min(2 * wider, 8 * base), side // 2
        parts.append(nn.Conv2d(width, 1, 4))
        self.body = nn.Sequential(*parts)

    def forward(self, image: Tensor, labels: Tensor) -> Tensor:
        """Map (batch, channels, side, side), (batch, labels) to (batch,) logits."""
        planes = labels.to(image.dtype)[:, :, None, None].expand(-1, -1, *image.shape[2:])
        logits: Tensor = self.body(torch.cat([image, planes], dim=1))
        return logits.flatten()


class FullyConnectedDiscriminator(nn.Module):
    """Two dense layers and one logit: the counterpart of the fully-connected generator."""

    def __init__(self, pixels: int, label_count: int, width: int) -> None:
        super().__init__()
        self.hidden1 = nn.Linear(pixels + label_count, width)
        self.hidden2 = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, image: Tensor, labels: Tensor) -> Tensor:
        """Map (batch, channels, side, side), (batch, labels) to (batch,) logits."""
        x = torch.cat([image.flatten(1), labels.float()], dim=1)
        x = F.leaky_relu(self.hidden1(x), 0.2)
        x = F.leaky_relu(self.hidden2(x), 0.2)
        logits: Tensor = self.out(x)
        return logits.squeeze(1)
