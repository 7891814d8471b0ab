"""Manifest and card of a trained translator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from medgan_viewer import __version__
from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.datasets.images import IntensityHandling
from medgan_viewer.datasets.paired import SOURCE_MAPPING, TARGET_HEADROOM, PairedSlices
from medgan_viewer.datasets.unpaired import UnpairedImages
from medgan_viewer.errors import InputError
from medgan_viewer.generators.manifest import OutputSpec, SourceSpec
from medgan_viewer.imaging.model_space import IntensityMapping, IntensityRule
from medgan_viewer.training.card import card_text
from medgan_viewer.training.config import TrainingConfig
from medgan_viewer.training.family import PackageParts
from medgan_viewer.training.packaging import require_valid

TrainingImages = Sequence[PairedSlices] | UnpairedImages
HeldOutImages = Mapping[str, PairedSlices] | UnpairedImages

UNDESCRIBED = "A translator's package cannot be described"
TOP_OF_PAIRS = round(3000 * TARGET_HEADROOM)  # what +1 stands for in studies of 16 bits
TOP_VALUE = 4095  # of the 12 bits in which gray output is stored


@dataclass(frozen=True, slots=True)
class TranslatorFacts:
    """What a package says of the images that a translator learnt from.

    Attributes
    ----------
    rows, columns : of a slice
    images, people : source slices to train on, and whose they are
    people_held_out : whose slices are kept for testing
    plane : in which the slices were cut; "any" where pictures do not say so
    spacing_mm : distance of pixel centres
    mapping : how the values of a source become the network's range
    value_low, value_high : values that stand for -1 and +1 in the output
    unit : of these values; empty when they have none
    """

    rows: int
    columns: int
    images: int
    people: int
    people_held_out: int
    modality: str
    plane: str
    spacing_mm: float | None
    mapping: IntensityMapping
    value_low: float
    value_high: float
    unit: str
    trained_bits: int


def translator_facts(
    config: TrainingConfig,
    studies: TrainingImages,
    held_out: HeldOutImages,
    pixel_mm: float | None = None,
) -> TranslatorFacts:
    """Gather what the package says of the data.

    Parameters
    ----------
    pixel_mm : what the pairs themselves say, for a configuration that does not
    """
    if isinstance(studies, UnpairedImages):
        return _facts_of_images(config.data, studies, held_out)
    assert isinstance(held_out, Mapping)
    sides = studies[0].source.shape
    return TranslatorFacts(
        rows=sides[1],
        columns=sides[2],
        images=sum(len(study.source) for study in studies),
        people=len({study.subject for study in studies}),
        people_held_out=len({study.subject for study in held_out.values()}),
        modality=config.data.modality or "MR",
        plane=config.data.plane,
        spacing_mm=config.data.pixel_mm or pixel_mm,
        mapping=SOURCE_MAPPING,
        value_low=0,
        value_high=TOP_OF_PAIRS,
        unit="",
        trained_bits=min(_depth(study) for study in studies),
    )


def check_translator(
    config: TrainingConfig,
    studies: TrainingImages,
    held_out: HeldOutImages,
    pixel_mm: float | None = None,
) -> None:
    """Refuse, before a run begins, what could not be packaged when it is over.

    Parameters
    ----------
    pixel_mm : as in `translator_facts`

    Raises
    ------
    InputError
        The pixel size is unknown, or a text of [card] does not fit into a manifest.
    """
    facts = translator_facts(config, studies, held_out, pixel_mm)
    require_valid(SourceSpec, _source(config, facts), UNDESCRIBED)
    require_valid(OutputSpec, _output(facts), UNDESCRIBED)


def translator_manifest(
    config: TrainingConfig,
    parts: PackageParts,
    studies: TrainingImages,
    held_out: HeldOutImages,
    minutes: float,
    images_seen: int,
    hardware: str = "unknown",
    pixel_mm: float | None = None,
) -> dict[str, Any]:
    """Return the manifest of a translator, without self-test, figures and files.

    Parameters
    ----------
    studies, held_out : the two parts of the split
    minutes : wall clock of the training
    images_seen : in the training, repetitions included
    hardware : what it ran on, with the precision
    pixel_mm : as in `translator_facts`

    Raises
    ------
    InputError
        As `check_translator`.
    """
    card, model = config.card, config.model
    facts = translator_facts(config, studies, held_out, pixel_mm)
    source, output = _source(config, facts), _output(facts)
    require_valid(SourceSpec, source, UNDESCRIBED)
    require_valid(OutputSpec, output, UNDESCRIBED)
    return {
        "schema_version": 1,
        "id": model.id,
        "name": model.name,
        "version": card.version,
        "task": "translate",
        "architecture": {"name": parts.architecture, "parameters": dict(parts.sizes)},
        "source": source,
        "output": output,
        "summary": card.summary,
        "limits": card.limits,
        "intended_use": card.intended_use,
        "training": {
            "data": f"{card.data} Seen in training, moved a little each time: {images_seen:,} "
            f"images. Held out: {_count_of(facts.people_held_out)}.",
            "data_licence": card.data_licence,
            "images": facts.images,
            "patients": facts.people,
            "hours": round(minutes / 60, 3),
            "hardware": hardware,
            "software": f"medgan-viewer {__version__}, torch {torch.__version__.split('+')[0]}",
        },
    }


def translator_card(config: TrainingConfig, manifest: dict[str, Any], how: str, split: str) -> str:
    """Return the model card of a translator; `how` and `split` as in `card_text`."""
    return card_text(manifest, WHAT[config.model.family], how, split)


WHAT = {
    "pix2pix": "A U-Net (pix2pix) trained on the difference to the target at three resolutions, "
    "and against a discriminator of patches with feature matching. It sees one slice at a time; "
    "one intensity mapping serves a whole series.",
    "cyclegan": "A ResNet (CycleGAN): it learnt both directions from images that do not belong "
    "together, so that there and back gives the image again. It sees one slice at a time; nobody "
    "showed it the right answer for any slice.",
    "cut": "A ResNet (CUT): it learnt from images that do not belong together, so that each patch "
    "of the result is recognised as the one from the same place. It sees one slice at a time; "
    "nobody showed it the right answer for any slice.",
}


def _facts_of_images(
    data: DataConfig, images: UnpairedImages, held_out: HeldOutImages
) -> TranslatorFacts:
    assert isinstance(held_out, UnpairedImages)
    source, target = images.source, images.target
    of_pairs = data.kind == "paired"  # their values were mapped before they became images
    has_values = target.intensity.rule == "window"
    return TranslatorFacts(
        rows=source.pixels.shape[1],
        columns=source.pixels.shape[2],
        images=len(source),
        people=len({*source.patients.tolist(), *target.patients.tolist()}),
        people_held_out=len(
            {*held_out.source.patients.tolist(), *held_out.target.patients.tolist()}
        ),
        modality=source.modality,
        plane=data.plane if data.kind in ("paired", "nifti") else "any",
        spacing_mm=source.spacing_mm or data.pixel_mm or data.spacing_mm,
        mapping=SOURCE_MAPPING if of_pairs else _mapping(source.intensity),
        value_low=target.intensity.low if has_values else 0,
        value_high=target.intensity.high if has_values else TOP_OF_PAIRS if of_pairs else TOP_VALUE,
        unit=target.intensity.unit if has_values else "",
        trained_bits=target.trained_bits,
    )


def _count_of(people: int) -> str:
    return "1 patient or group" if people == 1 else f"{people} patients or groups"


def _mapping(intensity: IntensityHandling) -> IntensityMapping:
    """Return the rule by which a series is brought to where the training images were."""
    rule = IntensityRule.PERCENTILE if intensity.rule == "percentile" else IntensityRule.FIXED
    return IntensityMapping(rule, intensity.low, intensity.high)


def _depth(study: PairedSlices) -> int:
    """Return the bits that the values of a target fill; pairs do not say what their files had."""
    return 8 if len(np.unique(study.target)) <= 1 << 8 else 16


def _source(config: TrainingConfig, facts: TranslatorFacts) -> dict[str, Any]:
    if facts.spacing_mm is None:
        raise InputError(
            "The size of a pixel is unknown, and a translator must say on which it works.",
            "Give pixel_mm (pairs) or spacing_mm (pictures) under [data].",
        )
    return {
        "modality": facts.modality,
        "contrast": config.card.source_contrast or config.data.source,
        "other_words": list(config.card.source_other_words),
        "body_part": config.card.body_part,
        "plane": facts.plane,
        "spacing_mm": facts.spacing_mm,
        "rows": facts.rows,
        "columns": facts.columns,
        "intensity": {
            "rule": facts.mapping.rule.value,
            "low": facts.mapping.low,
            "high": facts.mapping.high,
        },
    }


def _output(facts: TranslatorFacts) -> dict[str, Any]:
    return {
        "modality": facts.modality,
        "channels": 1,
        "spacing_mm": facts.spacing_mm,
        "value_low": facts.value_low,
        "value_high": facts.value_high,
        "unit": facts.unit,
        "trained_bits": facts.trained_bits,
    }
