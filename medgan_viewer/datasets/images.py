"""LabelledImages: gray pictures with one label and one patient each, and how their values arose."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

PixelArray = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
Rule = Literal["full", "window", "percentile"]


@dataclass(frozen=True, slots=True)
class IntensityHandling:
    """How values of the files became the pixels of a set; goes into the manifest.

    Attributes
    ----------
    rule : "full": the whole range of the stored integers; "window": `low` to `high` in `unit`;
        "percentile": these percentiles of each picture, or of each series or volume
    low, high : what became black and white; meaning by `rule`
    unit : of a window ("HU"); empty when the values have none
    """

    rule: Rule
    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImages:
    """A set of gray images of one size.

    Attributes
    ----------
    pixels : (n, rows, columns) uint8 or uint16; 0 and the top of the type stand for -1 and +1
    labels : (n,) index into `label_names`; all zero when there are none
    patients : (n,) text; images of one patient never fall into different parts of a split
    label_names : empty when the images have no labels
    modality : DICOM's code
    trained_bits : depth of the files that the images came from
    spacing_mm : distance of pixel centres; None when it is unknown or differs between the images
    """

    pixels: PixelArray
    labels: npt.NDArray[np.int64]
    patients: npt.NDArray[np.str_]
    label_names: tuple[str, ...]
    intensity: IntensityHandling
    modality: str = "OT"
    trained_bits: int = 8
    spacing_mm: float | None = None

    def __post_init__(self) -> None:
        count = self.pixels.shape[0]
        if self.pixels.ndim != 3 or self.pixels.dtype not in (np.uint8, np.uint16):
            found = f"{self.pixels.shape} {self.pixels.dtype}"
            raise ValueError(f"pixels must be (n, rows, columns) uint8 or uint16, got {found}")
        if self.labels.shape != (count,) or self.patients.shape != (count,):
            raise ValueError(f"{count} images need as many labels and patients")
        if count and not 0 <= self.labels.min() <= self.labels.max() < max(self.label_count, 1):
            raise ValueError("a label has no name")

    def __len__(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def side(self) -> int:
        """Number of columns; sets are square unless somebody made them otherwise."""
        return int(self.pixels.shape[2])

    @property
    def label_count(self) -> int:
        return len(self.label_names)

    @property
    def patient_count(self) -> int:
        return len(np.unique(self.patients))

    def images_per_label(self) -> dict[str, int]:
        """Return how many images show each label, in order of the names."""
        counts = np.bincount(self.labels, minlength=self.label_count).tolist()
        return dict(zip(self.label_names, counts, strict=False))

    def subset(self, chosen: npt.NDArray[Any]) -> "LabelledImages":
        """Return the images that a mask or an index array (n,) chooses."""
        return replace(
            self,
            pixels=self.pixels[chosen],
            labels=self.labels[chosen],
            patients=self.patients[chosen],
        )

    def values(self, chosen: npt.NDArray[Any] | None = None) -> npt.NDArray[np.float32]:
        """Return a network's values of all images, or of those a mask or index array chooses.

        Returns
        -------
        (n, rows, columns) float32 in [-1, 1]
        """
        pixels = self.pixels if chosen is None else self.pixels[chosen]
        return values_of(pixels)

    def fingerprint(self) -> str:
        """Return the SHA-256 (hex) of everything that training sees.

        Patients enter as groups, not as names: sets that differ in the names alone are equal.
        """
        digest = hashlib.sha256()
        rule, low, high, unit = asdict(self.intensity).values()
        facts = {
            "shape": self.pixels.shape,
            "dtype": self.pixels.dtype.name,
            "label_names": self.label_names,
            "intensity": [rule, float(low), float(high), unit],
            "modality": self.modality,
            "trained_bits": self.trained_bits,
            "spacing_mm": self.spacing_mm,
        }
        digest.update(json.dumps(facts, sort_keys=True).encode())
        little = self.pixels.dtype.newbyteorder("<")
        digest.update(np.ascontiguousarray(self.pixels, little).data)
        digest.update(np.ascontiguousarray(self.labels, "<i8").data)
        digest.update(patient_groups(self.patients).astype("<i8").data)
        return digest.hexdigest()


def values_of(pixels: PixelArray) -> npt.NDArray[np.float32]:
    """Return pixels of uint8 or uint16 as float32 in [-1, 1]."""
    top = np.iinfo(pixels.dtype).max
    values: npt.NDArray[np.float32] = pixels.astype(np.float32)
    values *= np.float32(2 / top)
    values -= 1
    return np.clip(values, -1, 1, out=values)


def pixels_of(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """Return values in [-1, 1] as uint16 pixels, which `values_of` turns back within 1/65535."""
    return np.rint((np.clip(values, -1, 1).astype(np.float64) + 1) * 32767.5).astype(np.uint16)


def patient_groups(patients: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """Return (n,) the number of each image's patient, counted from 0 as they first appear."""
    if not len(patients):
        return np.zeros(0, np.int64)
    _, first, group = np.unique(patients, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    groups: npt.NDArray[np.int64] = rank[group]
    return groups
