"""Starting a run from earlier weights: what fits is taken over, what is new keeps its start."""

import logging
import re
from pathlib import Path

import torch
from torch import Tensor, nn

from medgan_viewer.errors import InputError
from medgan_viewer.generators.package import is_package_folder, open_package
from medgan_viewer.generators.weights import read_weights
from medgan_viewer.training.checkpoint import read_tensors
from medgan_viewer.training.family import Family

log = logging.getLogger(__name__)

_IMAGE_OUTPUT = re.compile(r"(^|\.)b\d+\.torgb\.weight$")


def take_over(family: Family, source: Path) -> int:
    """Copy the weights of a package or run folder into a family's networks.

    A new block at the top of a synthesis network starts silent, so that a network that grew shows
    what the smaller one showed, only larger (Karras et al. 2018).

    Returns
    -------
    how many tensors were taken over

    Raises
    ------
    InputError
        There is neither a package nor a checkpoint, the package is of another architecture, or
        nothing in it fits.
    """
    found = _read(source, family.package_parts().architecture)
    taken = 0
    for name, trained in family.trained.items():
        tensors = {
            key.removeprefix(f"{name}."): value
            for key, value in found.items()
            if key.startswith(f"{name}.")
        }
        if tensors:
            taken += _copy(trained.network, tensors, name)
            if trained.average is not None:
                trained.average.load_state_dict(trained.network.state_dict())
    if not taken:
        raise InputError(
            f"No weights in {source} fit this network.", "Use the sizes it was trained with."
        )
    return taken


def _read(source: Path, architecture: str) -> dict[str, Tensor]:
    """Return tensors by network and key: averaged weights where there are some."""
    checkpoint = source / "checkpoint.safetensors"
    if checkpoint.is_file():
        found = {}
        stored = read_tensors(checkpoint)
        for full, value in stored.items():
            network, slash, key = full.partition("/")
            if slash and "." not in network and f"{network}.average/{key}" not in stored:
                found[f"{network}.{key}"] = value
            elif slash and network.endswith(".average"):
                found[f"{network.removesuffix('.average')}.{key}"] = value
        return found
    if is_package_folder(source):
        package = open_package(source)
        kind = package.manifest.architecture.name
        if kind != architecture:
            raise InputError(
                f"{source} holds a network of the kind {kind}, and this run trains {architecture}.",
                "Give a package of the same family in start_from.",
            )
        return {f"model.{key}": value for key, value in read_weights(package).items()}
    raise InputError(
        f"{source} holds neither a model package nor a checkpoint.",
        "Give a package folder or the folder of a run in start_from.",
    )


@torch.no_grad()
def _copy(network: nn.Module, tensors: dict[str, Tensor], name: str) -> int:
    taken = 0
    for key, own in network.state_dict().items():
        other = tensors.get(key)
        if other is not None and other.shape == own.shape:
            own.copy_(other)
            taken += 1
        else:
            if _IMAGE_OUTPUT.search(key):
                own.zero_()
            log.info("%s.%s is new", name, key)
    return taken
