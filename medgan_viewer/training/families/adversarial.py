"""PlainGan: generator against discriminator with the non-saturating loss, for the baselines."""

from torch import Tensor, nn

from medgan_viewer.generators.registry import LatentGenerator
from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.training import losses
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.latent_family import LatentFamily
from medgan_viewer.training.family import Report


class PlainGan(LatentFamily):
    """Two networks that take turns; no regularisation."""

    generator: nn.Module
    judge: nn.Module

    def make(self, draw: Draw) -> tuple[Tensor, Tensor]:
        """Return images of random points and their labels."""
        labels = self.batches.random_labels(draw, self.count)
        generator = self.generator
        assert isinstance(generator, LatentGenerator)
        ws = generator.map_latent(draw.normal(self.count, generator.z_dim), labels).unsqueeze(1)
        return generator.synthesize(ws, NoiseMode.NONE, self.machine.dtype), labels

    def judge_step(
        self, images: Tensor, labels: Tensor, made: Tensor, made_labels: Tensor
    ) -> Report | None:
        """Teach the discriminator one batch of real and made images."""
        self.judge.requires_grad_(True)
        with self.machine.autocast():
            real = self.judge(images, labels).float()
            fake = self.judge(made.detach(), made_labels).float()
        loss = losses.discriminator_loss(real, fake)
        told = ((real > 0).float().mean() + (fake < 0).float().mean()) / 2
        return {"judge": loss, "told apart": told} if self.descend("judge", loss) else None

    def deceive(self, made: Tensor, labels: Tensor) -> Tensor:
        """Return the generator's loss."""
        self.judge.requires_grad_(False)
        with self.machine.autocast():
            logits = self.judge(made, labels).float()
        return losses.generator_loss(logits)
