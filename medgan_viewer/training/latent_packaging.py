"""Manifest and card of a trained generator."""

from collections.abc import Sequence
from typing import Any

import torch

from medgan_viewer.datasets.images import LabelledImages
from medgan_viewer.errors import InputError
from medgan_viewer.generators.manifest import Manifest
from medgan_viewer.generators.registry import MAX_PARAMETERS, LatentGenerator
from medgan_viewer.training.card import card_text
from medgan_viewer.training.config import LatentModel, TrainingConfig
from medgan_viewer.training.family import PackageParts
from medgan_viewer.training.packaging import LatentStatistics, require_valid

TOP_VALUE = 4095  # of the 12 bits in which gray output is stored
MAX_ID, MAX_TITLE = 80, 60  # characters that a manifest takes
_NO_TIME = {"images": 0, "hours": 0}
_NO_FILE = {"file": "none", "sha256": "0" * 64, "size_bytes": 0}


def latent_manifest(
    config: TrainingConfig,
    parts: PackageParts,
    statistics: LatentStatistics,
    train: LabelledImages,
    training: dict[str, Any],
) -> dict[str, Any]:
    """Return the manifest of a generator, without self-test and files."""
    model = config.model
    assert isinstance(model, LatentModel)
    assert isinstance(parts.network, LatentGenerator)
    has_values = train.intensity.rule == "window"
    return {
        "schema_version": 1,
        "id": model.id,
        "name": model.name,
        "version": config.card.version,
        "task": "reconstruct" if parts.architecture == "autoencoder" else "generate",
        "architecture": {"name": parts.architecture, "parameters": dict(parts.sizes)},
        "directions": statistics.entries,
        "labels": [
            {"name": label_id, "title": model.titles.get(name) or _title(name)}
            for label_id, name in zip(label_ids(train.label_names), train.label_names, strict=True)
        ],
        "latent": {"truncation": model.psi},
        "output": {
            "modality": train.modality,
            "channels": 1,
            "rows": model.resolution,
            "columns": model.resolution,
            "spacing_mm": train.spacing_mm,
            "value_low": train.intensity.low if has_values else 0,
            "value_high": train.intensity.high if has_values else TOP_VALUE,
            "unit": train.intensity.unit if has_values else "",
            "trained_bits": train.trained_bits,
        },
        "summary": config.card.summary,
        "limits": config.card.limits,
        "intended_use": config.card.intended_use,
        "training": training,
    }


def label_ids(names: Sequence[str]) -> list[str]:
    """Return labels as manifests name them: lower case letters, digits, dots and dashes.

    Names that differ in other signs alone get a number.
    """
    found: list[str] = []
    for name in names:
        kept = "".join(
            c if c.isascii() and (c.isalnum() or c in ".-_") else "-" for c in name.lower()
        )
        plain = kept.lstrip(".-_")[:MAX_ID] or "label"
        numbered, number = plain, 1
        while numbered in found:
            number += 1
            numbered = f"{plain[: MAX_ID - 6]}-{number}"
        found.append(numbered)
    return found


def _title(name: str) -> str:
    """Return a label's name as people may read it in a list."""
    return "".join(c for c in name if c.isprintable())[:MAX_TITLE]


def check_generator(config: TrainingConfig, parts: PackageParts, train: LabelledImages) -> None:
    """Refuse, before a run begins, what could not be packaged when it is over.

    Raises
    ------
    InputError
        A label has no image, a text does not fit into a manifest, or the network is too large.
    """
    missing = [name for name, count in train.images_per_label().items() if not count]
    if missing:
        raise InputError(
            f"There is no image to train on for the label {missing[0]!r}.",
            "Add images with this label, or leave it out of label_names.",
        )
    nothing = LatentStatistics(torch.empty(0), torch.empty(0), [], {})
    training = {**dict.fromkeys(("data", "data_licence", "hardware", "software"), ""), **_NO_TIME}
    document = {
        **latent_manifest(config, parts, nothing, train, training),
        **dict.fromkeys(("weights", "card"), _NO_FILE),
        "self_test": {"mean": 0, "sd": 0},
    }
    require_valid(Manifest, document, "The package of this run could not be described")
    count = sum(parameter.numel() for parameter in parts.network.parameters())
    if count > MAX_PARAMETERS:
        raise InputError(
            f"A network of {count:,} parameters is larger than this program runs.",
            f"Choose smaller sizes, for at most {MAX_PARAMETERS:,}.",
        )


def latent_card(manifest: dict[str, Any], how: str, split: str) -> str:
    """Return the model card of a generator."""
    return card_text(manifest, WHAT[manifest["architecture"]["name"]], how, split)


WHAT = {
    "autoencoder": "A VAE-GAN: an encoder, a Gaussian of latents per label, and a decoder "
    "(StyleGAN2's synthesis network) trained on reconstruction and against discriminators of "
    "patches. It also takes a real image in: the encoder gives its latent.",
    "stylegan2": "A StyleGAN2-class network: a mapping from noise and label to w, and a synthesis "
    "network that w steers layer by layer.",
    "dcgan": "A plain DCGAN: transposed convolutions with batch normalisation. A baseline.",
    "fully-connected": "Two dense layers and an output layer: the baseline that shows what "
    "convolutions, styles and an encoder buy.",
}
