"""Labelled images for the families that make images from a latent point."""

import dataclasses
from pathlib import Path

import torch

from medgan_viewer import __version__
from medgan_viewer.datasets.read import read_split
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.generators.registry import LatentGenerator
from medgan_viewer.training.batches import ImageBatches
from medgan_viewer.training.config import (
    DcganModel,
    FullyConnectedModel,
    LatentModel,
    StyleGan2Model,
    TrainingConfig,
    VaeGanModel,
)
from medgan_viewer.training.families.dcgan import Dcgan
from medgan_viewer.training.families.fully_connected import FullyConnected
from medgan_viewer.training.families.latent_family import LatentFamily
from medgan_viewer.training.families.stylegan2 import StyleGan2
from medgan_viewer.training.families.vae_gan import VaeGan
from medgan_viewer.training.family import Family
from medgan_viewer.training.latent_packaging import (
    check_generator,
    latent_card,
    latent_manifest,
)
from medgan_viewer.training.machine import Machine
from medgan_viewer.training.material import FinishedRun, Material, MaterialFacts
from medgan_viewer.training.packaging import (
    extras_of,
    latent_statistics,
    weights_of,
    write_checked,
)


class GeneratorMaterial(Material):
    """Images by label, split by patient."""

    def __init__(self, config: TrainingConfig, data_root: Path) -> None:
        assert isinstance(config.model, LatentModel)
        self._config = config
        self._model = config.model
        self._split = read_split(config.data, config.model.resolution, data_root)

    @property
    def facts(self) -> MaterialFacts:
        train, held_out = self._split.train, self._split.held_out
        return MaterialFacts(
            train.fingerprint(),
            held_out.fingerprint(),
            train.label_names,
            len(train),
            len(held_out),
            train.patient_count,
            held_out.patient_count,
            self._split.notes,
        )

    def build(self, machine: Machine) -> LatentFamily:
        training, model = self._config.training, self._model
        batches = ImageBatches(
            self._split.train, machine, balance=training.balance, mirror=training.mirror
        )
        family: LatentFamily
        match model:
            case VaeGanModel():
                family = VaeGan(model, batches, machine, training.batch)
            case StyleGan2Model():
                family = StyleGan2(model, batches, machine, training.batch)
            case DcganModel():
                family = Dcgan(model, batches, machine, training.batch)
            case FullyConnectedModel():
                family = FullyConnected(model, batches, machine, training.batch)
            case _:
                raise TypeError(f"{type(model).__name__} makes no images from a latent point")
        check_generator(self._config, family.package_parts(), self._split.train)
        return family

    def package(self, family: Family, run: FinishedRun) -> ModelPackage:
        parts = family.package_parts()
        parts = dataclasses.replace(parts, network=parts.network.to("cpu"))
        generator = parts.network
        assert isinstance(generator, LatentGenerator)
        statistics = latent_statistics(generator, self._model.directions)
        facts, card = self.facts, self._config.card
        training = {
            "data": card.data,
            "data_licence": card.data_licence,
            "images": facts.n_train,
            "patients": facts.patients_train,
            "hours": round(run.minutes / 60, 3),
            "hardware": run.hardware,
            "software": f"medgan-viewer {__version__}, torch {torch.__version__.split('+')[0]}",
        }
        manifest = latent_manifest(self._config, parts, statistics, self._split.train, training)
        split = (
            f"{facts.n_held_out} images of {facts.patients_held_out} patients or groups are held "
            "out."
        )
        return write_checked(
            run.folder.package,
            manifest,
            weights_of(parts.network),
            latent_card(manifest, run.how, split),
            extras_of(parts, statistics, run.record),
        )
