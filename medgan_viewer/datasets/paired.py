"""PairedSlices: registered slices of two contrasts, read from prepared studies, split by person."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from medgan_viewer.datasets.collection import require_folder
from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.datasets.npz_file import NpzFile
from medgan_viewer.datasets.splits import is_left_out, person_of
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.model_space import IntensityMapping, IntensityRule

# How the source of a pair becomes a network's range; goes into the manifest of translators.
SOURCE_MAPPING = IntensityMapping(IntensityRule.FOREGROUND_MEDIAN, 0.0, 2.0)
TARGET_HEADROOM = 1.15  # +1 of the translator's output is this multiple of the brain's high value
# The prepared studies are scaled so that the brain's 99.7th percentile has this value.
_BRAIN_HIGH = {np.dtype(np.uint8): 200.0, np.dtype(np.uint16): 3000.0}
_MAX_STUDY_BYTES = 2 << 30
_SAME_MM = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class PairedSlices:
    """Registered slices of two contrasts of one study, in the translator's value range.

    Attributes
    ----------
    subject : person; two studies of one person carry the same text
    source, target : (slices, rows, columns) float32 in [-1, 1]
    brain : (slices, rows, columns) True inside the brain
    """

    subject: str
    source: npt.NDArray[np.float32]
    target: npt.NDArray[np.float32]
    brain: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class PairedStudies:
    """All studies of a folder, before the split.

    Attributes
    ----------
    studies : by path relative to the folder, without suffix, in the order of reading
    unused : persons of studies that lack a contrast
    notes : what was skipped or changed, and why
    pixel_mm : size of the pixels; None when the studies differ or one does not say
    """

    studies: dict[str, PairedSlices]
    unused: tuple[str, ...]
    notes: tuple[str, ...]
    pixel_mm: float | None = None


def read_paired(config: DataConfig, folder: Path) -> PairedStudies:
    """Read the prepared studies (.npz) of a folder and its sub-folders.

    Studies of another pixel size than `pixel_mm` are rescaled about their centre, so that whole
    heads at 1.25 mm and skull-stripped brains at 1.0 mm come out alike.

    Raises
    ------
    InputError
        The folder or a study in it cannot be used; the text says which.
    """
    folder = require_folder(folder)
    studies: dict[str, PairedSlices] = {}
    sizes_mm: list[float | None] = []
    lacking, left_out, scaled = [], [], 0
    for path in _study_files(folder, config.subfolders):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if is_left_out("", name, config.left_out):
            left_out.append(name)
            continue
        found = read_paired_slices(path, config.source, config.target)
        if found is None:
            lacking.append(name)
            continue
        study, have_mm = found
        sizes_mm.append(have_mm)
        if None not in (have_mm, config.pixel_mm) and not _same(have_mm, config.pixel_mm):
            study = at_pixel_size(study, have_mm or 1.0, config.pixel_mm or 1.0)
            scaled += 1
        studies[name] = study
    notes = []
    if left_out:
        notes.append(f"Left out by the configuration: {', '.join(left_out)}.")
    if lacking:
        notes.append(f"Without {config.source} or {config.target}: {', '.join(lacking)}.")
    if scaled:
        notes.append(f"Rescaled to pixels of {config.pixel_mm:g} mm: {scaled} studies.")
    if not studies:
        raise InputError(
            f"{folder} holds no study with {config.source} and {config.target}.",
            "Name other contrasts as source and target, or another folder.",
            "\n".join(notes),
        )
    unused = tuple(person_of(name.rsplit("/", maxsplit=1)[-1]) for name in lacking)
    pixel_mm = config.pixel_mm or _common(sizes_mm)
    return PairedStudies(studies, unused, tuple(notes), pixel_mm)


def read_paired_slices(
    path: Path, source: str, target: str, mapping: IntensityMapping = SOURCE_MAPPING
) -> tuple[PairedSlices, float | None] | None:
    """Read one prepared study.

    Returns
    -------
    slices : in the translator's range
    pixel_mm : size of its pixels; None when the file does not say
    or None when the file lacks one of the contrasts

    Raises
    ------
    InputError
        The file is damaged, not square-pixeled, constant, or of another kind.
    """
    with NpzFile(path, _MAX_STUDY_BYTES) as data:
        if source not in data or target not in data:
            return None
        first, second = data.read(source, "u", 3), data.read(target, "u", 3)
        if first.shape != second.shape or first.size == 0 or second.dtype not in _BRAIN_HIGH:
            raise InputError(
                f"{path.name} has {source} and {target} of different sizes or of a wrong type.",
                "Prepare the study again, registered, as 8- or 16-bit integers.",
            )
        packed = data.read("mask" if "mask" in data else "brainmask", "u", 1)
        if packed.dtype != np.uint8 or packed.size != math.ceil(first.size / 8):
            raise InputError(
                f"The mask of {path.name} has not the size of its slices.",
                "Prepare the study again, with one packed bit for each pixel.",
            )
        pixel_mm = _pixel_mm(data) if "spacing_mm" in data else None
    brain = np.unpackbits(packed)[: first.size].reshape(first.shape).astype(bool)
    values = first.astype(np.float32)
    try:
        limits = mapping.limits_of(values)
    except ValueError as error:
        raise InputError(
            f"{source} of {path.name} cannot be used: {error}.", "Leave the study out (left_out)."
        ) from error
    high = _BRAIN_HIGH[second.dtype] * TARGET_HEADROOM
    study = PairedSlices(
        subject=person_of(path.stem),
        source=limits.to_model(values),
        target=np.clip(second.astype(np.float32) * (2 / high) - 1, -1, 1),
        brain=brain,
    )
    return study, pixel_mm


def at_pixel_size(study: PairedSlices, have_mm: float, want_mm: float) -> PairedSlices:
    """Scale the content about the centre from one pixel size to another, on the same grid."""
    factor = want_mm / have_mm
    offset = [(length - 1) / 2 * (1 - factor) for length in study.source.shape[1:]]

    def scaled(values: npt.NDArray[np.float32], outside: float) -> npt.NDArray[np.float32]:
        matrix = np.full(2, factor)
        planes = [
            scipy.ndimage.affine_transform(
                plane, matrix, offset, order=1, mode="constant", cval=outside
            )
            for plane in values
        ]
        return np.stack(planes)

    return PairedSlices(
        study.subject,
        np.clip(scaled(study.source, -1.0), -1, 1),
        np.clip(scaled(study.target, -1.0), -1, 1),
        scaled(study.brain.astype(np.float32), 0.0) > 0.5,
    )


def pairs_fingerprint(studies: Iterable[PairedSlices]) -> str:
    """Return the SHA-256 (hex) of pixels, masks and subjects, in the order given."""
    digest = hashlib.sha256()
    for study in studies:
        digest.update(f"{study.subject} {study.source.shape}\n".encode())
        for values in (study.source, study.target):
            digest.update(np.ascontiguousarray(values, "<f4").data)
        digest.update(np.packbits(study.brain).data)
    return digest.hexdigest()


def _study_files(folder: Path, subfolders: Sequence[str]) -> list[Path]:
    if not subfolders:
        return sorted(folder.rglob("*.npz"))
    files: list[Path] = []
    for name in subfolders:
        inner = (folder / name).resolve()
        if not inner.is_relative_to(folder.resolve()):
            raise InputError(
                f"The sub-folder {name} lies outside of {folder}.", "Correct the list subfolders."
            )
        require_folder(folder / name)
        files += sorted((folder / name).glob("*.npz"))
    return files


def _pixel_mm(data: NpzFile) -> float:
    spacing = data.read("spacing_mm", "f", 1)
    rows_mm, columns_mm = (float(mm) for mm in spacing[-2:]) if spacing.size >= 2 else (0.0, 1.0)
    if not _same(rows_mm, columns_mm) or not 0 < rows_mm < 100:
        raise InputError(
            f"The pixels of {data.path.name} are not square: {rows_mm:g} x {columns_mm:g} mm.",
            "Prepare the study again with square pixels.",
        )
    return rows_mm


def _common(sizes_mm: Sequence[float | None]) -> float | None:
    first = sizes_mm[0]
    return first if all(_same(first, size) for size in sizes_mm) else None


def _same(first: float | None, second: float | None) -> bool:
    return first is not None and second is not None and abs(first - second) <= _SAME_MM
