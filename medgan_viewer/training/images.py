"""Training images: labelled pictures from a CSV, paired slices from .npz; split by patient."""

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from medgan_viewer.errors import InputError
from medgan_viewer.imaging.model_space import IntensityMapping


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImages:
    """Gray pictures with one label and one patient each.

    Attributes
    ----------
    pixels : (n, side, side) uint8
    labels : (n,) index into `label_names`
    patients : (n,) text; images of one patient never fall into different splits
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    patients: npt.NDArray[np.str_]
    label_names: tuple[str, ...]

    def subset(self, chosen: npt.NDArray[np.bool_]) -> "LabelledImages":
        return LabelledImages(
            self.pixels[chosen], self.labels[chosen], self.patients[chosen], self.label_names
        )

    def __len__(self) -> int:
        return int(self.pixels.shape[0])


def read_labelled_images(folder: Path, side: int, label_names: tuple[str, ...]) -> LabelledImages:
    """Read the pictures that labels.csv (columns file, label, patient) names, scaled to `side`."""
    table = folder / "labels.csv"
    if not table.is_file():
        raise InputError(f"{table} is missing.", "Give the folder that holds labels.csv.")
    with table.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["label"] in label_names]
    pixels = np.empty((len(rows), side, side), np.uint8)
    for index, row in enumerate(rows):
        with Image.open(folder / row["file"]) as picture:
            gray = picture.convert("L").resize((side, side), Image.Resampling.LANCZOS)
            pixels[index] = np.asarray(gray)
    return LabelledImages(
        pixels,
        np.array([label_names.index(row["label"]) for row in rows], np.int64),
        np.array([row["patient"] for row in rows]),
        label_names,
    )


def is_held_out(patient: str, percent: int) -> bool:
    """Say whether a patient belongs to the held-out `percent`; the same on every machine."""
    digest = hashlib.sha256(f"medgan-viewer split {patient}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < percent


@dataclass(frozen=True, slots=True, eq=False)
class PairedSlices:
    """Registered slices of two contrasts of one study, in the translator's value range.

    Attributes
    ----------
    subject : person; two studies of one person carry the same text
    source, target : (slices, rows, columns) float32 in [-1, 1]
    brain : (slices, rows, columns) True inside the brain
    """

    subject: str
    source: npt.NDArray[np.float32]
    target: npt.NDArray[np.float32]
    brain: npt.NDArray[np.bool_]


def person_of(stem: str) -> str:
    """Return the person of a prepared file: its name without the number of the study."""
    return re.sub(r"_(s\d+|mni)$", "", stem)


# Brain 99.7th percentile in the prepared files (data notes), by integer type.
_BRAIN_HIGH = {np.dtype(np.uint8): 200.0, np.dtype(np.uint16): 3000.0}
TARGET_HEADROOM = 1.15  # +1 of the translator's output is this multiple of the brain's high value


def read_paired_slices(
    path: Path, source: str, target: str, mapping: IntensityMapping
) -> PairedSlices | None:
    """Read one prepared .npz; None when it lacks one of the contrasts."""
    with np.load(path, allow_pickle=False) as data:
        if source not in data or target not in data:
            return None
        first, second = data[source], data[target]
        key = "mask" if "mask" in data else "brainmask"
        brain = np.unpackbits(data[key])[: first.size].reshape(first.shape).astype(bool)
    values = first.astype(np.float32)
    high = _BRAIN_HIGH[second.dtype] * TARGET_HEADROOM
    return PairedSlices(
        subject=person_of(path.stem),
        source=mapping.limits_of(values).to_model(values),
        target=np.clip(second.astype(np.float32) * (2 / high) - 1, -1, 1),
        brain=brain,
    )
