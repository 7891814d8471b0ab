"""VAE-GAN: reconstruct first, then also deceive patch discriminators.

At first encoder and decoder learn reconstruction and KL alone. Then discriminators of patches join
in, which see real images, reconstructions and samples of the fitted prior; their activations also
measure likeness (Larsen et al. 2016, arXiv 1512.09300).
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from medgan_viewer.generators.autoencoder import AdversarialAutoencoder
from medgan_viewer.generators.discriminators import MultiScalePatchDiscriminator, scales_that_fit
from medgan_viewer.generators.stylegan2 import SynthesisSize
from medgan_viewer.training import losses
from medgan_viewer.training.augmentation import AUGMENT_NUMBERS, augment_for_discriminator
from medgan_viewer.training.batches import ImageBatches
from medgan_viewer.training.config import VaeGanModel
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.latent_family import LatentFamily
from medgan_viewer.training.family import PackageParts, Progress, Report, TrainedNetwork
from medgan_viewer.training.loop import averaged_copy
from medgan_viewer.training.machine import Machine
from medgan_viewer.training.prior_fit import fit_prior

AUGMENTATION = 0.25  # patches are many, so they need less of it than whole images
PRIOR_IMAGES = 4_000  # how often the prior follows the encoder
PRIOR_RESTS_FROM = 0.75  # part of the run: the decoder needs time to learn a new prior


class VaeGan(LatentFamily):
    """Autoencoder and patch discriminators."""

    average: AdversarialAutoencoder

    def __init__(
        self, config: VaeGanModel, batches: ImageBatches, machine: Machine, batch: int
    ) -> None:
        super().__init__(batches, machine, batch, config.psi)
        self._config = config
        size = SynthesisSize(
            config.resolution, 1, config.w_dim, config.channel_base, config.channel_max
        )
        labels = batches.label_count
        self.model = machine.place(AdversarialAutoencoder(size, labels, config.encoder_resolution))
        self.average = averaged_copy(self.model)
        self._scales = min(config.discriminator_scales, scales_that_fit(config.resolution))
        self.judge = machine.place(
            MultiScalePatchDiscriminator(
                1, config.discriminator_base, self._scales, detail_gain=config.detail_gain
            )
        )
        self._next_prior = 0.0
        self.trained = {
            "model": TrainedNetwork(
                self.model,
                torch.optim.Adam(self.model.parameters(), betas=(0.5, 0.99)),
                config.learning_rate,
                self.average,
            ),
            "judge": TrainedNetwork(
                self.judge,
                torch.optim.Adam(self.judge.parameters(), betas=(0.5, 0.99)),
                config.discriminator_rate,
            ),
        }

    def step(self, draw: Draw, progress: Progress) -> Report | None:
        config, machine = self._config, self.machine
        adversarial = progress.images >= config.warmup_images
        is_due = progress.images >= self._next_prior
        if adversarial and is_due and (not self._next_prior or progress.part < PRIOR_RESTS_FROM):
            fit_prior(self.model, self.batches, machine)
            self._next_prior = progress.images + PRIOR_IMAGES
        images, _ = self.batches.draw(draw, self.count)
        with machine.autocast():
            mean, log_variance = self.model.encoder(images)
        w = mean + draw.normal(*mean.shape) * (0.5 * log_variance).exp()
        noise = self._noise(draw, self.count)
        if adversarial:  # reconstructions and samples in one pass
            w = torch.cat([w, self._sample(draw, self.count // 2)])
            more = self._noise(draw, self.count // 2)
            noise = [torch.cat(maps) for maps in zip(noise, more, strict=True)]
        made = self._decode(w, noise)
        rebuilt = made[: self.count]
        compared = (rebuilt, images)
        if adversarial and not config.fine_differences:
            compared = (F.avg_pool2d(rebuilt, 2), F.avg_pool2d(images, 2))
        l1 = losses.multi_scale_l1(*compared)
        edges = losses.edge_l1(*compared)
        divergence = losses.kl_divergence(mean, log_variance, config.free_nats)
        likeness = l1 + config.edge_weight * edges
        toll = config.kl_weight * divergence
        report: Report = {"l1": l1, "edges": edges, "kl": divergence}
        if not adversarial:
            return report if self.descend("model", likeness + toll) else None
        real_seen, made_seen = self._augmented(images, made, draw)
        self.judge.requires_grad_(False)
        with machine.autocast():
            with torch.no_grad():
                wanted = self.judge(real_seen)
            seen = self.judge(made_seen)
        matching = self._matching(seen, wanted)
        verdicts = [losses.generator_loss(scale[-1].float()) for scale in seen]
        deceit = torch.stack(verdicts).mean()
        report |= {"matching": matching, "deceit": deceit}
        pull = self._balanced(made, likeness, matching, deceit)
        if not self.descend("model", (made * pull).sum() + toll):
            return None
        regularize = progress.step % config.r1_interval == 0
        penalty = self._penalty(images, draw) if regularize and config.r1_gamma else None
        verdict = self._judge_step(real_seen, made_seen.detach(), penalty)
        return None if verdict is None else report | verdict

    def _balanced(self, made: Tensor, likeness: Tensor, matching: Tensor, deceit: Tensor) -> Tensor:
        """Return the gradient by the made images, with fixed proportions between the losses.

        The idea is that of the adaptive weight of Esser et al. 2021 (VQGAN), taken at the image:
        what data, size and discriminator do to the scale of a loss does not change the balance.
        """
        rebuilt = slice(self.count)
        (base,) = torch.autograd.grad(likeness, made, retain_graph=True)
        unit = self._strength(base[rebuilt])
        total = base
        for loss, weight in (
            (matching, self._config.matching_weight),
            (deceit, self._config.adversarial_weight),
        ):
            (pull,) = torch.autograd.grad(loss, made, retain_graph=True)
            total = total + pull * (weight * unit / (self._strength(pull[rebuilt]) + 1e-12))
        return total.detach()

    def _strength(self, gradient: Tensor) -> Tensor:
        return self.machine.mean(gradient.square().mean()).sqrt()

    def _judge_step(self, real: Tensor, made: Tensor, penalty: Tensor | None) -> Report | None:
        self.judge.requires_grad_(True)
        with self.machine.autocast():
            on_real, on_made = self.judge(real), self.judge(made)
        parts = [
            losses.discriminator_loss(a[-1].float(), b[-1].float())
            for a, b in zip(on_real, on_made, strict=True)
        ]
        loss = verdict = torch.stack(parts).mean()
        report: Report = {"judge": verdict}
        if penalty is not None:
            loss = loss + penalty * (self._config.r1_gamma / 2 * self._config.r1_interval)
            report["r1"] = penalty
        return report if self.descend("judge", loss) else None

    def _penalty(self, images: Tensor, draw: Draw) -> Tensor:
        """Return how steep the discriminators are at real images, in float32."""
        self.judge.requires_grad_(True)
        wanted = images.detach().requires_grad_(True)
        logits = [stages[-1] for stages in self.judge(wanted)]
        signs = [(draw.uniform(*scale.shape) < 0.5).float() * 2 - 1 for scale in logits]
        return losses.patch_r1_penalty(logits, signs, wanted)

    # ---- parts ----

    def _augmented(self, images: Tensor, made: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
        """Move an image and its reconstruction alike, so that their activations compare."""
        numbers = draw.uniform(self.count, AUGMENT_NUMBERS)
        others = draw.uniform(self.count // 2, AUGMENT_NUMBERS)
        real = augment_for_discriminator(images, numbers, AUGMENTATION)
        seen = augment_for_discriminator(made, torch.cat([numbers, others]), AUGMENTATION)
        return self.machine.laid_out(real), self.machine.laid_out(seen)

    def _matching(self, seen: list[list[Tensor]], wanted: list[list[Tensor]]) -> Tensor:
        """Compare the activations of the reconstructions with those of their images."""
        parts = [
            losses.feature_matching([stage[: self.count] for stage in a[:-1]], b[:-1])
            for a, b in zip(seen, wanted, strict=True)
        ]
        return torch.stack(parts).mean()

    def _sample(self, draw: Draw, count: int) -> Tensor:
        z = draw.normal(count, self.model.z_dim)
        labels = self.batches.random_labels(draw, count)
        return self.model.map_latent(z, labels)

    def _noise(self, draw: Draw, count: int) -> list[Tensor]:
        """Return (count, 1, side, side) for each layer.

        Drawn for reconstructions and samples apart: an image then gets the same noise whatever the
        number of processes.
        """
        convs = [conv for block in self.model.synthesis.blocks for conv in block.convs]
        sides = [conv.noise_const.shape[0] for conv in convs]
        return [draw.normal(count, 1, side, side) for side in sides]

    def _decode(self, w: Tensor, noise: list[Tensor]) -> Tensor:
        ws = w.unsqueeze(1).expand(-1, self.model.num_ws, -1)
        image: Tensor = self.model.synthesis(ws, noise, self.machine.dtype)
        return image

    # ---- what is shown and kept ----

    def phase(self, progress: Progress) -> str:
        warm = progress.images < self._config.warmup_images
        return "reconstruction" if warm else "reconstruction and discriminator"

    def finish_average(self) -> None:
        """Fit the prior of the average, unless the decoder has learnt to sample from another one.

        Samples of a prior that the discriminators have not seen are blurred, however well it fits.
        """
        if not self._next_prior:
            fit_prior(self.average, self.batches, self.machine)

    def state(self) -> dict[str, float]:
        return {"next_prior": self._next_prior}

    def restore(self, state: Mapping[str, float]) -> None:
        self._next_prior = state.get("next_prior", 0.0)

    def package_parts(self) -> PackageParts:
        config = self._config
        sizes: dict[str, int | float | bool | str] = {
            "resolution": config.resolution,
            "w_dim": config.w_dim,
            "channel_base": config.channel_base,
            "channel_max": config.channel_max,
            "encoder_resolution": config.encoder_resolution or config.resolution,
        }
        judge: dict[str, int | float | bool | str] = {
            "base": config.discriminator_base,
            "scales": self._scales,
            "detail_gain": config.detail_gain,
        }
        return PackageParts("autoencoder", sizes, self.average, self.judge, "patches", judge)
