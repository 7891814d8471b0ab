"""Training of a paired translator: L1 and a conditional patch discriminator (Isola et al. 2017)."""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from medgan_viewer.generators.discriminators import PatchDiscriminator
from medgan_viewer.generators.layers import Norm
from medgan_viewer.generators.unet_translator import UnetSize, UnetTranslator
from medgan_viewer.inference.translation import FOREGROUND, MIN_FOREGROUND
from medgan_viewer.training import losses
from medgan_viewer.training.adversarial_trainer import AdversarialTrainer, Report
from medgan_viewer.training.augmentation import jitter_geometry
from medgan_viewer.training.images import PairedSlices
from medgan_viewer.training.run import gradients_are_finite, save_sheet


@dataclass(frozen=True, slots=True)
class TranslatorRun:
    """Settings of one run; weights are per unit of each loss."""

    base: int = 32
    downs: int = 6
    judge_base: int = 32
    batch: int = 8
    learning_rate: float = 4e-4
    judge_rate: float = 2e-4
    l1_weight: float = 20.0
    matching_weight: float = 2.0
    adversarial_weight: float = 0.2
    warmup_images: int = 20_000
    average_half_life: int = 4_000
    intensity_jitter: float = 0.15
    seed: int = 1
    max_minutes: float = 90.0
    save_minutes: float = 5.0


class TranslatorTrainer(AdversarialTrainer):
    """Networks, optimisers and steps of one run; `train` goes on until the time is over."""

    def __init__(self, run: TranslatorRun, studies: list[PairedSlices], folder: Path) -> None:
        super().__init__(run, folder)
        torch.manual_seed(run.seed)
        self.run = run
        pairs = [
            np.stack([study.source, study.target], axis=1)[_has_head(study)] for study in studies
        ]
        self.pairs = torch.from_numpy(np.concatenate(pairs))  # (n, 2, rows, columns)
        weights = [np.full(len(p), 1 / len(p)) for p in pairs]  # every study as often as another
        self.weights = torch.from_numpy(np.concatenate(weights))
        size = UnetSize(1, 1, run.base, run.downs, Norm.INSTANCE)
        self.model = UnetTranslator(size).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.judge = PatchDiscriminator(2, run.judge_base).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.Adam(self.model.parameters(), run.learning_rate, (0.5, 0.99))
        self.judge_optimizer = torch.optim.Adam(
            self.judge.parameters(), run.judge_rate, (0.5, 0.99)
        )

    def _advance(self, step: int, adversarial: bool) -> Report:
        source, target = self._draw_batch()
        return self._step(source, target, adversarial)

    def _step(self, source: Tensor, target: Tensor, adversarial: bool) -> Report:
        run = self.run
        self.judge.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16):
            made = self.model(source).float()
            loss = run.l1_weight * losses.multi_scale_l1(made, target)
            report: Report = {"l1": (made - target).abs().mean().detach()}
            if adversarial:
                seen = self.judge(torch.cat([source, made], 1))
                with torch.no_grad():
                    wanted = self.judge(torch.cat([source, target], 1))
                matching = losses.feature_matching(seen[:-1], wanted[:-1])
                deceit = (seen[-1].float() - 1).square().mean()
                loss = loss + run.matching_weight * matching + run.adversarial_weight * deceit
                report |= {"matching": matching.detach(), "deceit": deceit.detach()}
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if gradients_are_finite(self.model.parameters()):
            self.optimizer.step()
        if adversarial:
            report |= self._judge_step(source, target, made.detach())
        return report

    def _judge_step(self, source: Tensor, target: Tensor, made: Tensor) -> Report:
        self.judge.requires_grad_(True)
        with torch.autocast("cpu", torch.bfloat16):
            real = self.judge(torch.cat([source, target], 1))[-1].float()
            fake = self.judge(torch.cat([source, made], 1))[-1].float()
        loss = 0.5 * ((real - 1).square().mean() + fake.square().mean())
        self.judge_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if gradients_are_finite(self.judge.parameters()):
            self.judge_optimizer.step()
        return {"judge": loss.detach()}

    def _draw_batch(self) -> tuple[Tensor, Tensor]:
        chosen = torch.multinomial(
            self.weights, self.run.batch, replacement=True, generator=self.random
        )
        pairs = jitter_geometry(
            self.pairs[chosen], self.random, shift=0.06, zoom=0.12, degrees=10.0
        )
        source, target = pairs[:, :1], pairs[:, 1:]
        limit = self.run.intensity_jitter
        factor = 1 + (torch.rand(len(chosen), 1, 1, 1, generator=self.random) * 2 - 1) * limit
        power = 1 + (torch.rand(len(chosen), 1, 1, 1, generator=self.random) * 2 - 1) * limit
        source = (((source + 1) / 2).clamp(0, 1) ** power * factor * 2 - 1).clamp(-1, 1)
        layout = torch.channels_last
        return source.contiguous(memory_format=layout), target.contiguous(memory_format=layout)

    def _rate_factor(self) -> float:
        """Fall to a twentieth over the second half of the time."""
        return max(min(2 * (1 - self.clock.minutes / self.run.max_minutes), 1.0), 0.05)

    def _rates(self) -> tuple[float, float]:
        return self.run.learning_rate, self.run.judge_rate

    def _save_sheet(self) -> None:
        chosen = self.pairs[:: max(len(self.pairs) // 6, 1)][:6]
        with torch.no_grad():
            made = self.average(chosen[:, :1])
        rows = [chosen[:, 0].numpy(), made[:, 0].numpy(), chosen[:, 1].numpy()]
        save_sheet(self.folder / f"sheet-{self.seen:08d}.png", np.concatenate(rows), len(chosen))


def _has_head(study: PairedSlices) -> npt.NDArray[np.bool_]:
    """Return the slices that are not almost all background."""
    bright = (study.source > FOREGROUND).mean(axis=(1, 2))
    return np.asarray(bright >= MIN_FOREGROUND)
