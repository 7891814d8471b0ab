"""What a translator has to beat: simple ways from source to target, and a network with L1 alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.evaluation.feature_space import FloatImages
from medgan_viewer.generators.layers import Norm
from medgan_viewer.generators.unet_translator import UnetSize, UnetTranslator

Translate = Callable[[PairedSlices], FloatImages]

_BACKGROUND = -0.9
_BATCH = 8


def identity(pairs: PairedSlices) -> FloatImages:
    """Return the source as it is, shown as if it were the target."""
    return pairs.source


def mean_target(train: Sequence[PairedSlices]) -> Translate:
    """Return the way that gives the mean training target at the same relative height."""

    def translate(pairs: PairedSlices) -> FloatImages:
        made = np.empty_like(pairs.target)
        count = len(pairs.target)
        for index in range(count):
            part = index / max(count - 1, 1)
            heights = [study.target[round(part * (len(study.target) - 1))] for study in train]
            made[index] = np.mean(heights, axis=0)
        return made

    return translate


def histogram_match(train: Sequence[PairedSlices]) -> Translate:
    """Return the way that gives the source with the intensities of the training targets.

    One monotonic curve per study, found outside of the background.
    """
    levels = np.linspace(0, 100, 513)
    targets = np.concatenate([study.target[study.target > _BACKGROUND][::7] for study in train])
    wanted = np.percentile(targets, levels)

    def translate(pairs: PairedSlices) -> FloatImages:
        inside = pairs.source > _BACKGROUND
        made = np.full_like(pairs.source, -1.0)
        if inside.any():
            found = np.percentile(pairs.source[inside], levels)
            made[inside] = np.interp(pairs.source[inside], found, wanted)
        return made

    return translate


@dataclass(frozen=True, slots=True)
class L1Training:
    """How a network is trained on the mean absolute difference alone.

    Attributes
    ----------
    steps : of 8 slices each
    rate : learning rate of Adam at the start; it falls to 0 like a cosine
    """

    steps: int
    rate: float
    seed: int = 0


def linear_filter(train: Sequence[PairedSlices], steps: int = 800) -> Translate:
    """Return the best linear filter of 11 x 11 pixels, trained with L1."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Conv2d(1, 1, 11, padding=5)
    return train_on_l1(network, train, L1Training(steps, 2e-3))


def l1_network(train: Sequence[PairedSlices], steps: int = 400, base: int = 16) -> Translate:
    """Return a small U-Net trained with L1 alone: a translator without a discriminator."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = UnetTranslator(UnetSize(1, 1, base, 5, Norm.INSTANCE))
    return train_on_l1(network, train, L1Training(steps, 2e-3))


def train_on_l1(
    network: nn.Module, train: Sequence[PairedSlices], training: L1Training
) -> Translate:
    """Train a network from source to target slices and return it as a way to translate."""
    random = torch.Generator().manual_seed(training.seed)
    optimizer = torch.optim.Adam(network.parameters(), training.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(training.steps, 1))
    source = torch.from_numpy(np.concatenate([study.source for study in train]))[:, None]
    target = torch.from_numpy(np.concatenate([study.target for study in train]))[:, None]
    for _ in range(training.steps):
        chosen = torch.randint(0, len(source), (_BATCH,), generator=random)
        loss = (network(source[chosen]) - target[chosen]).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    network.requires_grad_(False).eval()
    return way_of(network)


def way_of(network: Callable[[Tensor], Tensor]) -> Translate:
    """Return a network of (batch, 1, rows, columns) in [-1, 1] as a way to translate."""

    @torch.inference_mode()
    def translate(pairs: PairedSlices) -> FloatImages:
        parts = torch.split(torch.from_numpy(np.ascontiguousarray(pairs.source))[:, None], _BATCH)
        made: FloatImages = np.concatenate([network(part)[:, 0].numpy() for part in parts])
        return np.clip(made, -1, 1)

    return translate
