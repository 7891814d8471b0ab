"""From a latent point to the output of a generator."""

import torch
from torch import Tensor

from medgan_viewer.generators.manifest import Task
from medgan_viewer.generators.registry import LatentGenerator
from medgan_viewer.inference.jobs import ShouldStop
from medgan_viewer.inference.loaded import LoadedNetwork, run_synthesis, wrong_task
from medgan_viewer.latent.editing import layers_of, move_along, truncate
from medgan_viewer.latent.point import Latent, LatentPoint, normalized_weights, sample_z


def generate_image(loaded: LoadedNetwork, point: LatentPoint, should_stop: ShouldStop) -> Tensor:
    """Return (channels, rows, columns) float32, nominally -1 to 1, in main memory.

    Raises
    ------
    PackageError
        The network is a translator.
    RunAbortedError
        should_stop() turned true between two layers.
    """
    ws = torch.from_numpy(latent_layers(loaded, point)).unsqueeze(0).to(loaded.device)
    return run_synthesis(loaded, ws, noise=point.noise, should_stop=should_stop)[0].cpu()


def latent_layers(loaded: LoadedNetwork, point: LatentPoint) -> Latent:
    """Return the w of every layer, (num_ws, w_dim), that a latent point stands for."""
    network = _generator(loaded)
    names = tuple(label.name for label in loaded.manifest.labels)
    weights = torch.from_numpy(normalized_weights(names, point.label_weights))
    labels = weights.unsqueeze(0).to(loaded.device)
    z = torch.from_numpy(sample_z(point.seed, network.z_dim)).unsqueeze(0).to(loaded.device)
    w = network.map_latent(z, labels)[0].cpu().numpy()
    center = network.center(labels)[0].cpu().numpy()
    ws = layers_of(truncate(w, center, point.truncation), network.num_ws)
    return move_along(ws, point.offsets, loaded.directions)


def _generator(loaded: LoadedNetwork) -> LatentGenerator:
    if loaded.manifest.task is Task.TRANSLATE or not isinstance(loaded.network, LatentGenerator):
        raise wrong_task(loaded, "makes images from a source image, not from sliders")
    return loaded.network
