"""Made images with labels, for evaluations that take a second."""

import numpy as np
from scipy import ndimage

from medgan_viewer.datasets.images import IntensityHandling, LabelledImages

SIDE = 32


def disc_or_square(label, count, seed, side=SIDE):
    """Return (count, side, side): a disc (label 0) or a square (label 1) somewhere, with grain."""
    random = np.random.default_rng((seed, label))
    rows, columns = np.mgrid[:side, :side]
    images = np.empty((count, side, side), np.float32)
    for image in images:
        top, left = random.uniform(0.4, 0.6, 2) * side
        reach = random.uniform(0.15, 0.25) * side
        away = np.hypot(rows - top, columns - left)
        if label == 1:
            away = np.maximum(abs(rows - top), abs(columns - left))
        image[:] = np.where(away < reach, 0.5, -0.5)
    images += random.normal(0, 0.1, images.shape).astype(np.float32)
    return np.clip(images, -1, 1)


def blurred(images):
    """Return the images without fine detail."""
    return ndimage.gaussian_filter(images, (0, 1.5, 1.5))


def labelled(per_label, seed, label_names=("disc", "square"), name="p"):
    """Return LabelledImages in which every patient has two images."""
    labels = range(max(len(label_names), 1))
    images = np.concatenate([disc_or_square(label, per_label, seed) for label in labels])
    count = len(images)
    return LabelledImages(
        pixels=np.rint((images + 1) * 127.5).astype(np.uint8),
        labels=np.repeat(np.arange(len(labels)), per_label),
        patients=np.array([f"{name}{index // 2}" for index in range(count)]),
        label_names=label_names,
        intensity=IntensityHandling("full", 0, 255),
    )
