"""Features of a convolutional network with fixed random weights: nothing learnt, nothing to fool.

Random filters with a rectifier tell textures and layouts apart (Saxe et al. 2011), and every
program with this file computes the same ones.
"""

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from medgan_viewer.evaluation.feature_space import BATCH, Features, FloatImages, resized_tensor

SEED = 20_140_610
_SCALES = 3  # full size, a half, a quarter: texture
_LAYOUT_SIDE = 16  # in this size: where things are
_FIRST, _SECOND, _LAYOUT = 12, 16, 3  # channels
_SLOPE = 0.2  # of the rectifier: one that gives 0 for many images makes outliers of the others


class RandomFeatures:
    """A FeatureSpace of 144 numbers.

    Mean and standard deviation of 16 random second-layer responses at each of three scales, and
    3 responses at each of 4 x 4 places of the image shrunk to 16 pixels.
    """

    name = "random features"

    def __init__(self) -> None:
        random = np.random.RandomState(SEED)  # its numbers are the same for ever
        self._texture = [
            (_filters(random, _FIRST, 1, 5), _filters(random, _SECOND, _FIRST, 3))
            for _ in range(_SCALES)
        ]
        self._layout = (_filters(random, _FIRST, 1, 3), _filters(random, _LAYOUT, _FIRST, 3))

    @torch.inference_mode()
    def features(self, images: FloatImages) -> Features:
        """Map (n, rows, columns) in [-1, 1] to (n, 144); sides of at least 16 pixels."""
        parts = torch.split(torch.from_numpy(np.ascontiguousarray(images))[:, None], BATCH)
        found: Features = np.concatenate([self._of(part) for part in parts])
        return found

    def _of(self, images: Tensor) -> npt.NDArray[np.float64]:
        found = []
        scaled = images
        for filters in self._texture:
            response = _respond(scaled, filters).flatten(2)  # (batch, channels, places)
            found += [response.mean(dim=2), response.std(dim=2, correction=0)]
            if min(scaled.shape[-2:]) >= 2 * _LAYOUT_SIDE:
                scaled = F.avg_pool2d(scaled, 2)
        small = resized_tensor(images, _LAYOUT_SIDE, _LAYOUT_SIDE)
        found.append(_respond(small, self._layout).flatten(1))
        values: npt.NDArray[np.float64] = torch.cat(found, dim=1).double().numpy()
        return values


def _respond(images: Tensor, filters: tuple[Tensor, Tensor]) -> Tensor:
    x = images
    for weight in filters:
        reach = weight.shape[-1] // 2
        x = F.conv2d(F.pad(x, (reach,) * 4, mode="replicate"), weight, stride=2)
        x = F.leaky_relu(x, _SLOPE)
    return x


def _filters(random: np.random.RandomState, outside: int, inside: int, side: int) -> Tensor:
    """Return filters of mean 0 and length sqrt(2); half of the first layer's also see the mean."""
    weight = random.standard_normal((outside, inside, side, side))
    if inside == 1:
        weight[::2] -= weight[::2].mean(axis=(2, 3), keepdims=True)
    weight *= np.sqrt(2) / np.linalg.norm(weight.reshape(outside, -1), axis=1).reshape(-1, 1, 1, 1)
    return torch.from_numpy(weight.astype(np.float32))
