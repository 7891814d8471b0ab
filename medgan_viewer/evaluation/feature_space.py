"""FeatureSpace: a named way from images to vectors whose distances mean likeness."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

FloatImages = npt.NDArray[np.float32]
Features = npt.NDArray[np.float64]

BATCH = 64
_SMALLEST_SD = 0.1  # of the median over features


class FeatureSpace(Protocol):
    """Something that turns gray images into vectors."""

    @property
    def name(self) -> str:
        """Words for the name of a figure: "classifier features"."""
        ...

    def features(self, images: FloatImages) -> Features:
        """Map (n, rows, columns) in [-1, 1] to (n, features)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ScaledSpace:
    """A feature space in which each feature counts in standard deviations of reference images.

    Attributes
    ----------
    mean, sd : (features,) of the reference images; see `scaled_to` for those that hardly vary
    """

    inner: FeatureSpace
    mean: Features
    sd: Features

    @property
    def name(self) -> str:
        return self.inner.name

    def features(self, images: FloatImages) -> Features:
        scaled: Features = (self.inner.features(images) - self.mean) / self.sd
        return scaled


def scaled_to(space: FeatureSpace, images: FloatImages) -> ScaledSpace:
    """Return `space` in standard deviations of the given (n, rows, columns) images.

    A feature that hardly varies among them keeps a tenth of the usual standard deviation as its
    unit, so that it cannot outweigh all others by a trifle.
    """
    found = space.features(images)
    sd = found.std(axis=0, ddof=1)
    sd = np.maximum(sd, _SMALLEST_SD * float(np.median(sd)))
    return ScaledSpace(space, found.mean(axis=0), np.where(sd > 0, sd, 1.0))


def resized(images: FloatImages, rows: int, columns: int) -> FloatImages:
    """Bring (n, any, any) images to (n, rows, columns): bilinear up, mean of areas down."""
    height, width = images.shape[1:]
    if (height, width) == (rows, columns):
        return images
    parts = torch.split(torch.from_numpy(np.ascontiguousarray(images))[:, None], BATCH)
    made: FloatImages = np.concatenate(
        [resized_tensor(part, rows, columns)[:, 0].numpy() for part in parts]
    )
    return made


def resized_tensor(images: Tensor, rows: int, columns: int) -> Tensor:
    """Resize (n, channels, any, any) as `resized` does."""
    if images.shape[-2] >= rows and images.shape[-1] >= columns:
        return F.interpolate(images, (rows, columns), mode="area")
    return F.interpolate(images, (rows, columns), mode="bilinear", align_corners=False)
