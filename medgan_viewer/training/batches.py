"""ImageBatches: labelled images on the device, drawn label by label and moved a little."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from medgan_viewer.datasets.images import LabelledImages
from medgan_viewer.training.augmentation import jitter_geometry
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.machine import Machine


class ImageBatches:
    """Training images as tensors.

    Attributes
    ----------
    pixels : (n, 1, side, side) in the integer type of the set, on the device
    labels : (n,) on the device
    label_count : 0 when the images have no labels
    """

    def __init__(
        self, images: LabelledImages, machine: Machine, *, balance: bool, mirror: bool
    ) -> None:
        self._machine = machine
        self._mirror = mirror
        self._scale = float(np.iinfo(images.pixels.dtype).max) / 2
        # torch has few operations on uint16; int32 holds the same values.
        stored = images.pixels.astype(np.int32) if images.pixels.itemsize > 1 else images.pixels
        self.pixels = torch.from_numpy(stored).unsqueeze(1).to(machine.device)
        self.labels = torch.from_numpy(images.labels).to(machine.device)
        self.label_count = len(images.label_names)
        self._order = torch.argsort(self.labels, stable=True)
        counts = torch.bincount(self.labels, minlength=max(self.label_count, 1))
        self._first = counts.cumsum(0) - counts
        self._counts = counts
        self._balance = balance and self.label_count > 1

    def __len__(self) -> int:
        return int(self.pixels.shape[0])

    def draw(self, draw: Draw, count: int) -> tuple[Tensor, Tensor]:
        """Return (count, 1, side, side) in [-1, 1] and (count, label_count) one-hot labels."""
        if self._balance:
            label = draw.integers(self.label_count, count)
            place = (draw.uniform(count) * self._counts[label]).long() + self._first[label]
            chosen = self._order[place]
        else:
            chosen = draw.integers(len(self), count)
        images = jitter_geometry(self.values(chosen), draw.uniform(count, 4) * 2 - 1)
        if self._mirror:
            flip = draw.uniform(count, 1, 1, 1) < 0.5
            images = torch.where(flip, images.flip(3), images)
        return self._machine.laid_out(images), self.one_hot(self.labels[chosen])

    def values(self, chosen: Tensor | slice) -> Tensor:
        """Return images in [-1, 1], as they are."""
        return self.pixels[chosen].float() / self._scale - 1

    def one_hot(self, labels: Tensor) -> Tensor:
        if not self.label_count:
            return torch.zeros(labels.shape[0], 0, device=labels.device)
        return F.one_hot(labels, self.label_count).float()

    def random_labels(self, draw: Draw, count: int) -> Tensor:
        """Return (count, label_count) one-hot labels, as often as `draw` would give them."""
        if self._balance:
            return self.one_hot(draw.integers(self.label_count, count))
        return self.one_hot(self.labels[draw.integers(len(self), count)])
