"""U-Net translator: image to image with skips and optional live dropout (Isola et al. 2017).

Keys follow the layout of pix2pix checkpoints (`model.model...`), so that these load unchanged.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from medgan_viewer.generators.layers import Norm, has_conv_bias, make_norm


@dataclass(frozen=True, slots=True)
class UnetSize:
    """Sizes of a U-Net translator.

    Attributes
    ----------
    in_channels, out_channels : of source and result
    base : channels after the first convolution; doubled per level up to 8 x base
    downs : how often the side is halved (7 is unet_128, 8 is unet_256)
    norm : normalisation between the convolutions
    dropout : dropout of 0.5 in the inner levels of 8 x base; has no weights, so no key tells it
    """

    in_channels: int = 1
    out_channels: int = 1
    base: int = 64
    downs: int = 8
    norm: Norm = Norm.BATCH
    dropout: bool = False

    def __post_init__(self) -> None:
        if self.downs < 5:
            raise ValueError(f"a U-Net translator has at least 5 levels, got {self.downs}")


class UnetLevel(nn.Module):
    """One level: down, the level below, up; the input is joined to the output unless outermost."""

    def __init__(
        self,
        outer: int,
        inner: int,
        size: UnetSize,
        *,
        in_channels: int | None = None,
        below: "UnetLevel | None" = None,
        outermost: bool = False,
        dropout: bool = False,
    ) -> None:
        super().__init__()
        self.outermost = outermost
        bias = has_conv_bias(size.norm)
        down = nn.Conv2d(in_channels or outer, inner, 4, 2, 1, bias=bias)
        joined = inner if below is None else 2 * inner
        # pix2pix gives the outermost up-convolution a bias with every norm.
        up = nn.ConvTranspose2d(joined, outer, 4, 2, 1, bias=bias or outermost)
        parts: list[nn.Module]
        if outermost:
            assert below is not None
            parts = [down, below, nn.ReLU(), up, nn.Tanh()]
        elif below is None:
            parts = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, make_norm(size.norm, outer)]
        else:
            parts = [
                nn.LeakyReLU(0.2),
                down,
                make_norm(size.norm, inner),
                below,
                nn.ReLU(),
                up,
                make_norm(size.norm, outer),
            ]
            if dropout:
                parts.append(nn.Dropout(0.5))
        self.model = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.model(x)
        return y if self.outermost else torch.cat([x, y], dim=1)


class UnetTranslator(nn.Module):
    """(batch, in, rows, columns) to (batch, out, rows, columns), both in [-1, 1]."""

    def __init__(self, size: UnetSize) -> None:
        super().__init__()
        self.size = size
        widths = [size.base * min(2**level, 8) for level in range(size.downs)]
        below = UnetLevel(widths[-2], widths[-1], size)
        for level in range(size.downs - 2, 0, -1):
            deep = level >= 4
            below = UnetLevel(
                widths[level - 1], widths[level], size, below=below, dropout=size.dropout and deep
            )
        self.model = UnetLevel(
            size.out_channels,
            widths[0],
            size,
            in_channels=size.in_channels,
            below=below,
            outermost=True,
        )

    @property
    def in_channels(self) -> int:
        return self.size.in_channels

    @property
    def side_multiple(self) -> int:
        """Rows and columns of the input must be multiples of this."""
        return int(2**self.size.downs)

    def forward(self, image: Tensor) -> Tensor:
        translated: Tensor = self.model(image)
        return translated
