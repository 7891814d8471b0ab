"""What every training run shares: clock, curves, sample sheets, weight average."""

import csv
import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor, nn

log = logging.getLogger(__name__)


@torch.no_grad()
def update_average(average: nn.Module, current: nn.Module, decay: float) -> None:
    """Move the exponential moving average of weights towards `current`; copy the buffers."""
    for mean, new in zip(average.parameters(), current.parameters(), strict=True):
        mean.data.lerp_(new, 1 - decay)
    for kept, buffer in zip(average.buffers(), current.buffers(), strict=True):
        kept.copy_(buffer)


def sheet(images: npt.NDArray[np.float32], columns: int) -> npt.NDArray[np.uint8]:
    """Lay (n, rows, columns) images in [-1, 1] out as one 8-bit picture."""
    n, rows, width = images.shape
    lines = -(-n // columns)
    canvas = np.zeros((lines * rows, columns * width), np.uint8)
    gray = np.rint(np.clip(images * 127.5 + 127.5, 0, 255)).astype(np.uint8)
    for index in range(n):
        top, left = index // columns * rows, index % columns * width
        canvas[top : top + rows, left : left + width] = gray[index]
    return canvas


@dataclass
class RunClock:
    """How long a run took over all its resumptions, and when it is to end."""

    max_minutes: float
    spent_s: float = 0.0
    _since: float = field(default_factory=time.monotonic)

    @property
    def minutes(self) -> float:
        return (self.spent_s + time.monotonic() - self._since) / 60

    @property
    def is_over(self) -> bool:
        return self.minutes >= self.max_minutes


class Curves:
    """Running means of named losses, appended to curves.csv and to the log."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sums: dict[str, list[float]] = {}

    def add(self, values: dict[str, Tensor | float]) -> None:
        for name, value in values.items():
            self._sums.setdefault(name, []).append(float(value))

    def flush(self, images: int, minutes: float) -> dict[str, float]:
        """Write the means since the last call; return them."""
        means = {name: float(np.mean(values)) for name, values in self._sums.items()}
        self._sums.clear()
        new = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            if new:
                writer.writerow(("images", "minutes", "loss", "mean"))
            for name, mean in means.items():
                writer.writerow((images, f"{minutes:.2f}", name, f"{mean:.6g}"))
        shown = "  ".join(f"{name} {mean:.4f}" for name, mean in means.items())
        log.info("%6.1f min  %8d images  %s", minutes, images, shown)
        return means


def save_sheet(path: Path, images: npt.NDArray[np.float32], columns: int) -> None:
    Image.fromarray(sheet(images, columns)).save(path)


def write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def gradients_are_finite(parameters: Iterable[nn.Parameter]) -> bool:
    """Say whether every gradient is finite, so that a bad step can be left out."""
    norms = [p.grad.abs().max() for p in parameters if p.grad is not None]
    return bool(torch.isfinite(torch.stack(norms)).all()) if norms else True
