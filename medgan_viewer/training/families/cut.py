"""CUT (Park et al. 2020, arXiv 2007.15651): one direction, held to its source by patches.

A patch of the result must be recognised among other patches of the source as the one from the same
place. The translator's own encoder describes the patches, a small head projects them.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from medgan_viewer.generators.layers import Norm
from medgan_viewer.generators.resnet_translator import (
    ResidualBlock,
    ResnetSize,
    ResnetTranslator,
)
from medgan_viewer.training.config import CutModel
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
PROJECTION = 256  # features of a projected patch


class PatchHead(nn.Module):
    """Two dense layers per stage of the encoder: activations at a place to a unit vector."""

    def __init__(self, widths: Sequence[int], features: int = PROJECTION) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Linear(width, features), nn.ReLU(), nn.Linear(features, features))
            for width in widths
        )

    def forward(self, stages: list[Tensor], places: list[Tensor]) -> list[Tensor]:
        """Return (batch, patches, features) unit vectors of each stage.

        Parameters
        ----------
        stages : (batch, channels, rows, columns) each
        places : (batch, patches) each, counted along the rows
        """
        found = []
        for head, stage, place in zip(self.stages, stages, places, strict=True):
            flat = stage.flatten(2).transpose(1, 2)  # (batch, rows * columns, channels)
            picked = flat.gather(1, place.unsqueeze(2).expand(-1, -1, flat.shape[2]))
            found.append(F.normalize(head(picked).float(), dim=2))
        return found


class Cut(TranslatorFamily):
    """A ResNet translator, a discriminator of patches and the head that projects patches.

    Raises
    ------
    InputError
        The sides of the images are no multiples of 4.
    """

    def __init__(
        self, config: CutModel, batches: UnpairedBatches, machine: Machine, batch: int
    ) -> None:
        super().__init__(machine, batch)
        self._config = config
        self.batches = batches
        check_sides(batches.sides, ResnetTranslator.side_multiple, "Give slices of another size.")
        self._size = ResnetSize(
            base=config.base,
            blocks=config.blocks,
            norm=Norm.INSTANCE,
            antialias_down=True,
            antialias_up=True,
        )
        model = ResnetTranslator(self._size)
        self._encoder_stages = encoder_stages(model)
        self.model = machine.place(model)
        self._layers = list(model.model)
        self.judge = patch_judge(machine, 1, config.discriminator_base)
        base = config.base
        widths = [2 * base, *[4 * base] * (len(self._encoder_stages) - 1)]
        self.head = machine.place(PatchHead(widths))
        trained_model = trained(self.model, config.learning_rate, BETAS, average=True)
        assert trained_model.average is not None
        self.average = trained_model.average
        self.trained = {
            "model": trained_model,
            "head": trained(self.head, config.learning_rate, BETAS),
            "judge": trained(self.judge, config.discriminator_rate, BETAS),
        }

    def step(self, draw: Draw, progress: Progress) -> Report | None:
        config, count = self._config, self.count
        source, target = self.batches.draw(draw, count)
        both = self.machine.laid_out(torch.cat([source, target]))
        with self.machine.autocast():
            image, stages = self._encoded(both, whole=True)
        made = image.float()
        places = self._places(draw, stages)
        with self.machine.autocast():
            _, stages_made = self._encoded(made, whole=False)
            asked = self.head(stages_made, places)
            with torch.no_grad():
                known = self.head([stage.detach() for stage in stages], places)
        contrast = self._contrast(asked, known, slice(count))
        identity = self._contrast(asked, known, slice(count, None))
        report: Report = {"contrast": contrast, "identity": identity}
        verdict, pull = self._verdict(target, made[:count].detach(), report)
        loss = config.contrast_weight * 0.5 * (contrast + identity) + (made[:count] * pull).sum()
        if not self.descend(loss, "model", "head"):
            return None
        return report if self.descend(verdict, "judge") else None

    def _encoded(self, images: Tensor, *, whole: bool) -> tuple[Tensor, list[Tensor]]:
        """Return the activations that describe patches; the translation, too, if it is `whole`."""
        x, found = images, []
        for index, layer in enumerate(self._layers):
            if not whole and index > self._encoder_stages[-1]:
                break
            x = layer(x)
            if index in self._encoder_stages:
                found.append(x)
        return x, found

    def _places(self, draw: Draw, stages: list[Tensor]) -> list[Tensor]:
        """Return places for each stage, (2 * count, patches), the same in both stages of a pair."""
        found = []
        for stage in stages:
            pixels = stage.shape[2] * stage.shape[3]
            places = patch_places(draw, self.count, pixels, self._config.patches)
            found.append(places.transpose(0, 1).flatten(0, 1))  # sources, then targets
        return found

    def _contrast(self, asked: list[Tensor], known: list[Tensor], part: slice) -> Tensor:
        """Return PatchNCE of a part of the batch, the mean over stages."""
        temperature = self._config.temperature
        losses = [
            patch_contrast(a[part], b[part], temperature) for a, b in zip(asked, known, strict=True)
        ]
        return torch.stack(losses).mean()

    def _verdict(self, target: Tensor, made: Tensor, report: Report) -> tuple[Tensor, Tensor]:
        """Return the discriminator's loss, and the gradient of the translator's by its images.

        Both come from one pass over each image: the discriminator's weights stay the same until
        the translator has taken its step.
        """
        made.requires_grad_(True)
        on_made = self.judged(self.judge, made)[-1]
        on_real = self.judged(self.judge, target)[-1]
        deceit = deceit_loss(on_made)
        (pull,) = torch.autograd.grad(deceit, made, retain_graph=True)
        verdict = judge_loss(on_real, on_made)
        report |= {"deceit": deceit, "judge": verdict}
        return verdict, pull

    # ---- what is shown and kept ----

    def sheet(self) -> Sheet:
        """Show some slices: source, translation."""
        return self.sheet_of(self.batches.shown(SHEET_COLUMNS))

    def package_parts(self) -> PackageParts:
        return PackageParts("resnet-translator", resnet_sizes(self._size), self.average)


def encoder_stages(model: ResnetTranslator) -> list[int]:
    """Return which layers describe patches: both halving convolutions, first and fifth block.

    The paper also takes the pixels themselves. Gray pixels hold nothing but the brightness, which
    is what a translation between contrasts changes, so they are left out.
    """
    layers = list(model.model)
    blocks = [index for index, layer in enumerate(layers) if isinstance(layer, ResidualBlock)]
    convolutions = [index for index, layer in enumerate(layers) if isinstance(layer, nn.Conv2d)]
    return [*convolutions[1:3], blocks[0], *blocks[4:5]]


def patch_places(draw: Draw, count: int, pixels: int, patches: int) -> Tensor:
    """Return (count, 2, patches) different places of a stage for each source and each target.

    One place lies in each of as many strips of equal length, which begin anywhere.
    """
    patches = min(patches, pixels)
    strip = pixels // patches
    within = (draw.uniform(count, 2, patches) * strip).long()
    first = (draw.uniform(count, 2, 1) * pixels).long()
    start = torch.arange(patches, device=within.device) * strip
    return (first + start + within) % pixels


def patch_contrast(asked: Tensor, known: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of finding each patch of the result among those of its source (PatchNCE).

    Parameters
    ----------
    asked, known : (batch, patches, features) unit vectors of result and source at equal places
    """
    logits = asked @ known.transpose(1, 2) / temperature  # (batch, patches, patches)
    right = torch.arange(logits.shape[1], device=logits.device).expand(logits.shape[0], -1)
    return F.cross_entropy(logits.flatten(0, 1), right.flatten())
