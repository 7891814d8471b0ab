"""Sliced Wasserstein distance of patches of a Laplacian pyramid (Karras et al. 2018).

Each level of the pyramid holds detail of one size, so a model may be right in the large and wrong
in the small. Descriptors are patches of 7 x 7 pixels; sets of them are projected onto random lines,
where the Wasserstein distance is the area between two distribution functions.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from medgan_viewer.evaluation.feature_space import FloatImages

SMALLEST_SIDE = 16
PATCH = 7
PATCHES_PER_IMAGE = 64
LINES = 64
_BINS = 160
_CHUNK = 64

Array = npt.NDArray[np.float32]
Weights = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PatchProjections:
    """Patches of a set of images on random lines.

    Attributes
    ----------
    levels : for each level, finest first, (n, patches, lines); the same lines for every set
    sides : shorter side of each level in pixels
    """

    levels: tuple[Array, ...]
    sides: tuple[int, ...]


def project_patches(images: FloatImages, *, seed: int = 0) -> PatchProjections:
    """Cut random patches from every level of each image's pyramid and project them.

    Parameters
    ----------
    images : (n, rows, columns), sides of at least 16 pixels
    seed : of places and lines; equal images at equal places of two sets give equal patches
    """
    count, rows, columns = images.shape
    lines = _random_lines(seed)
    found: list[list[Array]] = []
    for start in range(0, count, _CHUNK):
        part = torch.from_numpy(np.ascontiguousarray(images[start : start + _CHUNK]))[:, None]
        levels = laplacian_pyramid(part)
        random = np.random.default_rng((seed, start))
        found.append([_patches(level, random) @ lines for level in levels])
    sides = []
    side = min(rows, columns)
    for _ in found[0]:
        sides.append(side)
        side = -(-side // 2)
    stacked = tuple(np.concatenate(parts) for parts in zip(*found, strict=True))
    return PatchProjections(stacked, tuple(sides))


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Return the levels of (n, 1, rows, columns) images, finest first (Burt and Adelson 1983).

    Level i is the image at a size of 1 / 2^i less what the next size already shows; the last one,
    of 16 to 31 pixels, is what remains. Blown up and added, the levels give the image back.
    """
    levels = []
    while min(images.shape[-2:]) >= 2 * SMALLEST_SIDE:
        smaller = _blurred(images)[..., ::2, ::2]
        levels.append(images - _expanded(smaller, images.shape[-2:]))
        images = smaller
    return [*levels, images]


class SlicedDistance:
    """The distance of two sets at one level, also of parts of them; 0 for equal sets.

    Notes
    -----
    The paper scales each set by its own standard deviation, which hides blur and lost contrast.
    Here the reference's scale is used for both.
    """

    def __init__(self, reference: Array, candidate: Array) -> None:
        """Count (n, patches, lines) projections of both sets in common bins.

        Bins lie between the quantiles of both sets together: the area between two distribution
        functions is exact wherever they do not cross within a bin.
        """
        lines = reference.shape[-1]
        sd = np.sqrt(np.square(reference - reference.mean()).mean(dtype=np.float64))
        counts = [
            np.empty((len(side), lines, _BINS), np.float32) for side in (reference, candidate)
        ]
        self._widths = np.empty((lines, _BINS))
        for line in range(lines):
            sides = (reference[..., line], candidate[..., line])
            edges = np.quantile(
                np.concatenate([s.ravel() for s in sides]), np.linspace(0, 1, _BINS)
            )
            gaps = np.diff(edges, prepend=edges[0], append=edges[-1])
            self._widths[line] = (gaps[1:] + gaps[:-1]) / 2 / max(sd, 1e-12)  # trapezoids
            for side, count in zip(sides, counts, strict=True):
                count[:, line] = _counted(side, edges)
        self._reference, self._candidate = (count.reshape(len(count), -1) for count in counts)

    def distance(self, reference: Weights, candidate: Weights) -> float:
        """Return the distance of the images that are there `reference` (n,) and `candidate` (m,)
        times, in standard deviations of the reference's patches."""
        first = self._distribution(self._reference, reference)
        second = self._distribution(self._candidate, candidate)
        return float((np.abs(first - second) * self._widths).sum(axis=1).mean())

    def _distribution(self, counts: Array, weights: Weights) -> Weights:
        used = weights > 0
        shares = (weights[used].astype(np.float32) @ counts[used]).reshape(self._widths.shape)
        sums: Weights = np.cumsum(shares, axis=1, dtype=np.float64)
        return sums / sums[:, -1:]


def _counted(values: Array, edges: Weights) -> npt.NDArray[np.intp]:
    """Return (n, bins) how many of each image's (n, patches) values lie up to each edge."""
    place = np.searchsorted(edges, values, side="left").clip(0, _BINS - 1)
    place += np.arange(len(values))[:, np.newaxis] * _BINS
    counts: npt.NDArray[np.intp] = np.bincount(place.ravel(), minlength=len(values) * _BINS)
    return counts.reshape(len(values), _BINS)


def _random_lines(seed: int) -> Array:
    """Return (49, lines) unit vectors in columns."""
    lines = np.random.default_rng((seed, 1)).standard_normal((PATCH * PATCH, LINES))
    unit: Array = (lines / np.linalg.norm(lines, axis=0)).astype(np.float32)
    return unit


def _patches(level: Tensor, random: np.random.Generator) -> Array:
    """Return (n, patches, 49) at random places of (n, 1, rows, columns)."""
    count, _, rows, columns = level.shape
    tops = random.integers(0, rows - PATCH + 1, (count, PATCHES_PER_IMAGE))
    lefts = random.integers(0, columns - PATCH + 1, (count, PATCHES_PER_IMAGE))
    windows = np.lib.stride_tricks.sliding_window_view(level[:, 0].numpy(), (PATCH, PATCH), (1, 2))
    chosen = windows[np.arange(count)[:, np.newaxis], tops, lefts]  # (n, patches, 7, 7)
    return np.ascontiguousarray(chosen.reshape(count, PATCHES_PER_IMAGE, PATCH * PATCH))


def _kernel() -> Tensor:
    binomial = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    return torch.outer(binomial, binomial).view(1, 1, 5, 5)


def _blurred(images: Tensor) -> Tensor:
    return F.conv2d(F.pad(images, (2, 2, 2, 2), mode="reflect"), _kernel())


def _expanded(images: Tensor, size: torch.Size) -> Tensor:
    """Blow up to `size`: zeros between the pixels, then the blur, four times as bright."""
    wide = images.new_zeros(*images.shape[:2], *size)
    wide[..., ::2, ::2] = images
    return _blurred(wide) * 4
