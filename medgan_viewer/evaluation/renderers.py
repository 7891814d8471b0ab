"""From a model package to the plain functions that an evaluation calls."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.errors import PackageError
from medgan_viewer.evaluation.feature_space import FloatImages, resized_tensor
from medgan_viewer.evaluation.generator_report import Rebuild
from medgan_viewer.evaluation.sample_bench import Render
from medgan_viewer.evaluation.translation_baselines import Translate
from medgan_viewer.generators.autoencoder import AdversarialAutoencoder
from medgan_viewer.generators.manifest import Task
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.generators.registry import LatentGenerator
from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.inference.device import DeviceChoice, limit_threads
from medgan_viewer.inference.loaded import load, run_translator, wrong_task
from medgan_viewer.latent.point import sample_z

_BATCH = 16


def renderer_of(
    package: ModelPackage,
    label_names: Sequence[str],
    choice: DeviceChoice,
    truncation: float | None = None,
) -> Render:
    """Return a function that makes images of a label, in float32, with the package's truncation.

    Parameters
    ----------
    label_names : of the data; their index is what the function takes
    truncation : psi; None takes the manifest's

    Raises
    ------
    PackageError
        The package makes no images from sliders, or has none of the labels.
    """
    loaded = load(package, choice, torch.float32)
    network = loaded.network
    if package.manifest.task is Task.TRANSLATE or not isinstance(network, LatentGenerator):
        raise wrong_task(loaded, "makes images from a source image, not from a label")
    generator: LatentGenerator = network
    places = label_places(package, label_names)
    psi = package.manifest.latent.truncation if truncation is None else truncation
    device = choice.device

    @torch.inference_mode()
    def render(label: int, count: int, first_seed: int) -> FloatImages:
        made = []
        for start in range(first_seed, first_seed + count, _BATCH):
            seeds = range(start, min(start + _BATCH, first_seed + count))
            z = np.stack([sample_z(seed, generator.z_dim) for seed in seeds])
            weights = torch.zeros(len(seeds), generator.label_count, device=device)
            if places:
                weights[:, places[label]] = 1
            center = generator.center(weights)
            w = generator.map_latent(torch.from_numpy(z).to(device), weights)
            ws = (center + psi * (w - center)).unsqueeze(1).expand(-1, generator.num_ws, -1)
            images = generator.synthesize(ws, NoiseMode.CONST, torch.float32)
            made.append(_gray(images))
        return np.concatenate(made)

    return render


def rebuilder_of(package: ModelPackage, choice: DeviceChoice) -> Rebuild | None:
    """Return a function that takes images in and gives their reconstructions.

    None for a network without an encoder. Images of another size than the network's come back in
    its size, brought to their own.
    """
    network = load(package, choice, torch.float32).network
    if not isinstance(network, AdversarialAutoencoder):
        return None
    side = network.synthesis.size.resolution

    @torch.inference_mode()
    def rebuild(images: FloatImages) -> FloatImages:
        made = []
        for part in torch.split(torch.from_numpy(images)[:, None], _BATCH):
            seen = resized_tensor(part.to(choice.device), side, side)
            seen = seen.expand(-1, network.synthesis.size.image_channels, -1, -1)
            ws = network.encode(seen).unsqueeze(1).expand(-1, network.num_ws, -1)
            rebuilt = network.synthesize(ws, NoiseMode.NONE, torch.float32)
            made.append(_gray(resized_tensor(rebuilt, *images.shape[1:])))
        return np.concatenate(made)

    return rebuild


def translator_of(package: ModelPackage, choice: DeviceChoice) -> Translate:
    """Return a function that translates the source slices of a study, in float32.

    Sides that are no multiples of what the network takes are padded with background.

    Raises
    ------
    PackageError
        The package is no translator.
    """
    loaded = load(package, choice, torch.float32)
    if package.manifest.source is None:
        raise wrong_task(loaded, "makes images from sliders, not from a source image")
    multiple = int(getattr(loaded.network, "side_multiple", 1))

    @torch.inference_mode()
    def translate(pairs: PairedSlices) -> FloatImages:
        rows, columns = pairs.source.shape[1:]
        made = []
        for part in torch.split(torch.from_numpy(np.ascontiguousarray(pairs.source)), _BATCH // 2):
            margins = (0, -columns % multiple, 0, -rows % multiple)
            padded = F.pad(part[:, None], margins, value=-1.0).to(choice.device)
            made.append(_gray(run_translator(loaded.network, padded, torch.float32)))
        return np.clip(np.concatenate(made)[:, :rows, :columns], -1, 1)

    return translate


def label_places(package: ModelPackage, label_names: Sequence[str]) -> list[int]:
    """Return for each label of the data its place among the package's labels.

    Names count as equal when they differ in case and punctuation alone, as a manifest may not hold
    every name. Empty for a package without labels.

    Raises
    ------
    PackageError
        The package has no label of that name.
    """
    own = [_plain(label.name) for label in package.manifest.labels]
    if not own:
        return []
    missing = [name for name in label_names if _plain(name) not in own]
    if missing or not label_names:
        known = ", ".join(label.name for label in package.manifest.labels)
        raise PackageError(
            problem=f"{package.id} makes {known}, and the data have "
            f"{', '.join(missing) or 'no labels'}.",
            action="Give the data of this model, or name its labels in the [data] table.",
        )
    return [own.index(_plain(name)) for name in label_names]


def use_threads(count: int | None) -> None:
    """Let networks run on so many threads; None takes all cores. It holds for the whole process."""
    if count is None:
        limit_threads(reserved=0)
    else:
        torch.set_num_threads(count)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum()) or name


def _gray(images: Tensor) -> FloatImages:
    """Return (batch, rows, columns): the mean of (batch, channels, rows, columns) over channels."""
    gray: FloatImages = images.float().mean(dim=1).cpu().numpy()
    return gray
