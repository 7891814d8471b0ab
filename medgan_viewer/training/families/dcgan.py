"""Plain DCGAN (Radford et al. 2016): the convolutional baseline."""

import torch

from medgan_viewer.generators.dcgan import DcganGenerator
from medgan_viewer.generators.discriminators import DcganDiscriminator
from medgan_viewer.training.batches import ImageBatches
from medgan_viewer.training.config import DcganModel
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.adversarial import PlainGan
from medgan_viewer.training.family import PackageParts, Progress, Report, TrainedNetwork
from medgan_viewer.training.loop import averaged_copy
from medgan_viewer.training.machine import Machine


class Dcgan(PlainGan):
    """Generator and discriminator of the paper, with labels as extra inputs."""

    def __init__(
        self, config: DcganModel, batches: ImageBatches, machine: Machine, batch: int
    ) -> None:
        super().__init__(batches, machine, batch, config.psi)
        self._config = config
        labels = batches.label_count
        self.generator = machine.place(
            DcganGenerator(
                config.resolution, z_dim=config.z_dim, label_count=labels, base=config.base
            )
        )
        self.average = averaged_copy(self.generator)
        self.judge = machine.place(DcganDiscriminator(config.resolution, 1, labels, config.base))
        rate, betas = config.learning_rate, (0.5, 0.999)
        self.trained = {
            "model": TrainedNetwork(
                self.generator,
                torch.optim.Adam(self.generator.parameters(), rate, betas),
                rate,
                self.average,
            ),
            "judge": TrainedNetwork(
                self.judge, torch.optim.Adam(self.judge.parameters(), rate, betas), rate
            ),
        }

    def step(self, draw: Draw, progress: Progress) -> Report | None:
        images, labels = self.batches.draw(draw, self.count)
        made, made_labels = self.make(draw)
        verdict = self.judge_step(images, labels, made, made_labels)
        deceit = self.deceive(made, made_labels)
        if verdict is None or not self.descend("model", deceit):
            return None
        return verdict | {"deceit": deceit}

    def package_parts(self) -> PackageParts:
        config = self._config
        return PackageParts(
            "dcgan",
            {"resolution": config.resolution, "z_dim": config.z_dim, "base": config.base},
            self.average,
        )
