"""Tensors of a model package: checked before they are parsed, checked again before they are used.

safetensors only. Nothing in a package is ever executed.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save as dump_safetensors
from torch import Tensor

from medgan_viewer.files import write_atomically
from medgan_viewer.generators.manifest import PackageFile, parse_manifest
from medgan_viewer.generators.package import (
    CARD_FILE,
    DIRECTIONS_FILE,
    MANIFEST_FILE,
    WEIGHTS_FILE,
    ModelPackage,
    damaged,
    read_checked,
)
from medgan_viewer.generators.safetensors_check import check_safetensors

MAX_WEIGHT = 1e6


def read_weights(package: ModelPackage) -> dict[str, Tensor]:
    """Return all tensors in float32 (integers stay), after checks of hash, layout and values."""
    tensors = _read_tensors(package, package.manifest.weights)
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            continue
        if not bool(torch.isfinite(tensor).all()):
            raise damaged(package, f"tensor {name[:80]!r} holds values that are not numbers")
        if float(tensor.abs().max()) > MAX_WEIGHT:
            raise damaged(package, f"tensor {name[:80]!r} holds values beyond all limits")
    return {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }


def read_direction_vectors(package: ModelPackage) -> dict[str, npt.NDArray[np.float32]]:
    """Return the unit vector of every direction the manifest names, (w_dim,) each."""
    entry = package.manifest.directions_file
    if entry is None:
        return {}
    tensors = _read_tensors(package, entry)
    vectors = {}
    for direction in package.manifest.directions:
        tensor = tensors.get(direction.name)
        if tensor is None or tensor.ndim != 1:
            raise damaged(package, f"direction {direction.name} is missing or not a vector")
        vector = tensor.float()
        if not 0.99 < float(torch.linalg.vector_norm(vector)) < 1.01:  # false for NaN, too
            raise damaged(package, f"direction {direction.name} does not have length 1")
        vectors[direction.name] = vector.numpy()
    return vectors


def write_package(
    folder: Path,
    manifest: Mapping[str, object],
    weights: Mapping[str, Tensor],
    card: str,
    directions: Mapping[str, npt.NDArray[np.float32]] | None = None,
) -> ModelPackage:
    """Write a package; float weights are stored as float16.

    Parameters
    ----------
    manifest : fields of Manifest, without `weights`, `card` and `directions_file`
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in weights.items()
    }
    document = dict(manifest)
    document["weights"] = _write_file(folder / WEIGHTS_FILE, dump_safetensors(stored))
    document["card"] = _write_file(folder / CARD_FILE, card.encode("utf-8"))
    if directions:
        vectors = {name: torch.from_numpy(vector.copy()) for name, vector in directions.items()}
        document["directions_file"] = _write_file(
            folder / DIRECTIONS_FILE, dump_safetensors(vectors)
        )
    text = json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8") + b"\n"
    parsed = parse_manifest(text, folder / MANIFEST_FILE)
    write_atomically(folder / MANIFEST_FILE, text)
    return ModelPackage(folder, parsed)


def _write_file(path: Path, content: bytes) -> dict[str, object]:
    write_atomically(path, content)
    digest = hashlib.sha256(content).hexdigest()
    return {"file": path.name, "sha256": digest, "size_bytes": len(content)}


def _read_tensors(package: ModelPackage, entry: PackageFile) -> dict[str, Tensor]:
    content = read_checked(package, entry)
    try:
        check_safetensors(content)
        tensors: dict[str, Tensor] = parse_safetensors(content)
    except Exception as error:  # the library raises kinds of its own; all mean a damaged file
        raise damaged(package, f"{entry.file} cannot be read: {error}") from error
    return tensors
