"""ResNet translator: encoder, residual blocks, decoder (Johnson et al. 2016, Zhu et al. 2017).

Keys follow the layout of CycleGAN checkpoints, and of CUT with its low-pass resampling, so that
both load unchanged.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from medgan_viewer.generators.layers import Norm, has_conv_bias, make_norm


@dataclass(frozen=True, slots=True)
class ResnetSize:
    """Sizes of a ResNet translator.

    Attributes
    ----------
    in_channels, out_channels : of source and result
    base : channels after the first convolution
    blocks : residual blocks at a quarter of the side
    norm : normalisation after the convolutions
    dropout : dropout of 0.5 inside the blocks
    antialias_down, antialias_up : CUT's low-pass filters around the changes of resolution
    """

    in_channels: int = 1
    out_channels: int = 1
    base: int = 64
    blocks: int = 9
    norm: Norm = Norm.INSTANCE
    dropout: bool = False
    antialias_down: bool = False
    antialias_up: bool = False


def _binomial_kernel(size: int) -> Tensor:
    taps = torch.tensor([1.0, 2.0, 1.0] if size == 3 else [1.0, 3.0, 3.0, 1.0])
    kernel = torch.outer(taps, taps)
    return kernel / kernel.sum()


class LowPassDown(nn.Module):
    """Halve the side after a 3x3 binomial low-pass; `filt` is stored as in CUT."""

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("filt", _binomial_kernel(3).repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(padded, self.filt.to(x.dtype), stride=2, groups=x.shape[1])


class LowPassUp(nn.Module):
    """Double the side with a 4x4 binomial low-pass; `filt` is stored as in CUT."""

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("filt", (_binomial_kernel(4) * 4).repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
        y = F.conv_transpose2d(
            padded, self.filt.to(x.dtype), stride=2, padding=2, groups=x.shape[1]
        )
        return y[:, :, 1:-1, 1:-1]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with reflected edges, added to the input."""

    def __init__(self, channels: int, size: ResnetSize) -> None:
        super().__init__()
        bias = has_conv_bias(size.norm)
        parts: list[nn.Module] = [
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            make_norm(size.norm, channels),
            nn.ReLU(),
        ]
        if size.dropout:
            parts.append(nn.Dropout(0.5))
        parts += [
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            make_norm(size.norm, channels),
        ]
        self.conv_block = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv_block(x)
        return x + y


class ResnetTranslator(nn.Module):
    """(batch, in, rows, columns) to (batch, out, rows, columns), both in [-1, 1]."""

    side_multiple = 4

    def __init__(self, size: ResnetSize) -> None:
        super().__init__()
        self.size = size
        bias = has_conv_bias(size.norm)
        base = size.base
        parts: list[nn.Module] = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(size.in_channels, base, 7, bias=bias),
            make_norm(size.norm, base),
            nn.ReLU(),
        ]
        for width in (base, 2 * base):
            stride = 1 if size.antialias_down else 2
            parts += [
                nn.Conv2d(width, 2 * width, 3, stride=stride, padding=1, bias=bias),
                make_norm(size.norm, 2 * width),
                nn.ReLU(),
            ]
            if size.antialias_down:
                parts.append(LowPassDown(2 * width))
        parts += [ResidualBlock(4 * base, size) for _ in range(size.blocks)]
        for width in (4 * base, 2 * base):
            if size.antialias_up:
                parts += [
                    LowPassUp(width),
                    nn.Conv2d(width, width // 2, 3, padding=1, bias=bias),
                ]
            else:
                parts.append(
                    nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1, bias=bias)
                )
            parts += [make_norm(size.norm, width // 2), nn.ReLU()]
        parts += [nn.ReflectionPad2d(3), nn.Conv2d(base, size.out_channels, 7), nn.Tanh()]
        self.model = nn.Sequential(*parts)

    @property
    def in_channels(self) -> int:
        return self.size.in_channels

    def forward(self, image: Tensor) -> Tensor:
        translated: Tensor = self.model(image)
        return translated
