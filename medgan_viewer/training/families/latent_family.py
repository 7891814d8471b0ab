"""LatentFamily: what all families have whose network makes images from a latent point."""

import numpy as np
import torch
from torch import Tensor, nn

from medgan_viewer.generators.registry import LatentGenerator
from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.training.batches import ImageBatches
from medgan_viewer.training.family import Family, FloatImages, Sheet
from medgan_viewer.training.machine import Machine

SHEET_COLUMNS = 8


class LatentFamily(Family):
    """A family whose averaged network, `average`, is a LatentGenerator."""

    average: nn.Module

    def __init__(self, batches: ImageBatches, machine: Machine, batch: int, psi: float) -> None:
        self.batches = batches
        self.machine = machine
        self.count = batch // machine.share.world
        self._psi = psi

    def descend(self, name: str, loss: Tensor) -> bool:
        """Take a step of one of the networks; False if a gradient was not finite."""
        trained = self.trained[name]
        return self.machine.descend(loss, trained.optimizer, trained.parameters)

    @torch.no_grad()
    def sheet(self) -> Sheet:
        """Show eight samples of each label."""
        generator, device = self.average, self.machine.device
        assert isinstance(generator, LatentGenerator)
        fixed = torch.Generator().manual_seed(7)
        rows: list[FloatImages] = []
        for label in range(max(self.batches.label_count, 1)):
            z = torch.randn(SHEET_COLUMNS, generator.z_dim, generator=fixed).to(device)
            labels = self.batches.one_hot(torch.full((SHEET_COLUMNS,), label, device=device))
            center = generator.center(labels)
            w = center + self._psi * (generator.map_latent(z, labels) - center)
            ws = w.unsqueeze(1).expand(-1, generator.num_ws, -1)
            image = generator.synthesize(ws, NoiseMode.CONST, torch.float32)
            rows.append(image[:, 0].cpu().numpy())
        return Sheet(np.concatenate(rows), SHEET_COLUMNS)
