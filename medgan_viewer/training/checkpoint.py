"""Checkpoints of a training run: safetensors and JSON, written atomically, never pickled."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from medgan_viewer.files import write_atomically


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
    """Read what `save_checkpoint` wrote into the given objects; return the progress."""
    tensors = load_file(path)
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
    with safe_open(path, framework="pt") as stream:
        progress: dict[str, Any] = json.loads(stream.metadata()["progress"])
    return progress


def load_part(path: Path, name: str, module: nn.Module) -> dict[str, Any]:
    """Read one network of a checkpoint; return the progress of the run."""
    return load_checkpoint(path, {name: module}, {})
