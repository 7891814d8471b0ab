"""TrainingOrder: what a person asks of a training run, and the configuration that says so."""

import json
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from unicodedata import category, normalize

from medgan_viewer.errors import InputError

RESOLUTIONS = (32, 64, 128, 256)  # pixels a side
MAX_MINUTES = 10_080  # a week
MAX_SEED = (1 << 31) - 1
MAX_NAME = 60  # characters of a package's title
SAVE_MINUTES = 5.0
_SAVES = 6  # at least so often in a short run
_MAX_SLUG = 60


class ModelFamily(Enum):
    """The networks that can be trained, in the words of the configuration."""

    VAE_GAN = "vae-gan"
    STYLEGAN2 = "stylegan2"
    DCGAN = "dcgan"
    FULLY_CONNECTED = "fully-connected"
    PIX2PIX = "pix2pix"
    CYCLEGAN = "cyclegan"
    CUT = "cut"

    @property
    def is_translator(self) -> bool:
        """It makes one contrast from another; the side of its images is that of the data."""
        return self in (ModelFamily.PIX2PIX, ModelFamily.CYCLEGAN, ModelFamily.CUT)


class DataKind(Enum):
    """What lies in the data folder, in the words of the configuration."""

    IMAGES = "images"
    DICOM = "dicom"
    NIFTI = "nifti"
    PREPARED = "prepared"
    PAIRED = "paired"


_LABELLED = (DataKind.IMAGES, DataKind.DICOM, DataKind.NIFTI, DataKind.PREPARED)


def kinds_for(family: ModelFamily) -> tuple[DataKind, ...]:
    """Return the kinds of data from which a family learns."""
    if family is ModelFamily.PIX2PIX:
        return (DataKind.PAIRED, DataKind.PREPARED)
    if family.is_translator:
        return (DataKind.PAIRED, *_LABELLED)
    return _LABELLED


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """A run to be started.

    Attributes
    ----------
    name : of the run and of the package that it makes
    folder : where the data lie; a file for prepared data
    resolution : side of the images, pixels; of no meaning for translators
    max_minutes : time budget
    source, target : the two contrasts of a translator; labels where the data are no pairs
    """

    name: str
    folder: Path
    kind: DataKind
    family: ModelFamily
    resolution: int = 128
    max_minutes: float = 30.0
    seed: int = 1
    source: str = "t1"
    target: str = "t2"


def plain_name(text: str) -> str:
    """Return a name as it may stand in a list: one line, nothing that steers the text."""
    kept = "".join(c if category(c) != "Cc" else " " for c in text if category(c) != "Cf")
    return " ".join(kept.split())[:MAX_NAME].strip()


def slug(name: str) -> str:
    """Return a name for folders and packages: lower case, digits and dashes, never empty."""
    ascii_name = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:_MAX_SLUG].strip("-") or "model"


def config_bytes(order: TrainingOrder, package_id: str, threads: int) -> bytes:
    """Return the TOML document of a run.

    Raises
    ------
    InputError
        The name of the data folder is no text that a file could hold.
    """
    model: dict[str, str | int | float] = {
        "family": order.family.value,
        "id": package_id,
        "name": plain_name(order.name) or package_id,
    }
    data: dict[str, str | int | float] = {
        "folder": str(order.folder),
        "kind": order.kind.value,
    }
    if order.family.is_translator:
        data |= {"source": order.source, "target": order.target}
    else:
        model["resolution"] = order.resolution
    minutes = float(order.max_minutes)
    training: dict[str, str | int | float] = {
        "max_minutes": minutes,
        "seed": order.seed,
        "save_minutes": min(SAVE_MINUTES, round(minutes / _SAVES, 2)),
        "threads": threads,
        "device": "auto",
    }
    tables = {"model": model, "data": data, "training": training}
    text = "\n".join(
        f"[{title}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in table.items())
        for title, table in tables.items()
    )
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            problem=f"The name of the folder {str(order.folder)!r} is no readable text.",
            action="Rename the folder, then start again.",
            details=str(error),
        ) from error


def _toml(value: str | float) -> str:
    """Return a value as TOML writes it; JSON escapes the same, but for one character."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
