"""The fully-connected baseline: against a discriminator, as a variational autoencoder, or both."""

import torch
from torch import Tensor, nn

from medgan_viewer.generators.discriminators import FullyConnectedDiscriminator
from medgan_viewer.generators.fully_connected import Activation, FullyConnectedGenerator
from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.training import losses
from medgan_viewer.training.batches import ImageBatches
from medgan_viewer.training.config import FullyConnectedModel
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.adversarial import PlainGan
from medgan_viewer.training.family import PackageParts, Progress, Report, TrainedNetwork
from medgan_viewer.training.loop import averaged_copy
from medgan_viewer.training.machine import Machine


class FullyConnectedEncoder(nn.Module):
    """The generator turned round: image and label to mean and log-variance of z."""

    def __init__(self, pixels: int, labels: int, width: int, z_dim: int, act: Activation) -> None:
        super().__init__()
        self.activation = act
        self.hidden1 = nn.Linear(pixels + labels, width)
        self.hidden2 = nn.Linear(width, width)
        self.out = nn.Linear(width, 2 * z_dim)

    def forward(self, image: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.cat([image.flatten(1), labels], dim=1)
        x = self.activation(self.hidden2(self.activation(self.hidden1(x))))
        mean, log_variance = self.out(x).chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 4)


class FullyConnected(PlainGan):
    """Dense generator with a dense discriminator, a dense encoder, or both."""

    def __init__(
        self, config: FullyConnectedModel, batches: ImageBatches, machine: Machine, batch: int
    ) -> None:
        super().__init__(batches, machine, batch, config.psi)
        self._config = config
        labels, pixels = batches.label_count, config.resolution**2
        generator = FullyConnectedGenerator(
            config.resolution,
            z_dim=config.z_dim,
            label_count=labels,
            width=config.width,
            activation=config.activation,
        )
        self.generator: FullyConnectedGenerator = machine.place(generator)
        self.average = averaged_copy(self.generator)
        self.trained = {"model": self._trained(self.generator, self.average)}
        if config.adversarial:
            judge = FullyConnectedDiscriminator(pixels, labels, config.width)
            self.judge = machine.place(judge)
            self.trained["judge"] = self._trained(self.judge)
        if config.reconstruct:
            encoder = FullyConnectedEncoder(
                pixels, labels, config.width, config.z_dim, config.activation
            )
            self.encoder = machine.place(encoder)
            self.trained["encoder"] = self._trained(self.encoder)

    def _trained(self, network: nn.Module, average: nn.Module | None = None) -> TrainedNetwork:
        rate = self._config.learning_rate
        optimizer = torch.optim.Adam(network.parameters(), rate, betas=(0.5, 0.999))
        return TrainedNetwork(network, optimizer, rate, average)

    def step(self, draw: Draw, progress: Progress) -> Report | None:
        config = self._config
        images, labels = self.batches.draw(draw, self.count)
        report: Report = {}
        loss = torch.zeros((), device=self.machine.device)
        if config.adversarial:
            made, made_labels = self.make(draw)
            verdict = self.judge_step(images, labels, made, made_labels)
            if verdict is None:
                return None
            deceit = self.deceive(made, made_labels)
            report |= verdict | {"deceit": deceit}
            loss = loss + deceit * (config.adversarial_weight if config.reconstruct else 1.0)
        if config.reconstruct:
            l1, divergence = self._rebuild(images, labels, draw)
            report |= {"l1": l1, "kl": divergence}
            loss = loss + l1 + config.kl_weight * divergence
        return report if self._descend_together(loss) else None

    def _rebuild(self, images: Tensor, labels: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.encoder(images, labels)
        z = mean + draw.normal(*mean.shape) * (0.5 * log_variance).exp()
        ws = self.generator.map_latent(z, labels).unsqueeze(1)
        rebuilt = self.generator.synthesize(ws, NoiseMode.NONE, self.machine.dtype)
        l1 = (rebuilt - images).abs().mean()
        return l1, losses.kl_divergence(mean, log_variance, 0.0)

    def _descend_together(self, loss: Tensor) -> bool:
        """Take one step of generator and encoder along one gradient."""
        names = [name for name in ("encoder", "model") if name in self.trained]
        parameters = [p for name in names for p in self.trained[name].parameters]
        optimizers = [self.trained[name].optimizer for name in names]
        return self.machine.descend_all(loss, optimizers, parameters)

    def package_parts(self) -> PackageParts:
        config = self._config
        sizes: dict[str, int | float | bool | str] = {
            "resolution": config.resolution,
            "z_dim": config.z_dim,
            "width": config.width,
            "activation": config.activation.value,
        }
        return PackageParts("fully-connected", sizes, self.average)
