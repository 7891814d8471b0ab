"""StyleGAN2-class training: non-saturating loss, lazy R1 and path length, mixing, augmentation.

Karras et al. 2020 (arXiv 1912.04958); adaptive augmentation after 2006.06676.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from medgan_viewer.generators.discriminators import ResidualDiscriminator
from medgan_viewer.generators.stylegan2 import StyleGan2Generator, SynthesisSize
from medgan_viewer.training import losses
from medgan_viewer.training.augmentation import AUGMENT_NUMBERS, augment_for_discriminator
from medgan_viewer.training.batches import ImageBatches
from medgan_viewer.training.config import StyleGan2Model
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.latent_family import LatentFamily
from medgan_viewer.training.family import PackageParts, Progress, Report, TrainedNetwork
from medgan_viewer.training.loop import averaged_copy
from medgan_viewer.training.machine import Machine

MEAN_W_DECAY = 0.995
PATH_DECAY = 0.01  # of the running mean of path lengths
PATH_SHRINK = 2  # path length is measured on this part of a batch
ADA_IMAGES = 100_000  # images over which the strength may go from none to full
FIXED_STRENGTH = 0.8


class StyleGan2(LatentFamily):
    """Mapping and synthesis against a residual discriminator."""

    def __init__(
        self, config: StyleGan2Model, batches: ImageBatches, machine: Machine, batch: int
    ) -> None:
        super().__init__(batches, machine, batch, config.psi)
        self._config = config
        labels = batches.label_count
        side, w_dim, most = config.resolution, config.w_dim, config.channel_max
        self.model = machine.place(
            StyleGan2Generator(
                SynthesisSize(side, 1, w_dim, config.channel_base, most),
                z_dim=config.z_dim,
                label_count=labels,
                mapping_layers=config.mapping_layers,
            )
        )
        self.average = averaged_copy(self.model)
        size = SynthesisSize(side, 1, w_dim, config.discriminator_base, most)
        self.judge = machine.place(ResidualDiscriminator(size, labels))
        self._strength = 0.0 if config.augmentation == "adaptive" else FIXED_STRENGTH
        self._path_mean = 0.0
        self._right = 0.0  # running mean of the sign of the discriminator on real images
        # A regularisation paid every n-th step changes what Adam averages over (appendix B).
        r1_part = config.r1_interval / (config.r1_interval + 1) if config.r1_gamma else 1.0
        path_part = config.path_interval / (config.path_interval + 1) if config.path_weight else 1.0
        self.trained = {
            "model": self._trained(self.model, path_part, self.average),
            "judge": self._trained(self.judge, r1_part),
        }

    def _trained(
        self, network: torch.nn.Module, part: float, average: torch.nn.Module | None = None
    ) -> TrainedNetwork:
        rate = self._config.learning_rate * part
        betas = (0.0, 0.99**part)
        optimizer = torch.optim.Adam(network.parameters(), rate, betas, eps=1e-8)
        return TrainedNetwork(network, optimizer, rate, average)

    def step(self, draw: Draw, progress: Progress) -> Report | None:
        config = self._config
        images, labels = self.batches.draw(draw, self.count)
        made, made_labels, w = self._make(draw, self.count)
        verdict = self._judge_step(images, labels, made.detach(), made_labels, draw, progress)
        if verdict is None:
            return None
        self.judge.requires_grad_(False)
        logits = self._view(made, made_labels, draw)
        loss = deceit = losses.generator_loss(logits)
        report = verdict | {"deceit": deceit}
        path_mean = self._path_mean
        if config.path_weight and progress.step % config.path_interval == 0:
            lengths = self._path_lengths(draw)
            path_mean = self._followed_path(lengths)
            penalty = (lengths - path_mean).square().mean()
            loss = loss + penalty * (config.path_weight * config.path_interval)
            report |= {"path length": lengths.mean()}
        if not self.descend("model", loss):
            return None
        # Running means follow sound steps alone: a number that is none would never leave them.
        self._follow_mean_w(w)
        self._path_mean = path_mean
        return report

    def _judge_step(
        self,
        images: Tensor,
        labels: Tensor,
        made: Tensor,
        made_labels: Tensor,
        draw: Draw,
        progress: Progress,
    ) -> Report | None:
        config = self._config
        self.judge.requires_grad_(True)
        real = self._view(images, labels, draw)
        fake = self._view(made, made_labels, draw)
        loss = losses.discriminator_loss(real, fake)
        report: Report = {"judge": loss}
        if config.augmentation == "adaptive":
            report |= {"strength": self._strength}
        if config.r1_gamma and progress.step % config.r1_interval == 0:
            wanted = images.detach().requires_grad_(True)
            penalty = losses.r1_penalty(self.judge(wanted, labels).float(), wanted)
            loss = loss + penalty * (config.r1_gamma / 2 * config.r1_interval)
            report |= {"r1": penalty}
        if not self.descend("judge", loss):
            return None
        self._adapt(real.detach())
        return report

    # ---- parts ----

    def _make(self, draw: Draw, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return images of random points, their labels, and w before mixing."""
        labels = self.batches.random_labels(draw, count)
        w = self.model.map_latent(draw.normal(count, self.model.z_dim), labels)
        other = self.model.map_latent(draw.normal(count, self.model.z_dim), labels)
        layers = torch.arange(self.model.num_ws, device=w.device)
        crossing = 1 + (draw.uniform(count, 1) * (self.model.num_ws - 1)).floor()
        is_mixed = draw.uniform(count, 1) < self._config.mixing
        from_other = (layers.unsqueeze(0) >= crossing) & is_mixed  # (count, num_ws)
        ws = torch.where(from_other.unsqueeze(2), other.unsqueeze(1), w.unsqueeze(1))
        return self._synthesize(ws, draw), labels, w

    def _synthesize(self, ws: Tensor, draw: Draw) -> Tensor:
        synthesis = self.model.synthesis
        sides = [conv.noise_const.shape[0] for block in synthesis.blocks for conv in block.convs]
        noise = [draw.normal(ws.shape[0], 1, side, side) for side in sides]
        image: Tensor = synthesis(ws, noise, self.machine.dtype)
        return image

    def _view(self, images: Tensor, labels: Tensor, draw: Draw) -> Tensor:
        """Return the discriminator's logits on augmented images."""
        if self._config.augmentation != "none":
            numbers = draw.uniform(self.count, AUGMENT_NUMBERS)
            images = augment_for_discriminator(images, numbers, self._strength)
        with self.machine.autocast():
            logits: Tensor = self.judge(self.machine.laid_out(images), labels)
        return logits.float()

    def _adapt(self, real_logits: Tensor) -> None:
        """Raise the strength while the discriminator knows the training images too well."""
        if self._config.augmentation != "adaptive":
            return
        sign = float(self.machine.mean(real_logits.sign().mean()))
        self._right += 0.05 * (sign - self._right)
        change = math.copysign(
            self.count * self.machine.share.world / ADA_IMAGES,
            self._right - self._config.augmentation_target,
        )
        self._strength = min(max(self._strength + change, 0.0), 1.0)

    def _path_lengths(self, draw: Draw) -> Tensor:
        """Measure path lengths on images of their own, one step of w for all layers."""
        count = max(self.count // PATH_SHRINK, 1)
        labels = self.batches.random_labels(draw, count)
        w = self.model.map_latent(draw.normal(count, self.model.z_dim), labels)
        ws = w.unsqueeze(1).repeat(1, self.model.num_ws, 1)
        image = self._synthesize(ws, draw)
        push = draw.normal(*image.shape) / math.sqrt(image.shape[2] * image.shape[3])
        return losses.path_lengths(image, ws, push)

    def _followed_path(self, lengths: Tensor) -> float:
        """Return the running mean of path lengths after these."""
        now = float(self.machine.mean(lengths.detach().mean()))
        return self._path_mean + PATH_DECAY * (now - self._path_mean)

    @torch.no_grad()
    def _follow_mean_w(self, w: Tensor) -> None:
        mean = self.machine.mean(w.detach().mean(dim=0))
        self.model.mapping.w_avg.lerp_(mean, 1 - MEAN_W_DECAY)

    # ---- what is kept ----

    def state(self) -> dict[str, float]:
        return {"strength": self._strength, "right": self._right, "path": self._path_mean}

    def restore(self, state: Mapping[str, float]) -> None:
        self._strength = state["strength"]
        self._right = state["right"]
        self._path_mean = state["path"]

    def package_parts(self) -> PackageParts:
        config = self._config
        sizes: dict[str, int | float | bool | str] = {
            "resolution": config.resolution,
            "z_dim": config.z_dim,
            "w_dim": config.w_dim,
            "channel_base": config.channel_base,
            "channel_max": config.channel_max,
            "mapping_layers": config.mapping_layers,
        }
        judge = {**sizes, "channel_base": config.discriminator_base}
        for name in ("z_dim", "mapping_layers"):
            judge.pop(name)
        return PackageParts("stylegan2", sizes, self.average, self.judge, "residual", judge)
