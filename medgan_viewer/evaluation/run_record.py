"""Which data a model was trained on: from the record in its package, or from a configuration."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from medgan_viewer.datasets.config import DataConfig, parse_data_config
from medgan_viewer.datasets.paired import pairs_fingerprint
from medgan_viewer.datasets.parts import PairedSplit
from medgan_viewer.datasets.unpaired import from_pairs
from medgan_viewer.errors import InputError
from medgan_viewer.files import is_file, is_folder, is_there
from medgan_viewer.generators.package import ModelPackage, damaged, read_checked

MAX_RECORD_BYTES = 64 << 20
MAX_CONFIG_BYTES = 1 << 20
_SHA256 = 64  # hex digits


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What an evaluation needs of a run.

    Attributes
    ----------
    data : the [data] table
    fingerprint : of the training images; empty when it is not known
    held_out_fingerprint : of the held-out images; empty when it is not known
    """

    data: DataConfig
    fingerprint: str = ""
    held_out_fingerprint: str = ""


def record_of(package: ModelPackage) -> RunRecord | None:
    """Return the record of the run that made a package; None when it holds none.

    Raises
    ------
    PackageError
        The file is missing, changed or damaged.
    InputError
        Its [data] table cannot be used.
    """
    entry = package.manifest.training.record
    if entry is None:
        return None
    if entry.size_bytes > MAX_RECORD_BYTES:
        raise damaged(package, f"{entry.file} is larger than {MAX_RECORD_BYTES >> 20} MiB")
    try:
        document = json.loads(read_checked(package, entry))
    except (ValueError, RecursionError) as error:
        raise damaged(package, f"{entry.file} is not a JSON document") from error
    config = document.get("config") if isinstance(document, dict) else None
    table = config.get("data") if isinstance(config, dict) else None
    if not isinstance(table, dict):
        raise damaged(package, f"{entry.file} does not say which data were used")
    return RunRecord(
        parse_data_config(table, f"[data] in {entry.file} of {package.id}"),
        *(
            str(document.get(key, ""))[: 2 * _SHA256]
            for key in ("data_fingerprint", "held_out_fingerprint")
        ),
    )


def read_data_table(path: Path) -> DataConfig:
    """Read the [data] table of a training configuration (TOML).

    Raises
    ------
    InputError
        The file is missing, huge or no TOML, or the table is missing or wrong.
    """
    if not is_file(path):
        raise InputError(f"{path} is not a file.", "Give the configuration of the training.")
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise InputError(f"{path} is too large.", "Give the configuration of the training.")
        document: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as TOML ({str(error)[:200]}).", "Correct the configuration."
        ) from error
    table = document.get("data")
    if not isinstance(table, dict):
        raise InputError(f"{path} has no [data] table.", "Add one, or give another file.")
    return parse_data_config(table, f"[data] in {path.name}")


def located(config: DataConfig, root: Path) -> DataConfig:
    """Return the table with its folder found below `root`, wherever it lay before.

    A record comes with a package from anywhere, so nothing outside of `root` is read: of the folder
    in the table, as much of its end as is there below `root` counts, or `root` itself.

    Raises
    ------
    InputError
        There is neither.
    """
    if not is_there(root):
        raise InputError(f"{root} does not exist.", "Give the folder that holds the data.")
    if is_file(root):
        return config.model_copy(update={"folder": root.absolute()})
    parts = [part for part in PurePath(config.folder).parts if part not in ("..", "~")]
    parts = [part for part in parts if part != PurePath(config.folder).anchor]
    for start in range(len(parts)):
        place = root.joinpath(*parts[start:])
        if is_there(place):
            return config.model_copy(update={"folder": place.absolute()})
    if is_folder(root) and (config.kind in ("dicom", "nifti") or _looks_right(config, root)):
        return config.model_copy(update={"folder": root.absolute()})
    raise InputError(
        f"{root} holds no {config.folder}, on which the model was trained.",
        "Give the folder above it as --data, or a [data] table that fits as --config.",
    )


def pair_fingerprints(split: PairedSplit, record: RunRecord) -> tuple[str, str]:
    """Return the fingerprints of both parts of a split, as the run of `record` took them.

    A run without pairs notes two, of the sources and of the targets, one after the other.
    """
    parts = list(split.train), list(split.held_out.values())
    if len(record.fingerprint) != 2 * _SHA256:
        return pairs_fingerprint(parts[0]), pairs_fingerprint(parts[1])
    sides = [from_pairs(part, record.data.pixel_mm) for part in parts]
    train, held_out = (side.source.fingerprint() + side.target.fingerprint() for side in sides)
    return train, held_out


def _looks_right(config: DataConfig, root: Path) -> bool:
    if config.kind == "images":
        return is_file(root / config.labels_csv)
    return config.kind == "paired" and any(root.rglob("*.npz"))
