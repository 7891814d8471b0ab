"""Checkpoints of a training run: safetensors and JSON, written atomically, never pickled."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor, nn

from medgan_viewer.errors import InputError
from medgan_viewer.files import write_atomically
from medgan_viewer.generators.safetensors_check import check_safetensors


def save_checkpoint(
    path: Path,
    modules: dict[str, nn.Module],
    optimizers: dict[str, torch.optim.Optimizer],
    progress: dict[str, Any],
) -> None:
    """Write networks, optimiser moments and `progress` (JSON) into one .safetensors file."""
    tensors: dict[str, Tensor] = {}
    for name, module in modules.items():
        for key, value in module.state_dict().items():
            tensors[f"{name}/{key}"] = value.detach().contiguous().clone()
    for name, optimizer in optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                tensors[f"optimizer.{name}/{index}/{key}"] = torch.as_tensor(value).contiguous()
    write_atomically(path, save(tensors, metadata={"progress": json.dumps(progress)}))


def load_checkpoint(
    path: Path, modules: dict[str, nn.Module], optimizers: dict[str, torch.optim.Optimizer]
) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote into the given objects; return the progress.

    Raises
    ------
    InputError
        The file is missing, damaged, or of networks with other sizes.
    """
    tensors, metadata = _read(path)
    try:
        _fill(tensors, modules, optimizers)
        progress: dict[str, Any] = json.loads(metadata["progress"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path} does not belong to this run.",
            "Start a new run in another folder, or use the configuration it was made with.",
            f"{type(error).__name__}: {error}",
        ) from error
    return progress


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return all tensors of a checkpoint by name: network/key."""
    return _read(path)[0]


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        content = path.read_bytes()
        check_safetensors(content)
        with safe_open(path, framework="pt") as stream:
            return load(content), stream.metadata() or {}
    except (OSError, ValueError, SafetensorError) as error:
        raise InputError(
            f"{path} cannot be read: it is missing or damaged.",
            "Start the run anew in another folder.",
            f"{type(error).__name__}: {error}",
        ) from error


def _fill(
    tensors: dict[str, Tensor],
    modules: dict[str, nn.Module],
    optimizers: dict[str, torch.optim.Optimizer],
) -> None:
    for name, module in modules.items():
        prefix = f"{name}/"
        module.load_state_dict(
            {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
        )
    for name, optimizer in optimizers.items():
        prefix = f"optimizer.{name}/"
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith(prefix):
                index, entry = key[len(prefix) :].split("/")
                state.setdefault(int(index), {})[entry] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})
