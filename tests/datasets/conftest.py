"""Small sets of pictures with a label table."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.datasets.images import IntensityHandling, LabelledImages
from medgan_viewer.datasets.parts import ImageSplit


def write_table(path, rows, columns=("file", "label", "patient")):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([columns, *rows])
    return path


def write_picture(path, value=100, shape=(8, 8), dtype=np.uint8):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(shape, value, dtype)).save(path)
    return path


def config_of(folder, kind="images", **fields):
    return DataConfig(folder=Path(folder), kind=kind, **fields)


def labelled(pixels, labels=None, patients=None, names=("well", "sick"), **fields):
    """Return a set; pixels (n, rows, columns) or the number of black 4 x 4 images."""
    if isinstance(pixels, int):
        pixels = np.zeros((pixels, 4, 4), np.uint8)
    count = len(pixels)
    return LabelledImages(
        pixels=pixels,
        labels=np.array([0] * count if labels is None else labels, np.int64),
        patients=np.array([f"P{i}" for i in range(count)] if patients is None else patients),
        label_names=names,
        intensity=IntensityHandling("full", 0, 255),
        **fields,
    )


@pytest.fixture
def some_split():
    """Return 6 noise images of 3 training patients and 3 of a held-out one, of two labels."""
    pixels = np.random.default_rng(0).integers(0, 256, (9, 16, 16)).astype(np.uint8)
    images = labelled(pixels, [0, 1] * 4 + [0], list("AABBCCDDD"), spacing_mm=1.5)
    is_held_out = images.patients == "D"
    return ImageSplit(images.subset(~is_held_out), images.subset(is_held_out), ("a note.",))
