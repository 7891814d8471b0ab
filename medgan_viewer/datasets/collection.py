"""ImageCollection: gathers what a reader finds, one image at a time, into LabelledImages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from medgan_viewer.datasets.images import IntensityHandling, LabelledImages, PixelArray
from medgan_viewer.datasets.intensity import deepened
from medgan_viewer.errors import InputError
from medgan_viewer.files import is_folder

MAX_SET_BYTES = 16 << 30
_SAME_SPACING = 0.01  # relative


@dataclass(frozen=True, slots=True, eq=False)
class WholeSet:
    """All images of a source, before the split.

    Attributes
    ----------
    order : (n,) place of each image among its neighbours; None for data with patients
    notes : what was skipped or assumed, and why
    """

    images: LabelledImages
    order: npt.NDArray[np.int64] | None
    notes: tuple[str, ...]


class ImageCollection:
    """Grows while a reader works, and is finished once."""

    def __init__(self, folder: Path, side: int) -> None:
        self._folder = folder
        self._side = side
        self._pixels: list[PixelArray] = []
        self._labels: list[str] = []
        self._patients: list[str] = []
        self._orders: list[int] = []
        self._spacings: list[float | None] = []
        self._modalities: set[str] = set()
        self._bits = 0
        self._bytes = 0
        self._skipped: Counter[str] = Counter()
        self._first_skipped: dict[str, str] = {}
        self._notes: list[str] = []

    @property
    def side(self) -> int:
        return self._side

    def add(
        self,
        pixels: PixelArray,
        *,
        label: str,
        patient: str,
        bits: int,
        spacing_mm: float | None = None,
        order: int | None = None,
        modality: str = "",
    ) -> None:
        """Take one image.

        Parameters
        ----------
        pixels : (side, side) uint8 or uint16
        bits : depth in the file
        order : given for all images or for none

        Raises
        ------
        InputError
            The set has grown beyond MAX_SET_BYTES.
        """
        if pixels.shape != (self._side, self._side):
            raise ValueError(f"expected side {self._side}, got {pixels.shape}")
        self._bytes += pixels.nbytes
        if self._bytes > MAX_SET_BYTES:
            raise InputError(
                f"{self._folder} holds more than {MAX_SET_BYTES >> 30} GiB of images at "
                f"{self._side} pixels.",
                "Choose a smaller side, fewer slices (slice_step), or a part of the data.",
            )
        self._pixels.append(pixels)
        self._labels.append(label)
        self._patients.append(patient)
        self._spacings.append(spacing_mm)
        self._bits = max(self._bits, bits)
        if order is not None:
            self._orders.append(order)
        if modality:
            self._modalities.add(modality)

    def skip(self, name: str, reason: str, count: int = 1) -> None:
        """Count what is not read; `reason` says why in a few words."""
        self._skipped[reason] += count
        self._first_skipped.setdefault(reason, name)

    def note(self, text: str) -> None:
        """Keep a remark for the user, once."""
        if text not in self._notes:
            self._notes.append(text)

    def finish(
        self, label_names: Sequence[str], intensity: IntensityHandling, modality: str
    ) -> WholeSet:
        """Return the set.

        Parameters
        ----------
        label_names : in their order; empty takes the labels that were seen, by the alphabet
        modality : empty takes that of the files

        Raises
        ------
        InputError
            There are no images, a named label has none, or the files are of several modalities.
        """
        notes = (*self._notes, *self._skip_notes())
        if not self._pixels:
            raise InputError(
                f"{self._folder} holds no image to train on.",
                "Give a folder with images of the kind that the configuration names.",
                "\n".join(notes),
            )
        if not modality and len(self._modalities) > 1:
            raise InputError(
                f"{self._folder} mixes the modalities {', '.join(sorted(self._modalities))}.",
                "Name one of them as modality in the configuration.",
            )
        names = tuple(label_names) or tuple(sorted(set(self._labels) - {""}))
        is_deep = any(pixels.dtype == np.uint16 for pixels in self._pixels)
        stacked: PixelArray = (
            np.stack([deepened(pixels) for pixels in self._pixels])
            if is_deep
            else np.stack([pixels.astype(np.uint8, copy=False) for pixels in self._pixels])
        )
        if intensity.rule == "full":
            intensity = replace(intensity, low=0.0, high=float((1 << self._bits) - 1))
        images = LabelledImages(
            pixels=stacked,
            labels=self._indices(names),
            patients=np.array(self._patients, np.str_),
            label_names=names,
            intensity=intensity,
            modality=modality or next(iter(self._modalities), "OT"),
            trained_bits=self._bits,
            spacing_mm=self._common_spacing(),
        )
        order = np.array(self._orders, np.int64) if self._orders else None
        return WholeSet(images, order, notes)

    def _indices(self, names: tuple[str, ...]) -> npt.NDArray[np.int64]:
        if not names:
            return np.zeros(len(self._labels), np.int64)
        if missing := [name for name in names if name not in set(self._labels)]:
            raise InputError(
                f"{self._folder} has no image with the label {', '.join(missing)}.",
                "Correct label_names in the configuration.",
            )
        place = {name: index for index, name in enumerate(names)}
        return np.array([place[label] for label in self._labels], np.int64)

    def _common_spacing(self) -> float | None:
        known = [spacing for spacing in self._spacings if spacing is not None]
        if len(known) < len(self._spacings):
            return None
        middle = float(np.median(known))
        is_same = all(abs(spacing - middle) <= _SAME_SPACING * middle for spacing in known)
        return middle if is_same else None

    def _skip_notes(self) -> list[str]:
        return [
            f"{count} not read, {'such as ' if count > 1 else ''}{self._first_skipped[reason]}: "
            f"{reason}."
            for reason, count in self._skipped.most_common()
        ]


def require_folder(path: Path) -> Path:
    """Return the folder, absolute.

    Raises
    ------
    InputError
        It is not there, or is no folder.
    """
    if not is_folder(path):
        raise InputError(
            f"{path} is not a folder that can be read.",
            "Check the folder in the configuration, and the data folder it is relative to.",
        )
    return path.absolute()
