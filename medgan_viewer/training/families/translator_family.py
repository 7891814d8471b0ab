"""TranslatorFamily: what all families have whose network makes an image from an image."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from medgan_viewer.errors import InputError
from medgan_viewer.generators.discriminators import PatchDiscriminator
from medgan_viewer.generators.resnet_translator import ResnetSize
from medgan_viewer.training.family import SYNTHETIC, Family, Sheet, TrainedNetwork
from medgan_viewer.training.loop import averaged_copy
from medgan_viewer.training.machine import Machine

SHEET_COLUMNS = 6
SMALLEST_SIDE = 24  # below it, the 70 x 70 patch discriminator has nothing to normalise over


class TranslatorFamily(Family):
    """A family whose averaged network is an ImageTranslator.

    Attributes
    ----------
    model, average : the translator from source to target, and the average of its weights
    count : images a step in this process
    """

    model: nn.Module
    average: nn.Module

    def __init__(self, machine: Machine, batch: int) -> None:
        self.machine = machine
        self.count = batch // machine.share.world

    def descend(self, loss: Tensor, *names: str) -> bool:
        """Take a step of the named networks along one loss; False if a gradient was not finite."""
        chosen = [self.trained[name] for name in names]
        optimizers = [trained.optimizer for trained in chosen]
        return self.machine.descend_all(
            loss, optimizers, [p for trained in chosen for p in trained.parameters]
        )

    def translated(self, translate: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        """Run (batch, 1, rows, columns) through a translator in the run's precision."""
        with self.machine.autocast():
            made = translate(images)
        return made.float()

    def judged(self, judge: nn.Module, images: Tensor) -> list[Tensor]:
        """Return activations and, last, the logits of a patch discriminator."""
        with self.machine.autocast():
            found: list[Tensor] = judge(images)
        return found

    @torch.no_grad()
    def sheet_of(self, source: Tensor, target: Tensor | None = None) -> Sheet:
        """Show sources, below them what the averaged weights make of them, and the real targets."""
        made = torch.cat([self.average(image) for image in torch.split(source, 1)])
        rows = [source, made] if target is None else [source, made, target]
        images = torch.cat([row.float() for row in rows])[:, 0].cpu().numpy()
        captions = ("REAL, source", SYNTHETIC, "REAL, target")[: len(rows)]
        return Sheet(np.ascontiguousarray(images), len(source), captions)


def patch_judge(machine: Machine, channels: int, base: int) -> nn.Module:
    """Return pix2pix's discriminator of 70 x 70 patches on the device."""
    return machine.place(PatchDiscriminator(channels, base))


def trained(
    network: nn.Module, rate: float, betas: tuple[float, float], *, average: bool = False
) -> TrainedNetwork:
    """Give a network its Adam and, if wished, an average of its weights."""
    optimizer = torch.optim.Adam(network.parameters(), rate, betas)
    return TrainedNetwork(network, optimizer, rate, averaged_copy(network) if average else None)


def judge_loss(real: Tensor, made: Tensor) -> Tensor:
    """Least-squares loss of a discriminator (Mao et al. 2017), halved as in pix2pix."""
    return 0.5 * ((real.float() - 1).square().mean() + made.float().square().mean())


def deceit_loss(made: Tensor) -> Tensor:
    """Least-squares loss of a generator: how far the verdict on its images is from real."""
    return (made.float() - 1).square().mean()


def check_sides(sides: Sequence[int], multiple: int, remedy: str) -> None:
    """Refuse slices that do not fit a network.

    Raises
    ------
    InputError
        A side is no multiple of `multiple`, or too small for a patch discriminator.
    """
    words = " x ".join(map(str, sides))
    if min(sides) < SMALLEST_SIDE:
        raise InputError(
            f"Slices of {words} pixels are too small to train on.",
            f"Give slices of at least {SMALLEST_SIDE} pixels a side.",
        )
    if any(side % multiple for side in sides):
        raise InputError(
            f"Slices of {words} pixels do not fit a network that needs multiples of {multiple}.",
            remedy,
        )


def resnet_sizes(size: ResnetSize) -> dict[str, int | float | bool | str]:
    """Return the sizes of a ResNet translator as a manifest states them."""
    return {
        "in_channels": size.in_channels,
        "base": size.base,
        "blocks": size.blocks,
        "norm": size.norm.value,
        "dropout": size.dropout,
        "antialias_down": size.antialias_down,
        "antialias_up": size.antialias_up,
    }
