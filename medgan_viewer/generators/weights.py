"""Tensors of a model package: checked before they are parsed, checked again before they are used.

safetensors only. Nothing in a package is ever executed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
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
    DISCRIMINATOR_FILE,
    LATENT_FILE,
    MANIFEST_FILE,
    RECORD_FILE,
    REFERENCE_FILE,
    SAMPLES_FILE,
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


@dataclass(frozen=True, slots=True)
class PackageExtras:
    """Files of a package beyond weights and card; all may be missing.

    Attributes
    ----------
    directions : unit vectors by name
    latent : `mean` and `covariance` of w (manifest.LatentSpec)
    discriminator : architecture document and weights
    record : JSON of the run
    samples : PNG with random samples, marked
    reference : manifest.ReferenceSpec
    """

    directions: Mapping[str, npt.NDArray[np.float32]] | None = None
    latent: Mapping[str, Tensor] | None = None
    discriminator: tuple[Mapping[str, object], Mapping[str, Tensor]] | None = None
    record: bytes | None = None
    samples: bytes | None = None
    reference: Mapping[str, Tensor] | None = None


def write_package(
    folder: Path,
    manifest: Mapping[str, object],
    weights: Mapping[str, Tensor],
    card: str,
    extras: PackageExtras | None = None,
) -> ModelPackage:
    """Write a package; float weights are stored as float16.

    Parameters
    ----------
    manifest : fields of Manifest without those that name files
    """
    extras = extras or PackageExtras()
    folder.mkdir(parents=True, exist_ok=True)
    document = dict(manifest)
    document["weights"] = _write_tensors(folder / WEIGHTS_FILE, weights, torch.float16)
    if extras.directions:
        vectors = {k: torch.from_numpy(vector.copy()) for k, vector in extras.directions.items()}
        document["directions_file"] = _write_tensors(folder / DIRECTIONS_FILE, vectors)
    if extras.latent is not None:
        entry = _write_tensors(folder / LATENT_FILE, extras.latent)
        document["latent"] = {**_mapping(document.get("latent")), "statistics_file": entry}
    if extras.discriminator is not None:
        architecture, tensors = extras.discriminator
        entry = _write_tensors(folder / DISCRIMINATOR_FILE, tensors, torch.float16)
        document["discriminator"] = {"architecture": dict(architecture), "weights": entry}
    if extras.record is not None:
        entry = _write_file(folder / RECORD_FILE, extras.record)
        document["training"] = {**_mapping(document.get("training")), "record": entry}
    return _finish(folder, document, card, extras)


def update_package(
    package: ModelPackage,
    changes: Mapping[str, object],
    card: str | None = None,
    extras: PackageExtras | None = None,
) -> ModelPackage:
    """Replace fields, card, samples or reference of a package; its weights stay."""
    document = package.manifest.model_dump(mode="json", exclude_none=True)
    document.update(changes)
    return _finish(package.folder, document, card, extras or PackageExtras())


def _finish(
    folder: Path, document: dict[str, object], card: str | None, extras: PackageExtras
) -> ModelPackage:
    if card is not None:
        document["card"] = _write_file(folder / CARD_FILE, card.encode("utf-8"))
    if extras.samples is not None:
        document["samples"] = _write_file(folder / SAMPLES_FILE, extras.samples)
    if extras.reference is not None:
        entry = _write_tensors(folder / REFERENCE_FILE, extras.reference)
        document["reference"] = {"file": entry}
    text = json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8") + b"\n"
    parsed = parse_manifest(text, folder / MANIFEST_FILE)
    write_atomically(folder / MANIFEST_FILE, text)
    return ModelPackage(folder, parsed)


def _mapping(value: object) -> dict[str, object]:
    assert value is None or isinstance(value, Mapping)
    return dict(value or {})


def _write_tensors(
    path: Path, tensors: Mapping[str, Tensor], dtype: torch.dtype = torch.float32
) -> dict[str, object]:
    stored = {
        name: (tensor.to(dtype) if tensor.is_floating_point() else tensor).cpu().contiguous()
        for name, tensor in tensors.items()
    }
    return _write_file(path, dump_safetensors(stored))


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
