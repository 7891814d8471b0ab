"""From a finished run to a model package: averaged weights, directions, self-test, card."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.generators.registry import LatentGenerator
from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.generators.weights import write_package
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.inference.loaded import load, run_self_test
from medgan_viewer.latent.pca import principal_directions
from medgan_viewer.latent.point import sample_z

SAMPLES_FOR_PCA = 20_000
DIRECTION_COUNT = 16


@torch.inference_mode()
def sample_latents(
    generator: LatentGenerator, per_label: int, seed: int
) -> npt.NDArray[np.float32]:
    """Return (labels, per_label, w_dim) latents of each label by itself."""
    found = []
    for label in range(max(generator.label_count, 1)):
        weights = torch.zeros(per_label, generator.label_count)
        if generator.label_count:
            weights[:, label] = 1
        random = torch.Generator().manual_seed(seed + label)
        z = torch.randn(per_label, generator.z_dim, generator=random)
        found.append(generator.map_latent(z, weights).numpy())
    return np.stack(found)


def latent_directions(
    generator: LatentGenerator, titles: dict[str, tuple[str, str]]
) -> tuple[list[dict[str, Any]], dict[str, npt.NDArray[np.float32]]]:
    """Return manifest entries and vectors of the principal directions within labels.

    What differs between labels has sliders of its own, so it is taken out first: each label's
    latents are centred on the label's mean.

    Parameters
    ----------
    titles : by name, a title and what was seen to change; others get their number
    """
    samples = sample_latents(generator, SAMPLES_FOR_PCA // max(generator.label_count, 1), seed=1)
    centred = samples - samples.mean(axis=1, keepdims=True)
    found = principal_directions(centred.reshape(-1, generator.w_dim), DIRECTION_COUNT)
    entries: list[dict[str, Any]] = []
    vectors = {}
    for index in range(len(found.sd)):
        name = f"pc-{index + 1:02d}"
        title, effect = titles.get(name, (f"Direction {index + 1}", ""))
        entries.append(
            {
                "name": name,
                "title": title,
                "kind": "principal",
                "sd": float(found.sd[index]),
                "range_sd": [-3.0, 3.0],
                "layers": [0, generator.num_ws],
                "explained": float(found.explained[index]),
                "effect": effect,
            }
        )
        vectors[name] = found.vectors[index]
    return entries, vectors


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """Return the state of a network as it is stored."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def write_checked(
    folder: Path,
    manifest: dict[str, Any],
    weights: dict[str, Tensor],
    card: str,
    directions: dict[str, npt.NDArray[np.float32]] | None = None,
) -> ModelPackage:
    """Write a package, make its self-test image from the stored weights, and note that down."""
    draft = {**manifest, "self_test": {"mean": 0.0, "sd": 0.0}}
    package = write_package(folder, draft, weights, card, directions)
    loaded = load(package, choose_device(Preference.CPU), torch.float32)
    image = run_self_test(loaded, fused=False)
    manifest = {
        **manifest,
        "self_test": {"mean": round(float(image.mean()), 6), "sd": round(float(image.std()), 6)},
    }
    return write_package(folder, manifest, weights, card, directions)


@torch.inference_mode()
def sample_images(
    generator: LatentGenerator, label: int, count: int, psi: float, first_seed: int = 0
) -> npt.NDArray[np.float32]:
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
