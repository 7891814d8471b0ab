"""pix2pix (Isola et al. 2017) with feature matching: learn from paired slices.

At first the translator learns the difference to its target at three resolutions alone. Then a
discriminator of patches joins in, which sees source and result together; its activations also
measure likeness (Wang et al. 2018).
"""

import torch
from torch import Tensor

from medgan_viewer.generators.layers import Norm
from medgan_viewer.generators.unet_translator import UnetSize, UnetTranslator
from medgan_viewer.training import losses
from medgan_viewer.training.config import Pix2PixModel
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.translator_family import (
    SHEET_COLUMNS,
    TranslatorFamily,
    check_sides,
    deceit_loss,
    judge_loss,
    patch_judge,
    trained,
)
from medgan_viewer.training.family import PackageParts, Progress, Report, Sheet
from medgan_viewer.training.machine import Machine
from medgan_viewer.training.pair_batches import PairBatches

BETAS = (0.5, 0.99)


class Pix2Pix(TranslatorFamily):
    """U-Net and a conditional patch discriminator.

    Raises
    ------
    InputError
        The slices cannot be halved `downs` times.
    """

    def __init__(
        self, config: Pix2PixModel, batches: PairBatches, machine: Machine, batch: int
    ) -> None:
        super().__init__(machine, batch)
        self._config = config
        self.batches = batches
        check_sides(
            batches.sides, 2**config.downs, "Set downs lower, or give slices of another size."
        )
        size = UnetSize(1, 1, config.base, config.downs, Norm.INSTANCE)
        self.model = machine.place(UnetTranslator(size))
        self.judge = patch_judge(machine, 2, config.discriminator_base)
        model = trained(self.model, config.learning_rate, BETAS, average=True)
        assert model.average is not None
        self.average = model.average
        self.trained = {
            "model": model,
            "judge": trained(self.judge, config.discriminator_rate, BETAS),
        }

    def step(self, draw: Draw, progress: Progress) -> Report | None:
        config = self._config
        source, target = self.batches.draw(draw, self.count)
        made = self.translated(self.model, source)
        loss = config.l1_weight * losses.multi_scale_l1(made, target)
        report: Report = {"l1": (made - target).abs().mean()}
        if progress.images < config.warmup_images:
            return report if self.descend(loss, "model") else None
        verdict, pull = self._verdict(source, target, made.detach(), report)
        if not self.descend(loss + (made * pull).sum(), "model"):
            return None
        return report if self.descend(verdict, "judge") else None

    def _verdict(
        self, source: Tensor, target: Tensor, made: Tensor, report: Report
    ) -> tuple[Tensor, Tensor]:
        """Return the discriminator's loss, and the gradient of the translator's by its images.

        Both come from one pass over each image: the discriminator's weights stay the same until
        the translator has taken its step.
        """
        config = self._config
        made.requires_grad_(True)
        seen = self.judged(self.judge, torch.cat([source, made], dim=1))
        wanted = self.judged(self.judge, torch.cat([source, target], dim=1))
        matching = losses.feature_matching(seen[:-1], wanted[:-1])
        deceit = deceit_loss(seen[-1])
        likeness = config.matching_weight * matching + config.adversarial_weight * deceit
        (pull,) = torch.autograd.grad(likeness, made, retain_graph=True)
        verdict = judge_loss(wanted[-1], seen[-1])
        report |= {"matching": matching, "deceit": deceit, "judge": verdict}
        return verdict, pull

    # ---- what is shown and kept ----

    def phase(self, progress: Progress) -> str:
        warm = progress.images < self._config.warmup_images
        return "difference" if warm else "difference and discriminator"

    def sheet(self) -> Sheet:
        """Show some slices: source, translation, real target."""
        return self.sheet_of(*self.batches.shown(SHEET_COLUMNS))

    def package_parts(self) -> PackageParts:
        sizes: dict[str, int | float | bool | str] = {
            "in_channels": 1,
            "base": self._config.base,
            "downs": self._config.downs,
            "norm": Norm.INSTANCE.value,
            "dropout": False,
        }
        return PackageParts("unet-translator", sizes, self.average)
