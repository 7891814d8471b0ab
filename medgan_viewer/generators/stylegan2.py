"""StyleGAN2-class generator: mapping z and labels to w, and synthesis of an image from w per layer.

Parameter names and shapes are those of published stylegan2-ada-pytorch state dicts, so these load
without renaming. The code is our own, written from the papers (Karras et al. 2020, arXiv 1912.04958
and 2006.06676).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from medgan_viewer.generators.layers import (
    LRELU_GAIN,
    LRELU_SLOPE,
    EqualizedLinear,
    fir_kernel,
    modulated_conv,
    normalize_second_moment,
    shift_channels,
    upsample_fir,
)


class NoiseMode(Enum):
    """Fine-grain noise added in each layer: the network's own constant maps, or none."""

    CONST = "const"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SynthesisSize:
    """Sizes of a synthesis network.

    Attributes
    ----------
    resolution : side of the image, a power of two from 8 to 1024
    image_channels : 1 gray, 3 RGB
    w_dim : features of w
    channel_base, channel_max : a block of side r has min(channel_base // r, channel_max) channels
    """

    resolution: int
    image_channels: int
    w_dim: int
    channel_base: int = 32768
    channel_max: int = 512

    def __post_init__(self) -> None:
        if self.resolution < 8 or self.resolution & (self.resolution - 1):
            raise ValueError(f"resolution must be a power of two from 8, got {self.resolution}")

    def channels(self, side: int) -> int:
        return min(self.channel_base // side, self.channel_max)

    @property
    def block_sides(self) -> list[int]:
        return [2**k for k in range(2, int(math.log2(self.resolution)) + 1)]

    @property
    def num_ws(self) -> int:
        """How many layers take a w of their own: 2 log2(resolution) - 2."""
        return 2 * int(math.log2(self.resolution)) - 2


class MappingNetwork(nn.Module):
    """Dense layers from z and label weights to w; keeps the mean w for truncation."""

    w_avg: Tensor

    def __init__(self, z_dim: int, label_count: int, w_dim: int, layers: int) -> None:
        super().__init__()
        self.label_count = label_count
        self.layer_count = layers
        if label_count:
            self.embed = EqualizedLinear(label_count, w_dim)
        width = z_dim + (w_dim if label_count else 0)
        for index in range(layers):
            layer = EqualizedLinear(width, w_dim, lr_multiplier=0.01, activate=True)
            setattr(self, f"fc{index}", layer)
            width = w_dim
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Map (batch, z_dim) and (batch, label_count), any weights, to (batch, w_dim)."""
        x = normalize_second_moment(z.float())
        if self.label_count:
            assert labels is not None
            x = torch.cat([x, normalize_second_moment(self.embed(labels.float()))], dim=1)
        for index in range(self.layer_count):
            x = getattr(self, f"fc{index}")(x)
        return x


class SynthesisLayer(nn.Module):
    """Modulated 3x3 convolution, noise, bias, leaky ReLU."""

    resample_filter: Tensor
    noise_const: Tensor

    def __init__(self, size: SynthesisSize, in_channels: int, side: int, *, up: bool) -> None:
        super().__init__()
        out_channels = size.channels(side)
        self.up = up
        self.affine = EqualizedLinear(size.w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.register_buffer("resample_filter", fir_kernel())
        self.register_buffer("noise_const", torch.randn(side, side))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """Noise is (side, side) or (batch, 1, side, side); None leaves it out."""
        # The gain of the activation goes into its summands, which are cheaper to multiply.
        gain = LRELU_GAIN
        x = modulated_conv(x, self.weight, self.affine(w), demodulate=True, up=self.up, gain=gain)
        if noise is not None:
            x = x + (noise * (self.noise_strength * gain)).to(x.dtype)
        x = shift_channels(x, self.bias * gain)
        return F.leaky_relu(x, LRELU_SLOPE)


class ToImageLayer(nn.Module):
    """Modulated 1x1 convolution from features to image channels."""

    def __init__(self, size: SynthesisSize, in_channels: int) -> None:
        super().__init__()
        self.weight_gain = 1 / math.sqrt(in_channels)
        self.affine = EqualizedLinear(size.w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(size.image_channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(size.image_channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        styles = self.affine(w) * self.weight_gain
        x = modulated_conv(x, self.weight, styles, demodulate=False)
        return shift_channels(x, self.bias)


class SynthesisBlock(nn.Module):
    """One resolution: two layers (one in the first block) and the sum of image outputs."""

    resample_filter: Tensor

    def __init__(self, size: SynthesisSize, side: int) -> None:
        super().__init__()
        self.side = side
        self.register_buffer("resample_filter", fir_kernel())
        channels = size.channels(side)
        if side == 4:
            self.const = nn.Parameter(torch.randn(channels, 4, 4))
        else:
            self.conv0 = SynthesisLayer(size, size.channels(side // 2), side, up=True)
        self.conv1 = SynthesisLayer(size, channels, side, up=False)
        self.torgb = ToImageLayer(size, channels)

    @property
    def convs(self) -> list[SynthesisLayer]:
        return [self.conv1] if self.side == 4 else [self.conv0, self.conv1]


class SynthesisNetwork(nn.Module):
    """From w per layer to an image, block by block, with skip connections between image outputs."""

    def __init__(self, size: SynthesisSize) -> None:
        super().__init__()
        self.size = size
        for side in size.block_sides:
            setattr(self, f"b{side}", SynthesisBlock(size, side))

    @property
    def blocks(self) -> list[SynthesisBlock]:
        return [getattr(self, f"b{side}") for side in self.size.block_sides]

    def images(
        self,
        ws: Tensor,
        noise: NoiseMode | list[Tensor] = NoiseMode.CONST,
        dtype: torch.dtype = torch.float32,
    ) -> Iterator[Tensor]:
        """Yield the sum of image outputs after each block: 4, 8, ... resolution pixels wide.

        Parameters
        ----------
        ws : (batch, num_ws, w_dim) float32
        noise : a mode, or one map per layer, each (side, side) or (batch, 1, side, side)
        dtype : of the convolutions; sums of image outputs stay float32
        """
        layer = 0
        x = self.b4.const.unsqueeze(0).expand(ws.shape[0], -1, -1, -1)  # type: ignore[union-attr,operator]
        x = x.to(dtype).contiguous(memory_format=torch.channels_last)
        image: Tensor | None = None
        for block in self.blocks:
            for conv in block.convs:
                x = conv(x, ws[:, layer], self._noise_of(conv, noise, layer))
                layer += 1
            # The image output shares the w of the next block's first layer.
            output = block.torgb(x, ws[:, layer]).float()
            image = output if image is None else upsample_fir(image) + output
            yield image

    def forward(
        self,
        ws: Tensor,
        noise: NoiseMode | list[Tensor] = NoiseMode.CONST,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Return (batch, image_channels, resolution, resolution) float32, nominally -1 to 1."""
        image = torch.empty(0)
        for image in self.images(ws, noise, dtype):  # noqa: B007 - the last one counts
            pass
        return image

    @staticmethod
    def _noise_of(
        conv: SynthesisLayer, noise: NoiseMode | list[Tensor], layer: int
    ) -> Tensor | None:
        if isinstance(noise, list):
            return noise[layer]
        return conv.noise_const if noise is NoiseMode.CONST else None


class StyleGan2Generator(nn.Module):
    """Mapping and synthesis together; a LatentGenerator (generators.registry)."""

    has_noise = True

    def __init__(
        self,
        size: SynthesisSize,
        *,
        z_dim: int = 512,
        label_count: int = 0,
        mapping_layers: int = 8,
    ) -> None:
        super().__init__()
        self.z_dim = z_dim
        self.label_count = label_count
        self.mapping = MappingNetwork(z_dim, label_count, size.w_dim, mapping_layers)
        self.synthesis = SynthesisNetwork(size)

    @property
    def w_dim(self) -> int:
        return self.synthesis.size.w_dim

    @property
    def num_ws(self) -> int:
        return self.synthesis.size.num_ws

    def map_latent(self, z: Tensor, labels: Tensor) -> Tensor:
        """Map (batch, z_dim), (batch, label_count) to (batch, w_dim), not truncated."""
        w: Tensor = self.mapping(z, labels if self.label_count else None)
        return w

    def center(self, labels: Tensor) -> Tensor:
        """Return the w that truncation pulls towards, (batch, w_dim)."""
        return self.mapping.w_avg.unsqueeze(0).expand(labels.shape[0], -1)

    def synthesize(self, ws: Tensor, noise: NoiseMode, dtype: torch.dtype) -> Tensor:
        """Return (batch, channels, side, side) float32 from (batch, num_ws, w_dim)."""
        image: Tensor = self.synthesis(ws, noise, dtype)
        return image
