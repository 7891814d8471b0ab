"""A small classifier of the training labels: its features measure likeness, its verdicts labels."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from medgan_viewer.evaluation.feature_space import (
    BATCH,
    Features,
    FloatImages,
    resized_tensor,
)

Labels = npt.NDArray[np.int64]

LARGEST_SIDE = 64  # larger images are looked at in this size: quick, and enough for labels
IMAGES_SEEN = 24_000  # half a minute on one core
_WIDTHS = (24, 48, 96)
_TRAINING_BATCH = 32


class ResidualBlock(nn.Module):
    """Two convolutions, the first of stride 2, and a way around them (He et al. 2016)."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outside)
        self.skip = nn.Conv2d(inside, outside, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, inside, rows, columns) to (batch, outside, rows / 2, columns / 2)."""
        inner = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        around = self.skip(F.avg_pool2d(x, 2, ceil_mode=True))
        return F.relu(inner + around)


class ClassifierNetwork(nn.Module):
    """A convolution, two residual blocks, the mean over the image, one linear layer."""

    def __init__(self, label_count: int) -> None:
        super().__init__()
        parts: list[nn.Module] = [
            nn.Conv2d(1, _WIDTHS[0], 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(_WIDTHS[0]),
            nn.ReLU(),
        ]
        parts += [ResidualBlock(inside, outside) for inside, outside in pairwise(_WIDTHS)]
        self.body = nn.Sequential(*parts)
        self.head = nn.Linear(_WIDTHS[-1], label_count)

    def features(self, images: Tensor) -> Tensor:
        """Map (batch, 1, rows, columns) in [-1, 1] to (batch, 96)."""
        found: Tensor = self.body(images)
        return found.mean(dim=(2, 3))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(F.dropout(self.features(images), 0.3, self.training))
        return logits


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """A trained network; also a FeatureSpace."""

    network: ClassifierNetwork

    @property
    def name(self) -> str:
        return "classifier features"

    @torch.inference_mode()
    def features(self, images: FloatImages) -> Features:
        """Map (n, rows, columns) in [-1, 1] to (n, 96)."""
        parts = [self.network.features(part).double().numpy() for part in _batches(images)]
        found: Features = np.concatenate(parts)
        return found

    @torch.inference_mode()
    def predict(self, images: FloatImages) -> Labels:
        """Return the label of each (n, rows, columns) image in [-1, 1]."""
        parts = [self.network(part).argmax(dim=1).numpy() for part in _batches(images)]
        found: Labels = np.concatenate(parts)
        return found


def train_classifier(
    images: FloatImages,
    labels: Labels,
    label_count: int,
    *,
    images_seen: int = IMAGES_SEEN,
    seed: int = 0,
) -> Classifier:
    """Train on (n, rows, columns) images in [-1, 1]; every label is drawn equally often.

    Parameters
    ----------
    images_seen : how many images are shown in all, whatever n is
    seed : same seed, images and machine give the same classifier

    Notes
    -----
    Images are moved, scaled and turned a little, never mirrored, and their brightness and contrast
    change a little. The state of torch's random numbers is left as it was.
    """
    counts = np.bincount(labels, minlength=label_count)
    weights = torch.from_numpy((1 / np.maximum(counts, 1))[labels])
    shown = torch.from_numpy(np.ascontiguousarray(images))[:, None]
    rows, columns = _seen_size(images.shape[1], images.shape[2])
    shown = torch.cat([resized_tensor(part, rows, columns) for part in torch.split(shown, BATCH)])
    targets = torch.from_numpy(labels)
    steps = max(images_seen // _TRAINING_BATCH, 8)
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ClassifierNetwork(label_count).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.AdamW(network.parameters(), 4e-3, weight_decay=1e-2)
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = 4e-3 * _rate_factor(step / steps)
            chosen = torch.multinomial(weights, _TRAINING_BATCH, True, generator=random)
            batch = _jittered(shown[chosen], random)
            loss = F.cross_entropy(network(batch), targets[chosen], label_smoothing=0.05)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return Classifier(network.requires_grad_(False).eval())


def _rate_factor(part: float) -> float:
    """Rise over the first fifth of the training, then fall to 0 like a cosine."""
    if part < 0.2:
        return 0.05 + 0.95 * part / 0.2
    return 0.5 + 0.5 * math.cos(math.pi * (part - 0.2) / 0.8)


def _jittered(images: Tensor, random: torch.Generator) -> Tensor:
    """Return (batch, 1, rows, columns) images moved, turned and lit a little differently."""
    batch = images.shape[0]

    def uniform(limit: float) -> Tensor:
        return (torch.rand(batch, generator=random) * 2 - 1) * limit

    scale, angle = 1 + uniform(0.08), uniform(math.radians(6))
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = (torch.stack([cos, -sin, uniform(0.1)], 1), torch.stack([sin, cos, uniform(0.1)], 1))
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
    contrast, brightness = 1 + uniform(0.15), uniform(0.1)
    return moved * contrast.view(-1, 1, 1, 1) + brightness.view(-1, 1, 1, 1)


def _seen_size(rows: int, columns: int) -> tuple[int, int]:
    factor = min(1.0, LARGEST_SIDE / max(rows, columns))
    return max(1, round(rows * factor)), max(1, round(columns * factor))


def _batches(images: FloatImages) -> list[Tensor]:
    size = _seen_size(images.shape[1], images.shape[2])
    parts = torch.split(torch.from_numpy(np.ascontiguousarray(images))[:, None], BATCH)
    return [resized_tensor(part, *size) for part in parts]
