"""Draw: the random numbers of one step, the same whatever the number of processes."""

from dataclasses import dataclass

import torch
from torch import Tensor

# Odd multipliers that spread seed and step over the generator's 64-bit seeds.
_SEED_FACTOR = 0x9E3779B97F4A7C15
_STEP_FACTOR = 0xC2B2AE3D27D4EB4F


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of a batch this process works on."""

    rank: int = 0
    world: int = 1


class Draw:
    """Random numbers for one step of the whole batch, of which a process takes its share.

    Nothing is carried from step to step: seed and step decide all numbers. A run that was resumed
    therefore goes on as if it had never stopped, and two processes draw together what one process
    draws for the doubled batch. Numbers are drawn on the CPU, so that no device changes them.
    """

    def __init__(
        self, seed: int, step: int, share: Share | None = None, device: torch.device | None = None
    ) -> None:
        mixed = (seed * _SEED_FACTOR + step * _STEP_FACTOR) % (1 << 63)
        self._random = torch.Generator().manual_seed(mixed)
        self._share = share or Share()
        self._device = device or torch.device("cpu")

    def normal(self, count: int, *shape: int) -> Tensor:
        """Return this process's (count, *shape) standard normal numbers."""
        return self._own(torch.randn(count * self._share.world, *shape, generator=self._random))

    def uniform(self, count: int, *shape: int) -> Tensor:
        """Return this process's (count, *shape) numbers in [0, 1)."""
        return self._own(torch.rand(count * self._share.world, *shape, generator=self._random))

    def integers(self, high: int, count: int) -> Tensor:
        """Return this process's (count,) whole numbers from 0 to below `high`."""
        drawn = torch.randint(0, high, (count * self._share.world,), generator=self._random)
        return self._own(drawn)

    def _own(self, drawn: Tensor) -> Tensor:
        count = drawn.shape[0] // self._share.world
        start = self._share.rank * count
        return drawn[start : start + count].to(self._device, non_blocking=True)
