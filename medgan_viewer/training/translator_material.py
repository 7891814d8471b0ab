"""Pairs or unpaired images for the families that make an image from an image."""

import dataclasses
from pathlib import Path

from medgan_viewer.datasets.paired import PairedSlices, pairs_fingerprint
from medgan_viewer.datasets.parts import PairedSplit, UnpairedSplit
from medgan_viewer.datasets.read import read_paired_split, read_unpaired_split
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.training.config import CutModel, CycleGanModel, Pix2PixModel, TrainingConfig
from medgan_viewer.training.families.cut import Cut
from medgan_viewer.training.families.cyclegan import CycleGan
from medgan_viewer.training.families.pix2pix import Pix2Pix
from medgan_viewer.training.family import Family
from medgan_viewer.training.machine import Machine
from medgan_viewer.training.material import FinishedRun, Material, MaterialFacts
from medgan_viewer.training.packaging import extras_of, weights_of, write_checked
from medgan_viewer.training.pair_batches import PairBatches
from medgan_viewer.training.translator_packaging import (
    check_translator,
    translator_card,
    translator_manifest,
)
from medgan_viewer.training.unpaired_batches import UnpairedBatches


class PairedMaterial(Material):
    """Registered slices of two contrasts, split by person."""

    def __init__(self, config: TrainingConfig, data_root: Path) -> None:
        self._config = config
        self._split: PairedSplit = read_paired_split(config.data, data_root)
        split = self._split
        check_translator(config, split.train, split.held_out, split.pixel_mm)

    @property
    def facts(self) -> MaterialFacts:
        train, held_out = self._split.train, list(self._split.held_out.values())
        return MaterialFacts(
            pairs_fingerprint(train),
            pairs_fingerprint(held_out),
            (),
            _slices(train),
            _slices(held_out),
            len({study.subject for study in train}),
            len({study.subject for study in held_out}),
            self._split.notes,
        )

    def build(self, machine: Machine) -> Pix2Pix:
        training, model = self._config.training, self._config.model
        assert isinstance(model, Pix2PixModel)
        batches = PairBatches(
            self._split.train,
            machine,
            intensity_jitter=model.intensity_jitter,
            mirror=training.mirror,
        )
        return Pix2Pix(model, batches, machine, training.batch)

    def package(self, family: Family, run: FinishedRun) -> ModelPackage:
        return _package(self._config, family, run, self._split)


class UnpairedMaterial(Material):
    """Images of two contrasts that need not belong together."""

    def __init__(self, config: TrainingConfig, data_root: Path) -> None:
        self._config = config
        self._split: UnpairedSplit = read_unpaired_split(config.data, data_root)
        check_translator(config, self._split.train, self._split.held_out)

    @property
    def facts(self) -> MaterialFacts:
        train, held_out = self._split.train, self._split.held_out
        return MaterialFacts(
            train.source.fingerprint() + train.target.fingerprint(),
            held_out.source.fingerprint() + held_out.target.fingerprint(),
            (),
            len(train.source) + len(train.target),
            len(held_out.source) + len(held_out.target),
            len({*train.source.patients.tolist(), *train.target.patients.tolist()}),
            len({*held_out.source.patients.tolist(), *held_out.target.patients.tolist()}),
            self._split.notes,
        )

    def build(self, machine: Machine) -> Family:
        training, model = self._config.training, self._config.model
        batches = UnpairedBatches(self._split.train, machine, mirror=training.mirror)
        match model:
            case CycleGanModel():
                return CycleGan(model, batches, machine, training.batch)
            case CutModel():
                return Cut(model, batches, machine, training.batch)
            case _:
                raise TypeError(f"{type(model).__name__} does not learn from unpaired images")

    def package(self, family: Family, run: FinishedRun) -> ModelPackage:
        return _package(self._config, family, run, self._split)


def _package(
    config: TrainingConfig, family: Family, run: FinishedRun, split: PairedSplit | UnpairedSplit
) -> ModelPackage:
    parts = family.package_parts()
    parts = dataclasses.replace(parts, network=parts.network.to("cpu"))
    manifest = translator_manifest(
        config,
        parts,
        split.train,
        split.held_out,
        run.minutes,
        run.images,
        run.hardware,
        split.pixel_mm if isinstance(split, PairedSplit) else None,
    )
    words = "Whole people are held out, never slices."
    return write_checked(
        run.folder.package,
        manifest,
        weights_of(parts.network),
        translator_card(config, manifest, run.how, words),
        extras_of(parts, None, run.record),
    )


def _slices(studies: list[PairedSlices]) -> int:
    return sum(len(study.source) for study in studies)
