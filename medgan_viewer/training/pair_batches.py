"""PairBatches: registered slices of two contrasts on the device, drawn and moved together."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.errors import InputError
from medgan_viewer.inference.translation import FOREGROUND, MIN_FOREGROUND
from medgan_viewer.training.augmentation import jitter_geometry
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.machine import Machine

# Heads lie less alike in their pictures than chests do.
SHIFT, ZOOM, DEGREES = 0.06, 0.12, 10.0


class EvenOrder:
    """Positions in a set of slices, drawn so that each study comes as often as another.

    Parameters
    ----------
    counts : slices of each study, which lie one study after the other; none is 0
    """

    def __init__(self, counts: Sequence[int], device: torch.device) -> None:
        self._counts = torch.tensor(counts, device=device)
        self._first = self._counts.cumsum(0) - self._counts

    def choose(self, draw: Draw, count: int) -> Tensor:
        """Return (count,) positions."""
        study = draw.integers(len(self._counts), count)
        return (draw.uniform(count) * self._counts[study]).long() + self._first[study]


class PairBatches:
    """Training pairs as tensors; slices that are almost all background are left out.

    Parameters
    ----------
    intensity_jitter : largest relative change of the source's brightness, and of the power that
        bends its gray scale; the target stays as it is
    mirror : also draw left-right mirror images

    Attributes
    ----------
    pairs : (n, 2, rows, columns) float32 in [-1, 1], source and target, on the device

    Raises
    ------
    InputError
        No slice shows anything, or the slices differ in size.
    """

    def __init__(
        self,
        studies: Sequence[PairedSlices],
        machine: Machine,
        *,
        intensity_jitter: float = 0.0,
        mirror: bool = False,
    ) -> None:
        self._machine = machine
        self._jitter = intensity_jitter
        self._mirror = mirror
        pairs = _pairs_with_content(studies)
        self.pairs = torch.from_numpy(np.concatenate(pairs)).to(machine.device)
        self._order = EvenOrder([len(part) for part in pairs], machine.device)

    def __len__(self) -> int:
        return int(self.pairs.shape[0])

    @property
    def sides(self) -> tuple[int, int]:
        """Rows and columns of a slice."""
        return int(self.pairs.shape[2]), int(self.pairs.shape[3])

    def draw(self, draw: Draw, count: int) -> tuple[Tensor, Tensor]:
        """Return sources and targets, (count, 1, rows, columns) each in [-1, 1]."""
        pairs = moved(self.pairs[self._order.choose(draw, count)], draw, self._mirror)
        source, target = pairs[:, :1], pairs[:, 1:]
        if self._jitter:
            change = (draw.uniform(count, 2, 1, 1, 1) * 2 - 1) * self._jitter + 1
            source = jitter_intensity(source, change[:, 0], change[:, 1])
        return self._machine.laid_out(source), self._machine.laid_out(target)

    def shown(self, count: int) -> tuple[Tensor, Tensor]:
        """Return up to `count` pairs spread over the set, as they are, always the same."""
        chosen = self.pairs[spread(len(self), count)]
        return self._machine.laid_out(chosen[:, :1]), self._machine.laid_out(chosen[:, 1:])


def _pairs_with_content(studies: Sequence[PairedSlices]) -> list[npt.NDArray[np.float32]]:
    """Return (slices, 2, rows, columns) of each study whose source shows something."""
    pairs = []
    for study in studies:
        bright = (study.source > FOREGROUND).mean(axis=(1, 2))
        kept = bright >= MIN_FOREGROUND  # others are left as they are when a series is translated
        if kept.any():
            pairs.append(np.stack([study.source[kept], study.target[kept]], axis=1))
    if not pairs:
        raise no_content()
    sizes = sorted({part.shape[2:] for part in pairs})
    if len(sizes) > 1:
        words = " and ".join(f"{rows} x {columns}" for rows, columns in sizes[:2])
        raise InputError(
            f"The slices of the studies differ in size: {words} pixels.",
            "Prepare all studies with one number of rows and columns.",
        )
    return pairs


def no_content() -> InputError:
    """Return the error for data that show nothing."""
    return InputError(
        "No slice of the training data shows more than background.",
        "Check the folder, the contrasts and the intensities under [data].",
    )


def moved(images: Tensor, draw: Draw, mirror: bool) -> Tensor:
    """Move, scale and turn (batch, channels, rows, columns), each image in its own way."""
    count = images.shape[0]
    uniforms = draw.uniform(count, 4) * 2 - 1
    images = jitter_geometry(images, uniforms, shift=SHIFT, zoom=ZOOM, degrees=DEGREES)
    if mirror:
        flip = draw.uniform(count, 1, 1, 1) < 0.5
        images = torch.where(flip, images.flip(3), images)
    return images


def jitter_intensity(images: Tensor, power: Tensor, factor: Tensor) -> Tensor:
    """Bend the gray scale of images in [-1, 1] and scale its height; black stays black.

    Parameters
    ----------
    power, factor : (batch, 1, 1, 1) about 1
    """
    gray = ((images + 1) / 2).clamp(0, 1)
    return (gray**power * factor * 2 - 1).clamp(-1, 1)


def spread(length: int, count: int) -> Tensor:
    """Return up to `count` positions, evenly spread over `length`."""
    return torch.arange(length)[:: max(length // count, 1)][:count]
