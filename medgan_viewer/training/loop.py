"""The training loop: step after step, with checkpoints, curves, pause, stop and rollback."""

import copy
import logging
import math
import time
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor, nn

from medgan_viewer.errors import CancelledError, InputError, UsageError
from medgan_viewer.training.checkpoint import load_checkpoint, save_checkpoint
from medgan_viewer.training.config import LoopConfig
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.event_files import EventFile
from medgan_viewer.training.family import Family, Progress
from medgan_viewer.training.machine import Machine
from medgan_viewer.training.run_folder import RunFolder, RunStatus
from medgan_viewer.training.run_states import RunState, Wish

log = logging.getLogger(__name__)

Network = TypeVar("Network", bound=nn.Module)
Value = TypeVar("Value")

CURVE_STEPS = 20
STATUS_SECONDS = 1.0
PAUSE_SECONDS = 0.2
LOWEST_RATE = 0.05
SKIPS_BEFORE_ROLLBACK = 8
MAX_ROLLBACKS = 3


@dataclass
class Clock:
    """Minutes of work over all resumptions; pauses do not count."""

    spent_s: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    @property
    def minutes(self) -> float:
        return (self.spent_s + time.monotonic() - self._since) / 60

    def leave_out(self, seconds: float) -> None:
        self._since += seconds


class Loop:
    """One run of a family on a machine.

    Attributes
    ----------
    images : seen so far

    Raises
    ------
    UsageError
        The processes cannot share a batch evenly, or event files are asked for and not possible.
    """

    def __init__(
        self,
        config: LoopConfig,
        family: Family,
        machine: Machine,
        folder: RunFolder,
        piece_minutes: float | None = None,
    ) -> None:
        world = machine.share.world
        if config.batch % world:
            raise UsageError(
                f"A batch of {config.batch} images cannot be shared by {world} processes.",
                f"Set batch in [training] to a multiple of {world}.",
            )
        self._config = config
        self._family = family
        self._machine = machine
        self._folder = folder
        self._clock = Clock()
        self._piece_minutes = piece_minutes
        self._end_of_piece = math.inf
        self._step = 0
        self.images = 0
        self._skipped = 0
        self._rollbacks = 0
        self._sums: dict[str, Tensor] = {}
        self._events: EventFile | None = None
        if config.tensorboard and machine.is_first:
            self._events = EventFile(folder.folder / "events")

    @property
    def minutes(self) -> float:
        return self._clock.minutes

    def run(self) -> bool:
        """Train until the run is over or somebody stops it; return whether it is over."""
        next_save = self._clock.minutes + self._config.save_minutes
        if self._piece_minutes is not None:
            self._end_of_piece = self._clock.minutes + self._piece_minutes
        next_status = 0.0
        mark = (time.monotonic(), self.images)
        rate = 0.0
        while True:
            wish = self._agree(self._decide())
            if wish is Wish.STOP:
                break
            if wish is Wish.PAUSE:
                self._wait()
                mark = (time.monotonic(), self.images)
                continue
            self._advance()
            now = time.monotonic()
            if now >= next_status and self._machine.is_first:
                if now > mark[0]:
                    rate = max(self.images - mark[1], 0) / (now - mark[0])
                if now - mark[0] > 30:
                    mark = (now, self.images)
                self.report(RunState.RUNNING, rate=rate)
                next_status = now + STATUS_SECONDS
            if self._is_time(next_save):
                self.save()
                next_save = self._clock.minutes + self._config.save_minutes
        is_over = self._agree(self._is_over())
        if is_over:
            self._flush_curves()
        self.save()
        return is_over

    def report(self, state: RunState, message: str = "", rate: float = 0.0) -> None:
        """Write the status file."""
        if not self._machine.is_first:
            return
        status = RunStatus(
            state,
            self.images,
            self._config.images,
            round(self._clock.minutes, 3),
            self._config.max_minutes,
            round(rate, 2),
            self._family.phase(Progress(self._step, self.images, self._part())),
            message,
        )
        self._folder.write_status(status)

    # ---- steps ----

    def _advance(self) -> None:
        progress = self._progress()
        self._set_rates(progress.part)
        # After a rollback the same numbers would lead to the same end.
        seed = self._config.seed + 1_000_003 * self._rollbacks
        draw = Draw(seed, self._step, self._machine.share, self._machine.device)
        report = self._family.step(draw, progress)
        if report is None:
            self._skipped += 1
            if self._skipped >= SKIPS_BEFORE_ROLLBACK:
                self._roll_back()
                return
        else:
            self._skipped = 0
            self._add(report)
            self._update_averages()
        self._step += 1
        self.images += self._config.batch
        if self._step % CURVE_STEPS == 0:
            self._flush_curves()

    def _update_averages(self) -> None:
        decay = 0.5 ** (self._config.batch / self._config.average_half_life)
        for trained in self._family.trained.values():
            if trained.average is not None:
                update_average(trained.average, trained.network, decay)

    def _progress(self) -> Progress:
        part = self._part()
        if self._config.images is None:
            part = self._agree(part)
        return Progress(self._step, self.images, part)

    def _part(self) -> float:
        """Return how much of the run is done; by the clock, where images do not limit it."""
        if self._config.images is not None:
            return min(self.images / self._config.images, 1.0)
        if self._config.max_minutes is not None:
            return min(self._clock.minutes / self._config.max_minutes, 1.0)
        return 0.0

    def _set_rates(self, part: float) -> None:
        fall = self._config.rate_fall
        factor = min((1 - part) / fall, 1.0) if fall else 1.0
        factor = max(factor, LOWEST_RATE) * 0.5**self._rollbacks
        for trained in self._family.trained.values():
            for group in trained.optimizer.param_groups:
                group["lr"] = trained.rate * factor

    def _is_over(self) -> bool:
        wanted, minutes = self._config.images, self._config.max_minutes
        return (wanted is not None and self.images >= wanted) or (
            minutes is not None and self._clock.minutes >= minutes
        )

    def _decide(self) -> Wish:
        if self._is_over() or self._clock.minutes >= self._end_of_piece:
            return Wish.STOP
        return self._folder.wish()

    def _is_time(self, minutes: float) -> bool:
        return self._agree(self._clock.minutes >= minutes)

    def _agree(self, value: Value) -> Value:
        """Return what the first process decided: clocks differ, and all must do the same."""
        if self._machine.share.world == 1:
            return value
        agreed: Value = self._machine.fabric.broadcast(value)
        return agreed

    def _wait(self) -> None:
        """Save, then wait until somebody wants the run to go on or to stop."""
        self.save()
        counted = time.monotonic()
        next_status = 0.0
        while self._agree(self._folder.wish()) is Wish.PAUSE:
            if time.monotonic() >= next_status:
                self.report(RunState.PAUSED)
                next_status = time.monotonic() + STATUS_SECONDS
            time.sleep(PAUSE_SECONDS)
            now = time.monotonic()
            self._clock.leave_out(now - counted)
            counted = now

    # ---- curves ----

    def _add(self, report: dict[str, Tensor | float]) -> None:
        for name, value in report.items():
            number = torch.as_tensor(value, dtype=torch.float32).detach()
            both = torch.stack([number, torch.ones_like(number)])
            if name in self._sums:
                both = both + self._sums[name].to(both.device)
            self._sums[name] = both

    def _flush_curves(self) -> None:
        if not self._sums:
            return
        means = {name: float(both[0] / both[1]) for name, both in self._sums.items()}
        self._sums.clear()
        if not self._machine.is_first:
            return
        self._folder.append_curves(self.images, self._clock.minutes, means)
        if self._events is not None:
            self._events.add_scalars(self.images, means)
        shown = "  ".join(f"{name} {mean:.4f}" for name, mean in means.items())
        log.info("%6.1f min  %8d images  %s", self._clock.minutes, self.images, shown)

    # ---- checkpoints ----

    def save(self) -> None:
        """Write a checkpoint and a sheet."""
        if not self._machine.is_first:
            self._machine.fabric.barrier()
            return
        self._family.finish_average()
        networks, optimizers = self._parts()
        progress = {
            "step": self._step,
            "images": self.images,
            "minutes": self._clock.minutes,
            "rollbacks": self._rollbacks,
            "state": self._family.state(),
            "sums": {name: both.tolist() for name, both in self._sums.items()},
        }
        save_checkpoint(self._folder.checkpoint, networks, optimizers, progress)
        sheet = self._family.sheet()
        self._folder.save_sheet(self.images, sheet)
        if self._events is not None:
            self._events.add_sheet(self.images, sheet)
        self._machine.fabric.barrier()

    def restore(self) -> None:
        """Go on from the checkpoint of the folder.

        Raises
        ------
        InputError
            It is missing, damaged, or of another run.
        """
        networks, optimizers = self._parts()
        progress = load_checkpoint(self._folder.checkpoint, networks, optimizers)
        try:
            self._step = int(progress["step"])
            self.images = int(progress["images"])
            self._clock = Clock(float(progress["minutes"]) * 60)
            self._rollbacks = int(progress["rollbacks"])
            self._sums = {name: torch.tensor(both) for name, both in progress["sums"].items()}
            self._family.restore(progress["state"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"{self._folder.checkpoint} does not say how far its run was.",
                "Start the run anew in another folder.",
                f"{type(error).__name__}: {error}",
            ) from error
        if self._machine.is_first:
            self._folder.cut_curves(self.images)
        log.info("resumed at %d images, %.1f minutes", self.images, self._clock.minutes)

    def _roll_back(self) -> None:
        rollbacks = self._rollbacks + 1
        minutes = self._clock.minutes
        log.warning("%d steps without finite gradients", self._skipped)
        checkpoint = self._folder.checkpoint
        if rollbacks > MAX_ROLLBACKS or not checkpoint.exists():
            kept = (
                f"the last sound weights are in {checkpoint}"
                if checkpoint.exists()
                else "no weights were kept"
            )
            raise CancelledError(
                f"The run diverged after {self.images} images.", f"Lower the learning rate; {kept}."
            )
        self.restore()
        self._clock = Clock(minutes * 60)  # the time is gone all the same
        self._rollbacks = rollbacks
        self._skipped = 0

    def _parts(self) -> tuple[dict[str, nn.Module], dict[str, torch.optim.Optimizer]]:
        networks: dict[str, nn.Module] = {}
        optimizers: dict[str, torch.optim.Optimizer] = {}
        for name, trained in self._family.trained.items():
            networks[name] = trained.network
            optimizers[name] = trained.optimizer
            if trained.average is not None:
                networks[f"{name}.average"] = trained.average
        return networks, optimizers


@torch.no_grad()
def update_average(average: nn.Module, current: nn.Module, decay: float) -> None:
    """Move the exponential moving average of weights towards `current`; copy the buffers."""
    means: list[Tensor] = list(average.parameters())
    news: list[Tensor] = list(current.parameters())
    torch._foreach_lerp_(means, news, 1 - decay)
    for kept, buffer in zip(average.buffers(), current.buffers(), strict=True):
        kept.copy_(buffer)


def averaged_copy(network: Network) -> Network:
    """Return a copy that holds a moving average and is never trained itself."""
    return copy.deepcopy(network).requires_grad_(False).eval()
