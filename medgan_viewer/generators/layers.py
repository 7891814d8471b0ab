"""Blocks shared by the networks: equalised layers, FIR resampling, modulated convolution.

The arithmetic is that of StyleGAN2 (Karras et al. 2020, arXiv 1912.04958; ADA arXiv 2006.06676), so
that published state dicts give the pictures they were trained for.
"""

import math
from enum import Enum

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LRELU_SLOPE = 0.2
LRELU_GAIN = math.sqrt(2.0)
FIR_TAPS = (1.0, 3.0, 3.0, 1.0)


def leaky_relu(x: Tensor) -> Tensor:
    """Leaky ReLU of slope 0.2 that keeps the variance (gain sqrt 2)."""
    return F.leaky_relu(x, LRELU_SLOPE) * LRELU_GAIN


def normalize_second_moment(x: Tensor, eps: float = 1e-8) -> Tensor:
    """Divide each row of (batch, features) by its root mean square."""
    return x * (x.square().mean(dim=1, keepdim=True) + eps).rsqrt()


def fir_kernel() -> Tensor:
    """Return the (4, 4) low-pass kernel [1, 3, 3, 1] x [1, 3, 3, 1], sum 1."""
    taps = torch.tensor(FIR_TAPS)
    kernel = torch.outer(taps, taps)
    return kernel / kernel.sum()


def upsample_fir(x: Tensor) -> Tensor:
    """Double both sides of (batch, channels, rows, columns) with the FIR kernel.

    Between pixels the kernel's two phases (3/4, 1/4) are those of bilinear interpolation; beyond
    the edge the kernel sees zeros, hence the padding that is cut off again.
    """
    padded = F.pad(x, (1, 1, 1, 1))
    doubled = F.interpolate(padded, scale_factor=2, mode="bilinear", align_corners=False)
    return doubled[:, :, 2:-2, 2:-2]


def blur_fir(x: Tensor, padding: int, gain: float = 1.0, stride: int = 1) -> Tensor:
    """Filter each channel with the FIR kernel after zero padding on all sides.

    One depthwise convolution: on a CPU, and backwards most of all, it is many times faster than
    sums of shifted slices.
    """
    channels = x.shape[1]
    kernel = (fir_kernel().to(x) * gain).expand(channels, 1, 4, 4)
    return F.conv2d(x, kernel, padding=padding, stride=stride, groups=channels)


def downsample_fir(x: Tensor) -> Tensor:
    """Halve both sides of (batch, channels, rows, columns) after the FIR low-pass."""
    return blur_fir(x, 1, stride=2)


def scale_channels(x: Tensor, factors: Tensor) -> Tensor:
    """Multiply each channel of (batch, channels, rows, columns) by (batch, channels) factors."""
    factors = factors.to(x.dtype)
    if not _has_channels_inside(x):
        return x * factors.view(*factors.shape, 1, 1)
    batch, channels, rows, columns = x.shape
    lines = x.permute(0, 2, 3, 1).reshape(batch, rows, columns * channels)
    tiled = factors.repeat(1, columns).view(factors.shape[0], 1, columns * channels)
    return (lines * tiled).view(batch, rows, columns, channels).permute(0, 3, 1, 2)


def shift_channels(x: Tensor, bias: Tensor) -> Tensor:
    """Add (channels,) to (batch, channels, rows, columns)."""
    bias = bias.to(x.dtype)
    if not _has_channels_inside(x):
        return x + bias.view(1, -1, 1, 1)
    batch, channels, rows, columns = x.shape
    lines = x.permute(0, 2, 3, 1).reshape(batch, rows, columns * channels)
    return (lines + bias.repeat(columns)).view(batch, rows, columns, channels).permute(0, 3, 1, 2)


def _has_channels_inside(x: Tensor) -> bool:
    """Say whether broadcasting over channels would run in many short loops.

    On a CPU with channels innermost it does, and tiling the small factor along the columns is up to
    six times faster. The numbers are the same.
    """
    return x.device.type == "cpu" and x.is_contiguous(memory_format=torch.channels_last)


class EqualizedLinear(nn.Module):
    """Dense layer whose weights are scaled at run time (1 / sqrt(inputs) x lr_multiplier)."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias_init: float = 0.0,
        lr_multiplier: float = 1.0,
        activate: bool = False,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((out_features,), bias_init))
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:  # (batch, in) -> (batch, out)
        x = F.linear(x, self.weight * self.weight_gain, self.bias * self.bias_gain)
        return leaky_relu(x) if self.activate else x


class EqualizedConv(nn.Module):
    """Convolution with run-time weight scaling, optional halving and leaky ReLU."""

    resample_filter: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        bias: bool = True,
        down: bool = False,
        activate: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.register_buffer("resample_filter", fir_kernel())
        self.weight_gain = 1 / math.sqrt(in_channels * kernel * kernel)
        self.kernel = kernel
        self.down = down
        self.activate = activate

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        # The leaky ReLU is positively homogeneous, so all gains fit into the small weights.
        gain = gain * LRELU_GAIN if self.activate else gain
        weight = self.weight * (self.weight_gain * gain)
        if self.down and self.kernel == 1:
            x = F.conv2d(downsample_fir(x), weight)
        elif self.down:
            x = F.conv2d(blur_fir(x, 2), weight, stride=2)
        else:
            x = F.conv2d(x, weight, padding=self.kernel // 2)
        if self.bias is not None:
            x = shift_channels(x, self.bias * gain)
        return F.leaky_relu(x, LRELU_SLOPE) if self.activate else x


def modulated_conv(
    x: Tensor,
    weight: Tensor,
    styles: Tensor,
    *,
    demodulate: bool,
    up: bool = False,
    gain: float = 1.0,
) -> Tensor:
    """Convolve with weights that each sample's style scales (Karras et al. 2020, section 2.2).

    Parameters
    ----------
    x : (batch, in, rows, columns)
    weight : (out, in, kernel, kernel)
    styles : (batch, in) float32
    demodulate : bring each output channel back to unit variance
    up : double the resolution (3x3 kernels only)
    gain : factor on the result; needs `demodulate`

    Notes
    -----
    Instead of building weights per sample, the activations are scaled before and after one shared
    convolution. The result is the same up to rounding, and on a CPU the 3x3 weights are the slower
    thing to scale.
    """
    factors = None
    if demodulate:  # over in * kernel * kernel, in float32
        energy = weight.float().square().sum(dim=(2, 3))  # (out, in)
        factors = (styles.square() @ energy.t() + 1e-8).rsqrt() * gain  # (batch, out)
    x = _conv(scale_channels(x, styles), weight.to(x.dtype), up)
    return x if factors is None else scale_channels(x, factors)


def _conv(x: Tensor, weight: Tensor, up: bool) -> Tensor:
    if not up:
        return F.conv2d(x, weight, padding=weight.shape[-1] // 2)
    # Transposed convolution to 2 n + 1, then the FIR low-pass cuts it to 2 n.
    x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    return blur_fir(x, 1, gain=4.0)


class Norm(Enum):
    """Normalisation of a translator, in the words of pix2pix."""

    BATCH = "batch"
    INSTANCE = "instance"
    NONE = "none"


def make_norm(norm: Norm, channels: int) -> nn.Module:
    """Return the layer; instance norm has neither weights nor running statistics."""
    match norm:
        case Norm.BATCH:
            return nn.BatchNorm2d(channels)
        case Norm.INSTANCE:
            return nn.InstanceNorm2d(channels)
        case Norm.NONE:
            return nn.Identity()


def has_conv_bias(norm: Norm) -> bool:
    """Convolutions before instance norm have a bias in the published layouts, others have none."""
    return norm is Norm.INSTANCE
