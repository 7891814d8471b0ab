"""Model package on disk: find it, check its manifest, read its files by hash.

A package is a folder with manifest.json, weights.safetensors, card.md and what a training adds
(docs/model-package.md). Only files that the manifest names are opened; each is read once, and the
bytes that were hashed are the bytes that are parsed (generators.weights). Needs no torch, so that a
window can list packages before torch is imported.
"""

import hashlib
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from unicodedata import category

from medgan_viewer.errors import MedganError, PackageError
from medgan_viewer.files import is_file
from medgan_viewer.generators.manifest import (
    MAX_MANIFEST_BYTES,
    Manifest,
    PackageFile,
    parse_manifest,
)

MANIFEST_FILE = "manifest.json"
WEIGHTS_FILE = "weights.safetensors"
DIRECTIONS_FILE = "directions.safetensors"
CARD_FILE = "card.md"
LATENT_FILE = "latent.safetensors"
DISCRIMINATOR_FILE = "discriminator.safetensors"
REFERENCE_FILE = "reference.safetensors"
RECORD_FILE = "training.json"
SAMPLES_FILE = "samples.png"
MAX_CARD_BYTES = 1 << 20


class Trust(Enum):
    """How far the origin of a package is known."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    CONVERTED = "converted"


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A folder whose manifest was read and found sound; its weights are not read yet."""

    folder: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def weights_sha256(self) -> str:
        return self.manifest.weights.sha256

    @property
    def trust(self) -> Trust:
        return Trust.CONVERTED if self.manifest.converted else Trust.UNSIGNED

    @property
    def title(self) -> str:
        return f"{self.manifest.name} {self.manifest.version}"


@dataclass(frozen=True, slots=True)
class UnusablePackage:
    """A folder that looks like a package but cannot be used, with the reason."""

    folder: Path
    error: MedganError


def open_package(folder: Path) -> ModelPackage:
    """Read and check the manifest in `folder`; PackageError says what is wrong with it."""
    path = folder / MANIFEST_FILE
    content = _read(path, MAX_MANIFEST_BYTES)
    return ModelPackage(folder, parse_manifest(content, path))


def find_packages(roots: list[Path]) -> tuple[list[ModelPackage], list[UnusablePackage]]:
    """Look for packages in the folders below `roots`; of one id, the first root's wins."""
    packages: dict[str, ModelPackage] = {}
    unusable: list[UnusablePackage] = []
    for root in roots:
        try:
            folders = sorted(path for path in root.iterdir() if is_package_folder(path))
        except OSError:
            continue  # a root that does not exist holds no packages
        for folder in folders:
            try:
                package = open_package(folder)
            except PackageError as error:
                unusable.append(UnusablePackage(folder, error))
            else:
                packages.setdefault(package.id, package)
    return list(packages.values()), unusable


def resolve_package(name_or_path: str, roots: list[Path]) -> ModelPackage:
    """Return the package with this id, or in this folder; PackageError when there is none."""
    as_path = Path(name_or_path)
    if as_path.name == MANIFEST_FILE and is_file(as_path):
        as_path = as_path.parent
    if is_package_folder(as_path):
        return open_package(as_path)
    packages, unusable = find_packages(roots)
    for package in packages:
        if package.id == name_or_path:
            return package
    for broken in unusable:
        if broken.folder.name == name_or_path:
            raise broken.error
    known = ", ".join(package.id for package in packages) or "none"
    raise PackageError(
        problem=f"There is no model package {name_or_path!r}.",
        action=f"Give the id of an installed package ({known}) or the folder of one.",
    )


def read_card(package: ModelPackage) -> str:
    """Return the text of the model card, without characters that would steer a terminal."""
    if package.manifest.card.size_bytes > MAX_CARD_BYTES:
        raise damaged(package, "its card is larger than 1 MiB")
    content = read_checked(package, package.manifest.card)
    text = content.decode("utf-8", errors="replace")
    # Cc control, Cf format (such as a change of the reading direction)
    return "".join(c for c in text if c in "\n\t" or category(c) not in ("Cc", "Cf"))


def read_checked(package: ModelPackage, entry: PackageFile) -> bytes:
    """Return the bytes of a file of the package, refused when size or hash differ."""
    path = package.folder / entry.file
    content = _read(path, entry.size_bytes)
    actual = hashlib.sha256(content).hexdigest()
    if actual != entry.sha256:
        raise PackageError(
            problem=f"{path} differs from the file that its manifest describes.",
            action="Replace it with the published file and run 'medgan-viewer models verify'.",
            details=f"SHA-256 expected {entry.sha256}, found {actual}",
        )
    return content


def files_of(manifest: Manifest) -> list[PackageFile]:
    """Return every file that a manifest names."""
    found = [
        manifest.weights,
        manifest.card,
        manifest.directions_file,
        manifest.latent.statistics_file,
        manifest.discriminator.weights if manifest.discriminator is not None else None,
        manifest.reference.file if manifest.reference is not None else None,
        manifest.training.record,
        manifest.samples,
    ]
    return [entry for entry in found if entry is not None]


def is_package_folder(path: Path) -> bool:
    """Return whether there is a manifest to be seen."""
    return is_file(path / MANIFEST_FILE)


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.is_symlink():
            raise PackageError(
                problem=f"{path} is a link, and a model package may not hold links.",
                action="Copy the file itself into the package.",
            )
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for ever
            raise PackageError(
                problem=f"{path} is not a file.",
                action="Get the model package anew from its source.",
            )
        with path.open("rb") as stream:
            # At most one byte more than there is: Python reserves what is asked for.
            content = stream.read(min(limit, status.st_size) + 1)
    except OSError as error:
        raise PackageError(
            problem=f"{path} is missing or cannot be opened ({error.strerror}).",
            action="Get the model package anew from its source.",
        ) from error
    if len(content) > limit:
        raise PackageError(
            problem=f"{path} is larger than its manifest says or than is allowed.",
            action="Get the model package anew from its source.",
        )
    return content


def damaged(package: ModelPackage, why: str) -> PackageError:
    """Return the error for a package whose content breaks a rule."""
    return PackageError(
        problem=f"The model package {package.id} is damaged: {why}.",
        action="Get the model package anew from its source.",
    )
