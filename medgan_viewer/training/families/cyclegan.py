"""CycleGAN (Zhu et al. 2017): learn both directions from images that are not paired.

There and back must give the image again; an image of the target domain must stay as it is.
"""

import torch
from torch import Tensor, nn

from medgan_viewer.generators.layers import Norm
from medgan_viewer.generators.resnet_translator import ResnetSize, ResnetTranslator
from medgan_viewer.training.config import CycleGanModel
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.translator_family import (
    SHEET_COLUMNS,
    TranslatorFamily,
    check_sides,
    deceit_loss,
    judge_loss,
    patch_judge,
    resnet_sizes,
    trained,
)
from medgan_viewer.training.family import PackageParts, Progress, Report, Sheet
from medgan_viewer.training.machine import Machine
from medgan_viewer.training.unpaired_batches import UnpairedBatches

BETAS = (0.5, 0.999)
POOL_IMAGES = 50


class ImagePool(nn.Module):
    """Earlier images of a translator, half of what its discriminator sees.

    After Shrivastava et al. 2017. The images are buffers, so that a checkpoint holds them and a
    resumed run goes on with them.

    Parameters
    ----------
    sides : rows and columns of the images
    """

    images: Tensor
    filled: Tensor

    def __init__(self, sides: tuple[int, int], size: int = POOL_IMAGES) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(size, 1, *sides))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def exchange(self, made: Tensor, uniforms: Tensor) -> Tensor:
        """Put images in, and return as many: half of them new, half from the pool once it is full.

        Parameters
        ----------
        made : (batch, 1, rows, columns)
        uniforms : (batch, 2) in [0, 1): whether to take an old one, and which
        """
        size, filled = self.images.shape[0], int(self.filled)
        given = made.detach().clone()
        for index, (chance, place) in enumerate(uniforms.tolist()):
            if filled < size:
                self.images[filled] = made[index]
                filled += 1
            elif chance < 0.5:
                old = int(place * size)
                given[index] = self.images[old]
                self.images[old] = made[index]
        self.filled.fill_(filled)
        return given


class PooledJudge(nn.Module):
    """A patch discriminator and the pool of images it learns from."""

    def __init__(self, machine: Machine, base: int, sides: tuple[int, int]) -> None:
        super().__init__()
        self.judge = patch_judge(machine, 1, base)
        self.pool = ImagePool(sides).to(machine.device)

    def forward(self, images: Tensor) -> list[Tensor]:
        found: list[Tensor] = self.judge(images)
        return found


class CycleGan(TranslatorFamily):
    """Two ResNet translators and a discriminator for each domain; the package is the forward one.

    Raises
    ------
    InputError
        The sides of the images are no multiples of 4.
    """

    def __init__(
        self, config: CycleGanModel, batches: UnpairedBatches, machine: Machine, batch: int
    ) -> None:
        super().__init__(machine, batch)
        self._config = config
        self.batches = batches
        check_sides(batches.sides, ResnetTranslator.side_multiple, "Give slices of another size.")
        self._size = ResnetSize(base=config.base, blocks=config.blocks, norm=Norm.INSTANCE)
        self.model = machine.place(ResnetTranslator(self._size))
        self.back = machine.place(ResnetTranslator(self._size))
        self.target_judge = PooledJudge(machine, config.discriminator_base, batches.sides)
        self.source_judge = PooledJudge(machine, config.discriminator_base, batches.sides)
        model = trained(self.model, config.learning_rate, BETAS, average=True)
        assert model.average is not None
        self.average = model.average
        rate = config.discriminator_rate
        self.trained = {
            "model": model,
            "back": trained(self.back, config.learning_rate, BETAS),
            "target_judge": trained(self.target_judge, rate, BETAS),
            "source_judge": trained(self.source_judge, rate, BETAS),
        }

    def step(self, draw: Draw, progress: Progress) -> Report | None:
        source, target = self.batches.draw(draw, self.count)
        to_target, target_again = self._pass(self.model, source, target)
        to_source, source_again = self._pass(self.back, target, source)
        returned = self.translated(self.back, to_target)
        target_returned = self.translated(self.model, to_source)
        cycle = (returned - source).abs().mean() + (target_returned - target).abs().mean()
        deceit = self._deceit(self.target_judge, to_target)
        deceit = deceit + self._deceit(self.source_judge, to_source)
        report: Report = {"cycle": cycle, "deceit": deceit}
        loss = deceit + self._config.cycle_weight * cycle
        if target_again is not None and source_again is not None:
            same = (target_again - target).abs().mean() + (source_again - source).abs().mean()
            loss = loss + self._config.identity_weight * same
            report |= {"identity": same}
        if not self.descend(loss, "model", "back"):
            return None
        verdict = self._verdict(self.target_judge, target, to_target, draw)
        verdict = verdict + self._verdict(self.source_judge, source, to_source, draw)
        report |= {"judge": verdict}
        return report if self.descend(verdict, "target_judge", "source_judge") else None

    def _pass(
        self, translate: nn.Module, images: Tensor, results: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """Translate images, and, where identity counts, images that are results already."""
        if not self._config.identity_weight:
            return self.translated(translate, images), None
        both = self.translated(translate, self.machine.laid_out(torch.cat([images, results])))
        return both[: self.count], both[self.count :]

    def _deceit(self, judge: PooledJudge, made: Tensor) -> Tensor:
        judge.requires_grad_(False)
        return deceit_loss(self.judged(judge, made)[-1])

    def _verdict(self, judge: PooledJudge, real: Tensor, made: Tensor, draw: Draw) -> Tensor:
        """Return the discriminator's loss on real images and on ones from its pool."""
        judge.requires_grad_(True)
        old = self._pooled(judge.pool, made.detach(), draw.uniform(self.count, 2))
        on_real = self.judged(judge, real)[-1]
        return judge_loss(on_real, self.judged(judge, old)[-1])

    def _pooled(self, pool: ImagePool, made: Tensor, uniforms: Tensor) -> Tensor:
        """Return this process's share of what the pool gives for the images of all processes.

        All processes keep the same pool, the one that the first of them saves.
        """
        share = self.machine.share
        if share.world > 1:
            made, uniforms = self._of_all(made), self._of_all(uniforms)
        given = pool.exchange(made, uniforms)
        start = share.rank * self.count
        return self.machine.laid_out(given[start : start + self.count])

    def _of_all(self, part: Tensor) -> Tensor:
        """Join the parts of all processes along the batch."""
        share = self.machine.share
        whole = part.new_zeros(share.world, *part.shape)
        whole[share.rank] = part
        joined = self.machine.fabric.all_reduce(whole, reduce_op="sum")
        assert isinstance(joined, Tensor)
        return joined.flatten(0, 1)  # (processes, batch, ...) to (processes * batch, ...)

    # ---- what is shown and kept ----

    def sheet(self) -> Sheet:
        """Show some slices: source, translation."""
        return self.sheet_of(self.batches.shown(SHEET_COLUMNS))

    def package_parts(self) -> PackageParts:
        return PackageParts("resnet-translator", resnet_sizes(self._size), self.average)
