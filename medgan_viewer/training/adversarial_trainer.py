"""AdversarialTrainer: what a run of a network against a discriminator does, whatever its losses."""

import logging
from abc import ABC, abstractmethod
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from medgan_viewer.training.checkpoint import load_checkpoint, save_checkpoint
from medgan_viewer.training.run import Curves, RunClock, update_average, write_json

log = logging.getLogger(__name__)

Report = dict[str, Tensor | float]
CURVE_STEPS = 100


class RunSettings(Protocol):
    """What the loop needs of a run's settings, a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def batch(self) -> int: ...
    @property
    def warmup_images(self) -> int: ...
    @property
    def average_half_life(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def max_minutes(self) -> float: ...
    @property
    def save_minutes(self) -> float: ...


class AdversarialTrainer(ABC):
    """Loop, checkpoints and curves; a subclass brings networks, optimisers, losses and sheets."""

    model: nn.Module
    average: nn.Module
    judge: nn.Module
    optimizer: torch.optim.Optimizer
    judge_optimizer: torch.optim.Optimizer

    def __init__(self, run: RunSettings, folder: Path) -> None:
        self._settings = run
        self.folder = folder
        self.random = torch.Generator().manual_seed(run.seed)
        self.seen = 0
        self.clock = RunClock(run.max_minutes)
        self.curves = Curves(folder / "curves.csv")
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "run.json", asdict(run))

    def train(self) -> None:
        """Train until the time is over, with a checkpoint every few minutes."""
        checkpoint = self.folder / "checkpoint.safetensors"
        if checkpoint.exists():
            self._restore(checkpoint)
        next_save = self.clock.minutes + self._settings.save_minutes
        step = 0
        while not self.clock.is_over:
            adversarial = self.seen >= self._settings.warmup_images
            self._set_rates(self._rate_factor())
            report = self._advance(step, adversarial)
            self.seen += self._settings.batch
            step += 1
            decay = 0.5 ** (self._settings.batch / self._settings.average_half_life)
            update_average(self.average, self.model, decay)
            self.curves.add(report)
            if step % CURVE_STEPS == 0:
                self.curves.flush(self.seen, self.clock.minutes)
            if self.clock.minutes >= next_save:
                next_save = self.clock.minutes + self._settings.save_minutes
                self._save(checkpoint)
        self._save(checkpoint)

    @abstractmethod
    def _advance(self, step: int, adversarial: bool) -> Report:
        """Draw a batch and take one step of the networks; return its losses."""

    @abstractmethod
    def _rate_factor(self) -> float:
        """Return what the learning rates are multiplied by now."""

    @abstractmethod
    def _rates(self) -> tuple[float, float]:
        """Return the learning rates of network and discriminator."""

    @abstractmethod
    def _save_sheet(self) -> None:
        """Save pictures of what the averaged network makes now."""

    def _set_rates(self, factor: float) -> None:
        optimizers = (self.optimizer, self.judge_optimizer)
        for optimizer, rate in zip(optimizers, self._rates(), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor

    def _networks(self) -> dict[str, nn.Module]:
        return {"model": self.model, "average": self.average, "judge": self.judge}

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"model": self.optimizer, "judge": self.judge_optimizer}

    def _save(self, path: Path) -> None:
        progress = {
            "seen": self.seen,
            "minutes": self.clock.minutes,
            "random": self.random.get_state().tolist(),
        }
        save_checkpoint(path, self._networks(), self._optimizers(), progress)
        self._save_sheet()

    def _restore(self, path: Path) -> None:
        progress = load_checkpoint(path, self._networks(), self._optimizers())
        self.seen = progress["seen"]
        self.clock.spent_s = progress["minutes"] * 60
        self.random.set_state(torch.tensor(progress["random"], dtype=torch.uint8))
        log.info("resumed at %d images, %.1f minutes", self.seen, self.clock.minutes)
