"""From a finished run to a model package: weights, directions, statistics, samples, self-test."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel, ValidationError
from torch import Tensor, nn

from medgan_viewer.errors import InputError
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.generators.registry import LatentGenerator
from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.generators.weights import PackageExtras, write_package
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.inference.loaded import load, run_self_test
from medgan_viewer.latent.pca import principal_directions
from medgan_viewer.latent.point import sample_z
from medgan_viewer.training.family import FloatImages, PackageParts, Sheet
from medgan_viewer.training.run_folder import sheet_png

SAMPLES_FOR_STATISTICS = 20_000
DIRECTION_COUNT = 16
SAMPLES_IN_SHEET = 8


@dataclass(frozen=True, slots=True, eq=False)
class LatentStatistics:
    """Where w lies, and along what it varies.

    Attributes
    ----------
    mean : (labels, w_dim)
    covariance : (labels, w_dim, w_dim)
    entries : manifest entries of the principal directions within labels
    vectors : unit vectors by name, (w_dim,) each
    """

    mean: Tensor
    covariance: Tensor
    entries: list[dict[str, Any]]
    vectors: dict[str, npt.NDArray[np.float32]]


@torch.inference_mode()
def latent_statistics(
    generator: LatentGenerator, titles: Mapping[str, tuple[str, str]]
) -> LatentStatistics:
    """Sample w of each label and find its mean, covariance and principal directions.

    What differs between labels has sliders of its own, so it is taken out first: each label's
    latents are centred on the label's mean.

    Parameters
    ----------
    titles : by name, a title and what was seen to change; others get their number
    """
    labels = max(generator.label_count, 1)
    per_label = SAMPLES_FOR_STATISTICS // labels
    samples = torch.stack([_latents(generator, label, per_label) for label in range(labels)])
    mean = samples.mean(dim=1)
    centred = samples - mean.unsqueeze(1)
    covariance = torch.einsum("lni,lnj->lij", centred, centred) / (per_label - 1)
    found = principal_directions(
        centred.reshape(-1, generator.w_dim).numpy(), min(DIRECTION_COUNT, generator.w_dim)
    )
    entries: list[dict[str, Any]] = []
    vectors = {}
    for index in range(len(found.sd)):
        name = f"pc-{index + 1:02d}"
        title, effect = titles.get(name, (f"Direction {index + 1}", ""))
        if not found.sd[index] > 0:
            break
        entries.append(
            {
                "name": name,
                "title": title,
                "kind": "principal",
                "sd": float(found.sd[index]),
                "range_sd": [-3.0, 3.0],
                "layers": [0, generator.num_ws],
                "explained": min(float(found.explained[index]), 1.0),
                "effect": effect,
            }
        )
        vectors[name] = found.vectors[index]
    return LatentStatistics(mean, covariance, entries, vectors)


def _latents(generator: LatentGenerator, label: int, count: int) -> Tensor:
    """Return (count, w_dim) latents of one label."""
    weights = torch.zeros(count, generator.label_count)
    if generator.label_count:
        weights[:, label] = 1
    random = torch.Generator().manual_seed(1 + label)
    return generator.map_latent(torch.randn(count, generator.z_dim, generator=random), weights)


def require_valid(kind: type[BaseModel], document: Mapping[str, Any], problem: str) -> None:
    """Refuse a part of a manifest that could not be written when a run is over.

    Raises
    ------
    InputError
        `problem`, with the entry and what is wrong with it.
    """
    try:
        kind.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{problem}: {place}: {first['msg']}.",
            "Mend the entry of the configuration, or of the data, that says so.",
            str(error),
        ) from error


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """Return the state of a network as it is stored."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def extras_of(
    parts: PackageParts, statistics: LatentStatistics | None, record: Mapping[str, Any]
) -> PackageExtras:
    """Return the files that a run adds to weights and card."""
    judge = None
    if parts.discriminator is not None:
        architecture = {
            "name": parts.discriminator_name,
            "parameters": dict(parts.discriminator_sizes),
        }
        judge = (architecture, weights_of(parts.discriminator))
    samples = None
    if statistics is not None and isinstance(parts.network, LatentGenerator):
        samples = sample_sheet(parts.network, float(record["config"]["model"]["psi"]))
    latent = None
    if statistics is not None:
        latent = {"mean": statistics.mean, "covariance": statistics.covariance}
    return PackageExtras(
        directions=statistics.vectors if statistics is not None else None,
        latent=latent,
        discriminator=judge,
        record=json.dumps(record, indent=1).encode(),
        samples=samples,
    )


def write_checked(
    folder: Path,
    manifest: Mapping[str, Any],
    weights: Mapping[str, Tensor],
    card: str,
    extras: PackageExtras,
) -> ModelPackage:
    """Write a package, make its self-test image from the stored weights, and note that down."""
    draft = {**manifest, "self_test": {"mean": 0.0, "sd": 0.0}}
    package = write_package(folder, draft, weights, card, extras)
    loaded = load(package, choose_device(Preference.CPU), torch.float32)
    image = run_self_test(loaded, fused=False)
    self_test = {"mean": round(float(image.mean()), 6), "sd": round(float(image.std()), 6)}
    return write_package(folder, {**manifest, "self_test": self_test}, weights, card, extras)


@torch.inference_mode()
def sample_images(
    generator: LatentGenerator, label: int, count: int, psi: float, first_seed: int = 0
) -> FloatImages:
    """Return (count, rows, columns) images in [-1, 1] of one label, seeds counted up."""
    weights = torch.zeros(1, generator.label_count)
    if generator.label_count:
        weights[0, label] = 1
    images = []
    for seed in range(first_seed, first_seed + count):
        z = torch.from_numpy(sample_z(seed, generator.z_dim)).unsqueeze(0)
        center = generator.center(weights)
        w = center + psi * (generator.map_latent(z, weights) - center)
        ws = w.unsqueeze(1).expand(-1, generator.num_ws, -1)
        images.append(generator.synthesize(ws, NoiseMode.CONST, torch.float32)[0, 0].numpy())
    return np.stack(images)


def sample_sheet(generator: LatentGenerator, psi: float) -> bytes:
    """Return a PNG with the first seeds of each label, a row each, marked SYNTHETIC."""
    labels = max(generator.label_count, 1)
    rows = [sample_images(generator, label, SAMPLES_IN_SHEET, psi) for label in range(labels)]
    return sheet_png(Sheet(np.concatenate(rows), SAMPLES_IN_SHEET))
