"""Family: the networks of a run, and what one batch teaches them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from medgan_viewer.training.draw import Draw

Report = dict[str, Tensor | float]
FloatImages = npt.NDArray[np.float32]

SYNTHETIC = "SYNTHETIC"  # caption of what a network made


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    step : index of the step, counted over all resumptions
    images : seen before this step
    part : of the whole run, 0 to 1
    """

    step: int
    images: int
    part: float


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Pictures that show where a run is.

    Attributes
    ----------
    images : (n, rows, columns) in [-1, 1]
    columns : pictures in a row
    captions : of each row what it shows, above all those that share it; empty: all are SYNTHETIC
    """

    images: FloatImages
    columns: int
    captions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A network, its optimiser and its learning rate.

    Attributes
    ----------
    average : moving average of its weights, the one that is shown and kept; None for critics
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    rate: float
    average: nn.Module | None = None

    @property
    def parameters(self) -> list[nn.Parameter]:
        return list(self.network.parameters())


@dataclass(frozen=True, slots=True)
class PackageParts:
    """What of a finished run goes into a model package.

    Attributes
    ----------
    architecture : name in the registry and sizes
    network : averaged weights
    discriminator : what told real from made, for the realism score; None where there is none
    """

    architecture: str
    sizes: Mapping[str, int | float | bool | str]
    network: nn.Module
    discriminator: nn.Module | None = None
    discriminator_name: str = ""
    discriminator_sizes: Mapping[str, int | float | bool | str] = field(default_factory=dict)


class Family(ABC):
    """Networks of one run; the loop calls `step` until the run is over."""

    trained: Mapping[str, TrainedNetwork]

    @abstractmethod
    def step(self, draw: Draw, progress: Progress) -> Report | None:
        """Draw a batch and take one step of each network.

        Returns
        -------
        losses by name; None if a gradient was not finite
        """

    @abstractmethod
    def sheet(self) -> Sheet:
        """Show fixed points through the averaged weights."""

    @abstractmethod
    def package_parts(self) -> PackageParts:
        """Return what goes into a package."""

    def phase(self, progress: Progress) -> str:
        """Name what the run does now, for the status line."""
        return "training"

    def finish_average(self) -> None:  # noqa: B027 - most need nothing
        """Bring what depends on the averaged weights up to date, before it is shown or stored."""

    def state(self) -> dict[str, float]:
        """Return numbers that a resumed run needs beside weights and optimisers."""
        return {}

    def restore(self, state: Mapping[str, float]) -> None:  # noqa: B027 - most need nothing
        """Take over what `state` returned."""
