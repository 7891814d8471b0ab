"""Figures for model cards, all on held-out patients, each with what it is compared with."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from medgan_viewer.compare.metrics import (
    DataRange,
    mean_absolute_error,
    peak_signal_to_noise_db,
    structural_similarity_index,
)
from medgan_viewer.training.augmentation import jitter_geometry
from medgan_viewer.training.images import LabelledImages, PairedSlices

FloatImages = npt.NDArray[np.float32]


class FindingClassifier(nn.Module):
    """A small convolutional network from gray images to findings; its features measure likeness."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        widths = (1, 16, 32, 64, 96)
        parts: list[nn.Module] = []
        for inside, outside in pairwise(widths):
            parts += [
                nn.Conv2d(inside, outside, 3, stride=2, padding=1),
                nn.BatchNorm2d(outside),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*parts)
        self.head = nn.Linear(widths[-1], labels)

    def features(self, images: Tensor) -> Tensor:
        """Map (batch, 1, rows, columns) in [-1, 1] to (batch, 96)."""
        found: Tensor = self.body(images)
        return found.mean(dim=(2, 3))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(F.dropout(self.features(images), 0.3, self.training))
        return logits


def as_tensor(pixels: npt.NDArray[np.uint8]) -> Tensor:
    """Return (n, 1, rows, columns) in [-1, 1] from uint8 images."""
    return torch.from_numpy(pixels).unsqueeze(1).float() / 127.5 - 1


def train_classifier(images: LabelledImages, epochs: int = 14, seed: int = 3) -> FindingClassifier:
    """Train on real images, findings drawn evenly."""
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    network = FindingClassifier(len(images.label_names))
    steps = epochs * (len(images) // 32)
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    pixels, labels = as_tensor(images.pixels), torch.from_numpy(images.labels)
    weights = 1 / torch.bincount(labels).float()[labels]
    for _ in range(steps):
        chosen = torch.multinomial(weights, 32, replacement=True, generator=random)
        batch = jitter_geometry(pixels[chosen], random)
        loss = F.cross_entropy(network(batch), labels[chosen], label_smoothing=0.05)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return network.eval()


@torch.inference_mode()
def predict(network: FindingClassifier, images: FloatImages) -> npt.NDArray[np.int64]:
    """Return the finding of each (n, rows, columns) image in [-1, 1]."""
    parts = torch.split(torch.from_numpy(images).unsqueeze(1), 64)
    return np.concatenate([network(part).argmax(dim=1).numpy() for part in parts])


@torch.inference_mode()
def features_of(network: FindingClassifier, images: FloatImages) -> npt.NDArray[np.float64]:
    parts = torch.split(torch.from_numpy(images).unsqueeze(1), 64)
    return np.concatenate([network.features(part).double().numpy() for part in parts])


def balanced_accuracy(
    predicted: npt.NDArray[np.int64], true: npt.NDArray[np.int64], labels: int
) -> float:
    """Return the mean over findings of the part that was recognised."""
    return float(np.mean([(predicted[true == label] == label).mean() for label in range(labels)]))


def frechet_distance(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    """Return the Fréchet distance of two sets of (n, features) (Heusel et al. 2017)."""
    means = first.mean(axis=0) - second.mean(axis=0)
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    # The trace of the root of one @ other, by the symmetric root of one.
    values, vectors = np.linalg.eigh(one)
    root = vectors @ np.diag(np.sqrt(np.clip(values, 0, None))) @ vectors.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ other @ root), 0, None)).sum()
    return float(means @ means + np.trace(one) + np.trace(other) - 2 * cross)


def nearest_distances(images: FloatImages, others: FloatImages) -> npt.NDArray[np.float32]:
    """Return each image's smallest mean absolute difference to any other, at a quarter size."""
    small = F.avg_pool2d(torch.from_numpy(images)[:, None], 4).flatten(1)
    reference = F.avg_pool2d(torch.from_numpy(others)[:, None], 4).flatten(1)
    nearest = [torch.cdist(part, reference, p=1).amin(dim=1) for part in torch.split(small, 64)]
    distances: npt.NDArray[np.float32] = (torch.cat(nearest) / small.shape[1]).numpy()
    return distances


@dataclass(frozen=True, slots=True)
class TranslationScore:
    """Means over the slices of one study, inside the brain or inside the head."""

    method: str
    study: str
    n: int
    psnr_db: float
    ssim: float
    mae: float


RANGE = DataRange(-1.0, 1.0, "the translator's own range")


def score_translation(
    method: str, study: str, pairs: PairedSlices, made: FloatImages, region: npt.NDArray[np.bool_]
) -> TranslationScore:
    """Compare (slices, rows, columns) in [-1, 1] with the real target inside `region`.

    Slices with fewer than 500 pixels of region do not count.
    """
    rows = []
    for target, image, mask in zip(pairs.target, made, region, strict=True):
        if mask.sum() < 500:
            continue
        psnr = peak_signal_to_noise_db(target, image, mask, RANGE)
        ssim = structural_similarity_index(target, image, mask, RANGE)
        if psnr is not None and ssim is not None:
            rows.append((psnr, ssim, mean_absolute_error(target, image, mask)))
    psnr_db, ssim_mean, mae = np.mean(rows, axis=0)
    return TranslationScore(method, study, len(rows), float(psnr_db), float(ssim_mean), float(mae))


def mean_target_baseline(train: list[PairedSlices], pairs: PairedSlices) -> FloatImages:
    """Return the mean target of all training slices at the same relative height, for each slice."""
    made = np.empty_like(pairs.target)
    count = len(pairs.target)
    for index in range(count):
        part = index / max(count - 1, 1)
        same_height = [study.target[round(part * (len(study.target) - 1))] for study in train]
        made[index] = np.mean(same_height, axis=0)
    return made


def histogram_matched_baseline(train: list[PairedSlices], pairs: PairedSlices) -> FloatImages:
    """Map the source's intensities so that their histogram is that of the training targets."""
    inside = pairs.source > -0.9
    targets = np.concatenate([study.target[study.target > -0.9][::7] for study in train])
    levels = np.linspace(0, 100, 513)
    have = np.percentile(pairs.source[inside], levels)
    want = np.percentile(targets, levels)
    made = np.full_like(pairs.source, -1.0)
    made[inside] = np.interp(pairs.source[inside], have, want)
    return made


class LinearTranslator(nn.Module):
    """One convolution of 11 x 11: the best linear filter, trained with L1 alone."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Conv2d(1, 1, 11, padding=5)

    def forward(self, image: Tensor) -> Tensor:
        made: Tensor = self.filter(image)
        return made


def train_linear_baseline(train: list[PairedSlices], steps: int = 800) -> LinearTranslator:
    """Train LinearTranslator on the training studies."""
    torch.manual_seed(5)
    random = torch.Generator().manual_seed(5)
    network = LinearTranslator()
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    source = torch.from_numpy(np.concatenate([study.source for study in train]))[:, None]
    target = torch.from_numpy(np.concatenate([study.target for study in train]))[:, None]
    for _ in range(steps):
        chosen = torch.randint(0, len(source), (8,), generator=random)
        loss = (network(source[chosen]) - target[chosen]).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return network.requires_grad_(False)


def linear_baseline(network: LinearTranslator, pairs: PairedSlices) -> FloatImages:
    """Apply a trained LinearTranslator."""
    made = network(torch.from_numpy(pairs.source)[:, None])[:, 0].clamp(-1, 1)
    images: FloatImages = made.numpy()
    return images
