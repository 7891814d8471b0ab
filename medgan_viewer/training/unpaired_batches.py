"""UnpairedBatches: images of two contrasts on the device, drawn independently of each other."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
from torch import Tensor

from medgan_viewer.datasets.images import LabelledImages, patient_groups
from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.datasets.unpaired import UnpairedImages, from_pairs
from medgan_viewer.errors import InputError
from medgan_viewer.inference.translation import FOREGROUND, MIN_FOREGROUND
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.machine import Machine
from medgan_viewer.training.pair_batches import EvenOrder, moved, no_content, spread


class ImageSet:
    """The images of one contrast; those that are almost all background are left out.

    Attributes
    ----------
    pixels : (n, 1, rows, columns) in the integer type of the set, on the device
    """

    def __init__(self, images: LabelledImages, device: torch.device) -> None:
        top = np.iinfo(images.pixels.dtype).max
        bright = (images.pixels > (FOREGROUND + 1) / 2 * top).mean(axis=(1, 2))
        group = patient_groups(images.patients)
        order = np.argsort(group, kind="stable")
        order = order[bright[order] >= MIN_FOREGROUND]
        if not len(order):
            raise no_content()
        counts = np.bincount(group[order])
        stored = images.pixels[order]
        # torch has few operations on uint16; int32 holds the same values.
        stored = stored.astype(np.int32) if stored.itemsize > 1 else stored
        self.pixels = torch.from_numpy(stored).unsqueeze(1).to(device)
        self._half = float(top) / 2
        self._order = EvenOrder(counts[counts > 0].tolist(), device)

    def __len__(self) -> int:
        return int(self.pixels.shape[0])

    def draw(self, draw: Draw, count: int) -> Tensor:
        """Return (count, 1, rows, columns) in [-1, 1], each patient as often as another."""
        return self.values(self._order.choose(draw, count))

    def values(self, chosen: Tensor) -> Tensor:
        """Return images in [-1, 1], as they are."""
        return self.pixels[chosen].float() / self._half - 1


class UnpairedBatches:
    """Training images of two contrasts.

    Raises
    ------
    InputError
        One set shows nothing, or the two differ in size.
    """

    def __init__(self, images: UnpairedImages, machine: Machine, *, mirror: bool = False) -> None:
        sizes = [part.pixels.shape[1:] for part in (images.source, images.target)]
        if sizes[0] != sizes[1]:
            words = [" x ".join(map(str, size)) for size in sizes]
            raise InputError(
                f"The sources have {words[0]} pixels and the targets {words[1]}.",
                "Prepare both with one number of rows and columns.",
            )
        self.source = ImageSet(images.source, machine.device)
        self.target = ImageSet(images.target, machine.device)
        self._machine = machine
        self._mirror = mirror

    @classmethod
    def from_pairs(
        cls, studies: Sequence[PairedSlices], machine: Machine, *, mirror: bool = False
    ) -> Self:
        """Take the contrasts of registered studies apart; what belonged together is lost."""
        return cls(from_pairs(list(studies), None), machine, mirror=mirror)

    @property
    def sides(self) -> tuple[int, int]:
        """Rows and columns of an image."""
        return int(self.source.pixels.shape[2]), int(self.source.pixels.shape[3])

    def draw(self, draw: Draw, count: int) -> tuple[Tensor, Tensor]:
        """Return sources and targets, (count, 1, rows, columns) each in [-1, 1]."""
        source = moved(self.source.draw(draw, count), draw, self._mirror)
        target = moved(self.target.draw(draw, count), draw, self._mirror)
        return self._machine.laid_out(source), self._machine.laid_out(target)

    def shown(self, count: int) -> Tensor:
        """Return up to `count` sources spread over their set, as they are, always the same."""
        return self._machine.laid_out(self.source.values(spread(len(self.source), count)))
