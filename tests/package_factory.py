"""Tiny model packages of every architecture for tests: untrained, quick, complete."""

import copy
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medgan_viewer.generators.manifest import parse_manifest
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.generators.registry import build_network
from medgan_viewer.generators.weights import PackageExtras
from medgan_viewer.training.packaging import weights_of, write_checked

GENERATORS = ("autoencoder", "stylegan2", "fully-connected", "dcgan")
_WITH_ONE_W = ("fully-connected", "dcgan")
TRANSLATORS = ("unet-translator", "resnet-translator")
CARD = "# A tiny model\n\nRandom weights; shows nothing.\n"

_SYNTHESIS = {"resolution": 16, "w_dim": 8, "channel_base": 128, "channel_max": 8}
_PARAMETERS = {
    "autoencoder": _SYNTHESIS,
    "stylegan2": {**_SYNTHESIS, "z_dim": 8, "mapping_layers": 2},
    "fully-connected": {"resolution": 16, "z_dim": 8, "width": 16},
    "dcgan": {"resolution": 16, "z_dim": 8, "base": 4},
    "unet-translator": {"base": 8, "downs": 5, "norm": "instance"},
    "resnet-translator": {"base": 4, "blocks": 1},
}
_T1_SOURCE = {
    "modality": "MR",
    "contrast": "T1-weighted",
    "other_words": ["t2", "flair"],
    "body_part": "head",
    "plane": "axial",
    "spacing_mm": 1.0,
    "rows": 32,
    "columns": 32,
    "intensity": {"rule": "fixed", "low": 0, "high": 1000},
}
_NO_FILE = {"file": "none", "sha256": "0" * 64, "size_bytes": 0}


def write_tiny_package(
    folder: Path,
    architecture: str = "autoencoder",
    labels: tuple[str, ...] = ("normal", "effusion"),
    directions: tuple[str, ...] = ("pc-01", "pc-02"),
    seed: int = 0,
    sizes: Mapping[str, object] | None = None,
    **fields: object,
) -> ModelPackage:
    """Write a package with random weights; its id is the name of `folder`.

    Parameters
    ----------
    labels, directions : names; translators have neither
    seed : of the weights; every label, direction and the noise change the image
    sizes : change parameters of the architecture
    fields : replace fields of the manifest
    """
    manifest = tiny_manifest(folder.name, architecture, labels, directions, sizes) | fields
    network = untrained_network(manifest, seed)
    vectors = {}
    if manifest.get("directions"):
        axes = np.eye(network.w_dim, dtype=np.float32)
        vectors = dict(zip(directions, axes, strict=False))
    extras = PackageExtras(directions=vectors)
    return write_checked(folder, manifest, weights_of(network), CARD, extras)


def write_tanh_translator(folder: Path, **fields: object) -> ModelPackage:
    """Write a U-Net translator whose output is tanh(input), pixel by pixel.

    Its outermost level moves each 2 x 2 block into four channels, and their negatives into four
    more, so that the ReLU loses nothing; the last convolution puts the pixels back. What the inner
    levels add counts 0.
    """
    manifest = tiny_manifest(folder.name, "unet-translator") | fields
    weights = weights_of(untrained_network(manifest))
    for name in ("model.model.0", "model.model.3"):
        weights[f"{name}.weight"].zero_()
        weights[f"{name}.bias"].zero_()
    for corner in range(4):
        row, column = 1 + corner // 2, 1 + corner % 2
        for channel, sign in ((corner, 1), (corner + 4, -1)):
            weights["model.model.0.weight"][channel, 0, row, column] = sign
            weights["model.model.3.weight"][channel, 0, row, column] = sign
    return write_checked(folder, manifest, weights, CARD, PackageExtras())


def tiny_manifest(
    package_id: str,
    architecture: str,
    labels: tuple[str, ...] = (),
    directions: tuple[str, ...] = (),
    sizes: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Return the fields of a manifest, but for files and self-test."""
    parameters = {**_PARAMETERS[architecture], **(sizes or {})}
    manifest: dict[str, Any] = {
        "schema_version": 1,
        "id": package_id,
        "name": f"Tiny {architecture}",
        "version": "1.0",
        "architecture": {"name": architecture, "parameters": parameters},
        "summary": "Random weights.",
        "limits": "Shows nothing.",
        "intended_use": "Tests.",
        "training": {
            "data": "none",
            "data_licence": "none",
            "images": 0,
            "hours": 0,
            "hardware": "none",
            "software": "none",
        },
    }
    if architecture in TRANSLATORS:
        output = {"modality": "MR", "spacing_mm": 1.0, "value_high": 1000, "trained_bits": 12}
        return manifest | {"task": "translate", "source": _T1_SOURCE, "output": output}
    side = parameters["resolution"]
    num_ws = 1 if architecture in _WITH_ONE_W else 2 * side.bit_length() - 4
    return manifest | {
        "task": "generate",
        "output": {"modality": "DX", "rows": side, "columns": side, "trained_bits": 8},
        "labels": [{"name": name, "title": name.capitalize()} for name in labels],
        "directions": [
            {"name": name, "title": f"Direction {number}", "sd": 1.5, "layers": [0, num_ws]}
            for number, name in enumerate(directions, start=1)
        ],
    }


def complete_document(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest that validates, with entries for files that are not there."""
    files = dict.fromkeys(("weights", "card", "directions_file"), _NO_FILE)
    return copy.deepcopy({**files, "self_test": {"mean": 0, "sd": 0}, **manifest})


def untrained_network(manifest: dict[str, Any], seed: int = 0) -> torch.nn.Module:
    """Return the network of a manifest with random weights; what starts at 0 is random too."""
    text = json.dumps(complete_document(manifest)).encode()
    parsed = parse_manifest(text, Path("manifest.json"))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        network = build_network(parsed.architecture, parsed)
        for name, tensor in network.state_dict().items():
            if name.endswith(("noise_strength", "prior.mean", "bias")):
                tensor.add_(torch.randn_like(tensor) * 0.3)
    return network


def edit_manifest(package: ModelPackage, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest on disk; nothing else is made to fit."""
    path = package.folder / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def replace_file(package: ModelPackage, entry: str, content: bytes) -> None:
    """Replace "weights", "card" or "directions_file", with size and hash as an attacker would."""
    digest = hashlib.sha256(content).hexdigest()

    def bind(document: dict[str, Any]) -> None:
        document[entry] |= {"sha256": digest, "size_bytes": len(content)}
        (package.folder / document[entry]["file"]).write_bytes(content)

    edit_manifest(package, bind)
