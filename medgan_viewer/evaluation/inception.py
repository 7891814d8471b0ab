"""InceptionV3 (Szegedy et al. 2016) up to its last layer, with the usual names of its tensors.

The weights that published Fréchet distances are computed with have the same names; with them, the
average pooling leaves the padding out, and the last block takes the maximum.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Kernel = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution of a block: its name, channels out, kernel, stride; padded to keep the size."""

    name: str
    outside: int
    kernel: Kernel = (1, 1)
    stride: int = 1


Chain = tuple[Conv, ...]


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """One Mixed block.

    Attributes
    ----------
    paths : convolutions one after another
    forks : by index of a path, two convolutions that both follow its end, side by side
    pool : channels of the convolution after pooling; None passes the maximum of 3 x 3 by, stride 2
    takes_maximum : the variant for Fréchet distances pools by maximum here
    """

    paths: tuple[Chain, ...]
    forks: tuple[tuple[int, Conv, Conv], ...] = ()
    pool: int | None = None
    takes_maximum: bool = False


def _a(pool: int) -> BlockPlan:
    return BlockPlan(
        (
            (Conv("branch1x1", 64),),
            (Conv("branch5x5_1", 48), Conv("branch5x5_2", 64, (5, 5))),
            (
                Conv("branch3x3dbl_1", 64),
                Conv("branch3x3dbl_2", 96, (3, 3)),
                Conv("branch3x3dbl_3", 96, (3, 3)),
            ),
        ),
        pool=pool,
    )


_B = BlockPlan(
    (
        (Conv("branch3x3", 384, (3, 3), 2),),
        (
            Conv("branch3x3dbl_1", 64),
            Conv("branch3x3dbl_2", 96, (3, 3)),
            Conv("branch3x3dbl_3", 96, (3, 3), 2),
        ),
    )
)


def _c(width: int) -> BlockPlan:
    return BlockPlan(
        (
            (Conv("branch1x1", 192),),
            (
                Conv("branch7x7_1", width),
                Conv("branch7x7_2", width, (1, 7)),
                Conv("branch7x7_3", 192, (7, 1)),
            ),
            (
                Conv("branch7x7dbl_1", width),
                Conv("branch7x7dbl_2", width, (7, 1)),
                Conv("branch7x7dbl_3", width, (1, 7)),
                Conv("branch7x7dbl_4", width, (7, 1)),
                Conv("branch7x7dbl_5", 192, (1, 7)),
            ),
        ),
        pool=192,
    )


_D = BlockPlan(
    (
        (Conv("branch3x3_1", 192), Conv("branch3x3_2", 320, (3, 3), 2)),
        (
            Conv("branch7x7x3_1", 192),
            Conv("branch7x7x3_2", 192, (1, 7)),
            Conv("branch7x7x3_3", 192, (7, 1)),
            Conv("branch7x7x3_4", 192, (3, 3), 2),
        ),
    )
)


def _e(takes_maximum: bool) -> BlockPlan:
    return BlockPlan(
        (
            (Conv("branch1x1", 320),),
            (Conv("branch3x3_1", 384),),
            (Conv("branch3x3dbl_1", 448), Conv("branch3x3dbl_2", 384, (3, 3))),
        ),
        forks=(
            (1, Conv("branch3x3_2a", 384, (1, 3)), Conv("branch3x3_2b", 384, (3, 1))),
            (2, Conv("branch3x3dbl_3a", 384, (1, 3)), Conv("branch3x3dbl_3b", 384, (3, 1))),
        ),
        pool=192,
        takes_maximum=takes_maximum,
    )


_STEM = (  # name, channels in, out, kernel, stride, padding
    ("Conv2d_1a_3x3", 3, 32, 3, 2, 0),
    ("Conv2d_2a_3x3", 32, 32, 3, 1, 0),
    ("Conv2d_2b_3x3", 32, 64, 3, 1, 1),
    ("Conv2d_3b_1x1", 64, 80, 1, 1, 0),
    ("Conv2d_4a_3x3", 80, 192, 3, 1, 0),
)
_MAX_POOL_AFTER = ("Conv2d_2b_3x3", "Conv2d_4a_3x3")
_BLOCKS = (  # name, channels in, plan
    ("Mixed_5b", 192, _a(32)),
    ("Mixed_5c", 256, _a(64)),
    ("Mixed_5d", 288, _a(64)),
    ("Mixed_6a", 288, _B),
    ("Mixed_6b", 768, _c(128)),
    ("Mixed_6c", 768, _c(160)),
    ("Mixed_6d", 768, _c(160)),
    ("Mixed_6e", 768, _c(192)),
    ("Mixed_7a", 768, _D),
    ("Mixed_7b", 1280, _e(False)),
    ("Mixed_7c", 2048, _e(True)),
)


class ConvNorm(nn.Module):
    """Convolution, batch normalisation, rectifier."""

    def __init__(self, inside: int, outside: int, kernel: Kernel, stride: int, pad: Kernel) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, pad, bias=False)
        self.bn = nn.BatchNorm2d(outside, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class MixedBlock(nn.Module):
    """Paths of convolutions side by side, their channels one after another."""

    def __init__(self, inside: int, plan: BlockPlan, for_frechet: bool) -> None:
        super().__init__()
        self.plan = plan
        self.for_frechet = for_frechet
        for path in plan.paths:
            width = inside
            for conv in path:
                self._add(conv, width)
                width = conv.outside
        for index, *ends in plan.forks:
            for conv in ends:
                self._add(conv, plan.paths[index][-1].outside)
        if plan.pool is not None:
            self._add(Conv("branch_pool", plan.pool), inside)

    def forward(self, x: Tensor) -> Tensor:
        forks = {index: ends for index, *ends in self.plan.forks}
        found = []
        for index, path in enumerate(self.plan.paths):
            y = x
            for conv in path:
                y = self.get_submodule(conv.name)(y)
            if index in forks:
                found += [self.get_submodule(conv.name)(y) for conv in forks[index]]
            else:
                found.append(y)
        if self.plan.pool is None:
            found.append(F.max_pool2d(x, 3, stride=2))
        elif self.for_frechet and self.plan.takes_maximum:
            found.append(self.get_submodule("branch_pool")(F.max_pool2d(x, 3, 1, padding=1)))
        else:
            pooled = F.avg_pool2d(x, 3, 1, padding=1, count_include_pad=not self.for_frechet)
            found.append(self.get_submodule("branch_pool")(pooled))
        return torch.cat(found, dim=1)

    def _add(self, conv: Conv, inside: int) -> None:
        pad = (conv.kernel[0] // 2, conv.kernel[1] // 2) if conv.stride == 1 else (0, 0)
        self.add_module(conv.name, ConvNorm(inside, conv.outside, conv.kernel, conv.stride, pad))


class InceptionNetwork(nn.Module):
    """(batch, 3, 299, 299) to (batch, 2048): everything before the last layer."""

    def __init__(self, for_frechet: bool) -> None:
        super().__init__()
        for name, inside, outside, kernel, stride, pad in _STEM:
            conv = ConvNorm(inside, outside, (kernel, kernel), stride, (pad, pad))
            self.add_module(name, conv)
        for name, inside, plan in _BLOCKS:
            self.add_module(name, MixedBlock(inside, plan, for_frechet))

    def forward(self, x: Tensor) -> Tensor:
        for name, *_ in _STEM:
            x = self.get_submodule(name)(x)
            if name in _MAX_POOL_AFTER:
                x = F.max_pool2d(x, 3, stride=2)
        for name, *_ in _BLOCKS:
            x = self.get_submodule(name)(x)
        return x.mean(dim=(2, 3))
