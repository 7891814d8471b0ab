"""The two parts of a split: what trains, and what is held out; no patient is in both."""

from collections.abc import Iterable
from dataclasses import dataclass

from medgan_viewer.datasets.images import LabelledImages
from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.datasets.unpaired import UnpairedImages


@dataclass(frozen=True, slots=True, eq=False)
class ImageSplit:
    """Labelled images for a generator.

    Attributes
    ----------
    notes : what was skipped or assumed while reading, and why; sentences for people
    """

    train: LabelledImages
    held_out: LabelledImages
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.train.label_names != self.held_out.label_names:
            raise ValueError("the parts have different labels")
        require_apart(self.train.patients.tolist(), self.held_out.patients.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class PairedSplit:
    """Studies for a translator.

    Attributes
    ----------
    held_out : by name of the study ("npz192/oms_l03_s2")
    notes : as in ImageSplit
    pixel_mm : size of the pixels of all studies; None when it is unknown
    """

    train: list[PairedSlices]
    held_out: dict[str, PairedSlices]
    notes: tuple[str, ...] = ()
    pixel_mm: float | None = None

    def __post_init__(self) -> None:
        require_apart(
            (study.subject for study in self.train),
            (study.subject for study in self.held_out.values()),
        )


@dataclass(frozen=True, slots=True, eq=False)
class UnpairedSplit:
    """Images of two contrasts for a translator that needs no pairs.

    Attributes
    ----------
    notes : as in ImageSplit
    """

    train: UnpairedImages
    held_out: UnpairedImages
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        train, held_out = (
            [*part.source.patients.tolist(), *part.target.patients.tolist()]
            for part in (self.train, self.held_out)
        )
        require_apart(train, held_out)


def require_apart(train: Iterable[str], held_out: Iterable[str]) -> None:
    """Raise ValueError when a patient is in both parts."""
    if both := set(train) & set(held_out):
        raise ValueError(f"{len(both)} patients are in both parts of a split")
