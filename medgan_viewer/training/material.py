"""Material: what a configuration trains on, which family it builds, and how that is packaged."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.training.family import Family
from medgan_viewer.training.machine import Machine
from medgan_viewer.training.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class MaterialFacts:
    """What a run's record says of its data.

    Attributes
    ----------
    fingerprint, held_out_fingerprint : SHA-256 of everything that training sees, and of the rest
    """

    fingerprint: str
    held_out_fingerprint: str
    label_names: tuple[str, ...]
    n_train: int
    n_held_out: int
    patients_train: int
    patients_held_out: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What packaging needs to know of a run.

    Attributes
    ----------
    record : run.json with images seen, minutes and curves
    hardware : with the precision
    """

    record: dict[str, Any]
    images: int
    minutes: float
    hardware: str
    folder: RunFolder

    @property
    def how(self) -> str:
        """Say in a sentence what the training was."""
        return f"{self.minutes / 60:.2f} hours on {self.hardware}; {self.images:,} images seen."


class Material(ABC):
    """Data of one configuration, read and split."""

    @property
    @abstractmethod
    def facts(self) -> MaterialFacts:
        """Return counts and fingerprints."""

    @abstractmethod
    def build(self, machine: Machine) -> Family:
        """Make the networks, untrained."""

    @abstractmethod
    def package(self, family: Family, run: FinishedRun) -> ModelPackage:
        """Write the package of a finished run."""
