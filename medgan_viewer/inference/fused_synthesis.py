"""FusedSynthesis: a synthesis network prepared for one image at a time.

What does not depend on the latent is computed once: weights in the precision and layout that the
convolutions want, their energies for demodulation, noise and bias as one summand. The arithmetic is
that of generators.stylegan2; only rounding differs.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from medgan_viewer.errors import RunAbortedError
from medgan_viewer.generators.layers import (
    LRELU_GAIN,
    LRELU_SLOPE,
    EqualizedLinear,
    blur_fir,
    upsample_fir,
)
from medgan_viewer.generators.stylegan2 import SynthesisLayer, SynthesisNetwork, ToImageLayer
from medgan_viewer.inference.jobs import ShouldStop
from medgan_viewer.inference.packed_convolution import (
    Convolution,
    packed_convolution,
    plain_convolution,
)


@dataclass(frozen=True, slots=True, eq=False)
class _Style:
    """The affine map from w to styles, gains multiplied in; `weight` is (w_dim, channels)."""

    weight: Tensor
    bias: Tensor

    def __call__(self, w: Tensor) -> Tensor:
        return torch.addmm(self.bias, w, self.weight)


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """One modulated convolution with noise, bias and activation.

    Attributes
    ----------
    weight : what styles scale where it is smaller than the image, else None
    convolution : what is applied where styles scale the image instead, else None
    energy : (in, out), sum of squared weights over the kernel
    shift, noisy_shift : bias alone, and bias with constant noise; broadcast over the image
    """

    style: _Style
    weight: Tensor | None
    convolution: Convolution | None
    energy: Tensor
    shift: Tensor
    noisy_shift: Tensor
    up: bool
    size_bytes: int

    def __call__(self, x: Tensor, w: Tensor, noise: bool) -> Tensor:
        styles = self.style(w)
        factors = (styles.square() @ self.energy).add_(1e-8).rsqrt_().mul_(LRELU_GAIN)
        if self.convolution is not None:
            x = self.convolution(x * styles.to(x.dtype).view(1, -1, 1, 1))
            x = x.mul_(factors.to(x.dtype).view(1, -1, 1, 1))
        elif self.weight is not None:
            pairs = styles.t() * factors if self.up else factors.t() * styles
            weight = self.weight * pairs.to(x.dtype)[:, :, None, None]
            x = plain_convolution(x, weight, up=self.up)
        if self.up:
            x = blur_fir(x, 1, gain=4.0)
        # Two passes: torch.addcmul takes four times as long in bfloat16.
        x = x.add_(self.noisy_shift if noise else self.shift)
        return F.leaky_relu_(x, LRELU_SLOPE)


@dataclass(frozen=True, slots=True, eq=False)
class _ToImage:
    """The image output of a block; `weight` is (image channels, channels)."""

    style: _Style
    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor, w: Tensor) -> Tensor:
        weight = (self.weight * self.style(w)).to(x.dtype)
        image = x.permute(0, 2, 3, 1) @ weight.t()  # a product of matrices starts sooner
        return image.permute(0, 3, 1, 2).float() + self.bias


class FusedSynthesis:
    """Makes the same image as the network it was made from, faster; one latent at a time."""

    def __init__(self, network: SynthesisNetwork, dtype: torch.dtype) -> None:
        with torch.inference_mode():
            const = network.blocks[0].const.detach().unsqueeze(0).to(dtype)
            self._const = const.contiguous(memory_format=torch.channels_last)
            self._blocks = [
                ([_layer(conv, dtype) for conv in block.convs], _to_image(block.torgb, dtype))
                for block in network.blocks
            ]

    @property
    def size_bytes(self) -> int:
        """Memory of the prepared weights, which stand beside those of the network."""
        return sum(layer.size_bytes for layers, _ in self._blocks for layer in layers)

    def __call__(self, ws: Tensor, noise: bool, should_stop: ShouldStop) -> Tensor:
        """Return (1, channels, side, side) float32 from (1, num_ws, w_dim) float32.

        Raises
        ------
        RunAbortedError
            should_stop() turned true between two layers.
        """
        x = self._const
        image: Tensor | None = None
        index = 0
        for layers, to_image in self._blocks:
            for layer in layers:
                if should_stop():
                    raise RunAbortedError
                x = layer(x, ws[:, index], noise)
                index += 1
            output = to_image(x, ws[:, index])
            image = output if image is None else upsample_fir(image) + output
        assert image is not None
        return image


def _style(affine: EqualizedLinear, gain: float = 1.0) -> _Style:
    weight = (affine.weight * (affine.weight_gain * gain)).t().contiguous()
    return _Style(weight, affine.bias * (affine.bias_gain * gain))


def _layer(conv: SynthesisLayer, dtype: torch.dtype) -> _Layer:
    bias = (conv.bias * LRELU_GAIN).view(1, -1, 1, 1)
    noise = conv.noise_const * (conv.noise_strength * LRELU_GAIN)
    noisy = (bias + noise).to(dtype).contiguous(memory_format=torch.channels_last)
    weight = conv.weight.transpose(0, 1) if conv.up else conv.weight
    weight = weight.to(dtype).contiguous(memory_format=torch.channels_last)
    side = noisy.shape[-1] // 2 if conv.up else noisy.shape[-1]
    scales_weight = weight.numel() < noisy.numel()
    return _Layer(
        style=_style(conv.affine),
        weight=weight if scales_weight else None,
        convolution=None if scales_weight else packed_convolution(weight, side, up=conv.up),
        size_bytes=(weight.numel() + noisy.numel()) * dtype.itemsize,
        energy=conv.weight.square().sum(dim=(2, 3)).t().contiguous(),
        shift=bias.to(dtype),
        noisy_shift=noisy,
        up=conv.up,
    )


def _to_image(layer: ToImageLayer, dtype: torch.dtype) -> _ToImage:
    return _ToImage(
        style=_style(layer.affine, layer.weight_gain),
        weight=layer.weight.flatten(1),
        bias=layer.bias.view(1, -1, 1, 1).clone(),
    )
