"""Training of the VAE-GAN: reconstruct first, then also please a discriminator.

Phase 1 trains encoder and decoder on reconstruction and KL alone. Phase 2 adds a discriminator that
sees real images, reconstructions and samples of the fitted prior, and uses its activations as a
similarity measure (Larsen et al. 2016).
"""

import copy
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from medgan_viewer.generators.autoencoder import AdversarialAutoencoder
from medgan_viewer.generators.discriminators import ResidualDiscriminator
from medgan_viewer.generators.stylegan2 import NoiseMode, SynthesisSize
from medgan_viewer.training import losses
from medgan_viewer.training.adversarial_trainer import AdversarialTrainer, Report
from medgan_viewer.training.augmentation import augment_for_discriminator, jitter_geometry
from medgan_viewer.training.autoencoder_run import AutoencoderRun
from medgan_viewer.training.images import LabelledImages
from medgan_viewer.training.prior_fit import fit_prior
from medgan_viewer.training.run import gradients_are_finite, save_sheet


class AutoencoderTrainer(AdversarialTrainer):
    """Networks, optimisers and steps of one run; `train` goes on until the time is over."""

    model: AdversarialAutoencoder
    average: AdversarialAutoencoder
    judge: ResidualDiscriminator

    def __init__(self, run: AutoencoderRun, images: LabelledImages, folder: Path) -> None:
        super().__init__(run, folder)
        torch.manual_seed(run.seed)
        self.run = run
        self._next_prior = 0
        self.labels = torch.from_numpy(images.labels)
        self.pixels = torch.from_numpy(images.pixels).unsqueeze(1)  # (n, 1, side, side) uint8
        self.label_count = len(images.label_names)
        size = SynthesisSize(run.resolution, 1, run.w_dim, run.channel_base, run.channel_max)
        judge = SynthesisSize(run.resolution, 1, run.w_dim, run.discriminator_base, run.channel_max)
        self.model = AdversarialAutoencoder(size, self.label_count).to(
            memory_format=torch.channels_last  # type: ignore[call-overload]
        )
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.judge = ResidualDiscriminator(judge, self.label_count).to(
            memory_format=torch.channels_last  # type: ignore[call-overload]
        )
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), run.learning_rate, betas=(0.5, 0.99), eps=1e-8
        )
        self.judge_optimizer = torch.optim.Adam(
            self.judge.parameters(), run.discriminator_rate, betas=(0.0, 0.99), eps=1e-8
        )

    # ---- steps ----

    def _advance(self, step: int, adversarial: bool) -> Report:
        if adversarial and self.seen >= self._next_prior:
            fit_prior(self.model, self.pixels, self.labels)
            self._next_prior = self.seen + self.run.prior_interval
        images, labels = self._draw_batch()
        report = self._generator_step(images, labels, adversarial)
        if adversarial:
            report |= self._judge_step(images, labels, step % self.run.r1_interval == 0)
        return report

    def _generator_step(self, images: Tensor, labels: Tensor, adversarial: bool) -> Report:
        run = self.run
        self.judge.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16):
            mean, log_variance = self.model.encoder(images)
        w = mean + torch.randn(mean.shape, generator=self.random) * (0.5 * log_variance).exp()
        rebuilt = self._decode(w)
        reconstruction = losses.multi_scale_l1(rebuilt, images)
        edges = losses.edge_l1(rebuilt, images)
        divergence = losses.kl_divergence(mean, log_variance, run.free_nats)
        loss = run.reconstruction_weight * reconstruction + run.edge_weight * edges
        loss = loss + run.kl_weight * divergence
        report: Report = {
            "l1": reconstruction.detach(),
            "edges": edges.detach(),
            "kl": divergence.detach(),
        }
        if adversarial:
            half = images.shape[0] // 2
            samples, sample_labels = self._sample(half)
            with torch.autocast("cpu", torch.bfloat16):
                made = self.judge.features(rebuilt)
                with torch.no_grad():
                    real = self.judge.features(images)
                matching = losses.feature_matching(made, real)
                viewed = augment_for_discriminator(
                    torch.cat([rebuilt[:half], samples]), self.random
                )
                logits = self.judge(viewed, torch.cat([labels[:half], sample_labels]))
            deceit = losses.generator_loss(logits.float())
            loss = loss + run.matching_weight * matching + run.adversarial_weight * deceit
            report |= {"matching": matching.detach(), "deceit": deceit.detach()}
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if gradients_are_finite(self.model.parameters()):
            self.optimizer.step()
        else:
            report["skipped"] = 1.0
        return report

    def _judge_step(self, images: Tensor, labels: Tensor, regularize: bool) -> Report:
        run = self.run
        self.judge.requires_grad_(True)
        half = images.shape[0] // 2
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            mean, _ = self.model.encoder(images[:half])
            samples, sample_labels = self._sample(half)
            made = torch.cat([self._decode(mean.float()), samples])
        made_labels = torch.cat([labels[:half], sample_labels])
        with torch.autocast("cpu", torch.bfloat16):
            real_logits = self.judge(augment_for_discriminator(images, self.random), labels)
            made_logits = self.judge(augment_for_discriminator(made, self.random), made_labels)
        loss = losses.discriminator_loss(real_logits.float(), made_logits.float())
        report: Report = {
            "judge": loss.detach(),
            "told apart": (real_logits > 0).float().mean().item() / 2
            + (made_logits < 0).float().mean().item() / 2,
        }
        if regularize:
            wanted = images.detach().requires_grad_(True)
            penalty = losses.r1_penalty(self.judge(wanted, labels), wanted)
            loss = loss + penalty * (run.r1_gamma / 2 * run.r1_interval)
            report["r1"] = penalty.detach()
        self.judge_optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if gradients_are_finite(self.judge.parameters()):
            self.judge_optimizer.step()
        return report

    # ---- parts ----

    def _decode(self, w: Tensor, model: AdversarialAutoencoder | None = None) -> Tensor:
        model = model or self.model
        synthesis = model.synthesis
        ws = w.unsqueeze(1).expand(-1, model.num_ws, -1)
        noise = [
            torch.randn(w.shape[0], 1, conv.noise_const.shape[0], conv.noise_const.shape[0])
            for block in synthesis.blocks
            for conv in block.convs
        ]
        image: Tensor = synthesis(ws, noise, torch.bfloat16)
        return image

    def _sample(self, count: int) -> tuple[Tensor, Tensor]:
        z = torch.randn(count, self.model.z_dim, generator=self.random)
        chosen = torch.randint(0, self.label_count, (count,), generator=self.random)
        labels = nn.functional.one_hot(chosen, self.label_count).float()
        return self._decode(self.model.prior(z, labels)), labels

    def _draw_batch(self) -> tuple[Tensor, Tensor]:
        """Draw labels evenly, then an image of each, moved a little."""
        chosen = torch.randint(0, self.label_count, (self.run.batch,), generator=self.random)
        indices = []
        for label in chosen.tolist():
            pool = torch.nonzero(self.labels == label).squeeze(1)
            pick = torch.randint(0, pool.numel(), (), generator=self.random)
            indices.append(int(pool[pick]))
        images = self.pixels[indices].float() / 127.5 - 1
        images = jitter_geometry(images, self.random)
        return (
            images.contiguous(memory_format=torch.channels_last),
            nn.functional.one_hot(chosen, self.label_count).float(),
        )

    def _rate_factor(self) -> float:
        """Fall to a tenth over the last quarter of the time."""
        left = 1 - self.clock.minutes / self.run.max_minutes
        return max(min(left / 0.25, 1.0), 0.1)

    def _rates(self) -> tuple[float, float]:
        return self.run.learning_rate, self.run.discriminator_rate

    def _save(self, path: Path) -> None:
        fit_prior(self.average, self.pixels, self.labels)
        super()._save(path)

    @torch.no_grad()
    def _save_sheet(self) -> None:
        fixed = torch.Generator().manual_seed(7)
        rows = []
        for label in range(self.label_count):
            z = torch.randn(8, self.average.z_dim, generator=fixed)
            labels = torch.zeros(8, self.label_count)
            labels[:, label] = 1
            center = self.average.center(labels)
            w = center + 0.8 * (self.average.map_latent(z, labels) - center)
            rows.append(self._show(w))
        real = self.pixels[:: len(self.pixels) // 8][:8].float() / 127.5 - 1
        rows += [real[:, 0].numpy(), self._show(self.average.encode(real))]
        name = f"sheet-{self.seen:08d}.png"
        save_sheet(self.folder / name, np.concatenate(rows), 8)

    def _show(self, w: Tensor) -> npt.NDArray[np.float32]:
        ws = w.unsqueeze(1).expand(-1, self.average.num_ws, -1)
        image = self.average.synthesize(ws, NoiseMode.CONST, torch.float32)
        shown: npt.NDArray[np.float32] = image[:, 0].numpy()
        return shown
