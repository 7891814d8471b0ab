"""Pictures (PNG, JPEG, TIFF) in a folder, labelled by a table or by sub-folders."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from medgan_viewer.datasets.collection import ImageCollection, WholeSet, require_folder
from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.datasets.file_persons import are_named, persons_of
from medgan_viewer.datasets.images import IntensityHandling, PixelArray
from medgan_viewer.datasets.intensity import limits_of, sample_of, to_pixels
from medgan_viewer.datasets.label_table import LabelledFile, read_label_table
from medgan_viewer.datasets.scaling import centre_square, square_edge_mm
from medgan_viewer.datasets.splits import is_left_out
from medgan_viewer.errors import InputError
from medgan_viewer.files import is_file

FORMATS = ("PNG", "JPEG", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
_WORDS = ("I;16", "I;16B", "I;16L", "I;16N")  # Pillow's names of 16-bit gray
_DARK_BELOW_BITS = 15
_WIDE = ("I", "F")  # 32-bit integers and real numbers

_BROKEN = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)


def read_pictures(config: DataConfig, folder: Path, side: int) -> WholeSet:
    """Read a folder of pictures, each cut to its centre square and scaled to `side`.

    Pictures that carry our mark of a synthetic image are skipped.

    Raises
    ------
    InputError
        The folder, its table or one of its pictures cannot be used; the text says which.
    """
    folder = require_folder(folder)
    collection = ImageCollection(folder, side)
    intensity = config.intensity.handling()
    deepest = 0
    for file in labelled_files(config, folder, SUFFIXES, collection):
        deepest = max(deepest, _add(collection, file, intensity, config.spacing_mm))
    if intensity.rule == "full" and 0 < deepest < _DARK_BELOW_BITS:
        collection.note(
            f"The 16-bit pictures use their lowest {deepest} bits alone and come out dark; "
            'rule = "window" under [data.intensity] makes use of all grays.'
        )
    return collection.finish(config.label_names, intensity, config.modality)


def labelled_files(
    config: DataConfig, folder: Path, suffixes: tuple[str, ...], collection: ImageCollection
) -> tuple[LabelledFile, ...]:
    """Return the files to read, by the label table or, without one, as they lie in the folder.

    Without a table the patient is read from names and folders (`file_persons.persons_of`), and a
    picture's label is the first sub-folder; volumes have none then, since BIDS has a folder per
    person.

    Raises
    ------
    InputError
        The table cannot be used, or there is none and the names tell a patient for each file.
    """
    has_table = is_file(folder / config.labels_csv)
    if config.labels == "csv" or (config.labels == "auto" and has_table):
        return read_label_table(folder, config)
    if config.blocks is not None:
        raise InputError(
            f"A split by blocks needs the label table {folder / config.labels_csv}.",
            "Add the table, or remove [data.blocks] from the configuration.",
        )
    found = [path for path in _walk(folder) if path.name.lower().endswith(suffixes)]
    by_folder = config.labels == "folders" or (config.labels == "auto" and suffixes == SUFFIXES)
    by_folder = by_folder and any(path.parent != folder for path in found)
    names = [path.relative_to(folder).as_posix() for path in found]
    labels = [name.split("/")[0] if by_folder and "/" in name else "" for name in names]
    inner = [
        name.removeprefix(f"{label}/") if label else name
        for name, label in zip(names, labels, strict=True)
    ]
    patients = names if config.one_patient_per_file else persons_of(inner)
    files = []
    for path, name, label, patient in zip(found, names, labels, patients, strict=True):
        if label in config.left_out_labels or is_left_out(patient, name, config.left_out):
            continue
        if by_folder and not _is_known(label, config):
            collection.skip(name, "lies in no sub-folder that is one of the labels")
            continue
        files.append(LabelledFile(path, name, label, patient))
    if files:
        count = len({file.patient for file in files})
        if count == len(files) > 1 and not (config.one_patient_per_file or are_named(inner)):
            raise InputError(
                f"There is no label table, and the names of {count} files tell {count} patients "
                f"({files[0].path.name} is of {files[0].patient}), so images of one person could "
                "be trained on and held out.",
                f"Add {config.labels_csv} with a column {config.patient_column}, or one folder "
                "per patient; where each file is of another patient, set one_patient_per_file = "
                "true under [data].",
            )
        collection.note(
            f"There is no label table: {count} patients for {len(files)} files were read from the "
            f"names ({files[0].path.name} is of {files[0].patient})."
        )
    return tuple(files)


def read_picture(path: Path, name: str) -> tuple[npt.NDArray[np.float32 | np.uint8], int, bool]:
    """Read one picture as gray.

    Returns
    -------
    values : (rows, columns), uint8 for files of 8 bits, otherwise float32
    bits : depth that the values use; 0 when they are no 8- or 16-bit integers
    is_synthetic : the file says that this program, or one like it, made the picture

    Raises
    ------
    InputError
        The file is no picture of a known kind, truncated, huge, or has several pages.
    """
    with _picture_errors(name), Image.open(path, formats=FORMATS) as picture:
        if getattr(picture, "n_frames", 1) > 1 and picture.format == "TIFF":
            raise InputError(
                f"{name} holds several pages.",
                "Store one image per file, or give volumes as NIfTI.",
            )
        is_synthetic = str(picture.info.get("Synthetic", "")).upper() == "YES"
        if picture.mode in _WORDS:
            words = np.asarray(picture)
            return words.astype(np.float32), max(int(words.max()).bit_length(), 1), is_synthetic
        if picture.mode in _WIDE:
            return np.asarray(picture).astype(np.float32), 0, is_synthetic
        return np.asarray(picture.convert("L")), 8, is_synthetic


def _add(
    collection: ImageCollection,
    file: LabelledFile,
    intensity: IntensityHandling,
    spacing_mm: float | None,
) -> int:
    """Add one picture; return the bits that a deep one uses, 0 for others."""
    values, bits, is_synthetic = read_picture(file.path, file.name)
    if is_synthetic:
        collection.skip(file.name, "a synthetic image, which no model is trained on")
        return 0
    rows, columns = values.shape
    side = collection.side
    is_byte = values.dtype == np.uint8
    if is_byte and intensity.rule == "full":
        pixels: PixelArray = centre_square(values.astype(np.uint8, copy=False), side).astype(
            np.uint8, copy=False
        )
    else:
        real = values.astype(np.float32, copy=False)
        whole = (0.0, 255.0) if is_byte else (0.0, 65535.0) if bits else None
        limits = limits_of(intensity, sample_of(real), whole, file.name)
        scaled = centre_square(real, side).astype(np.float32, copy=False)
        pixels = to_pixels(scaled, limits, deep=not is_byte)
    edge = square_edge_mm(rows, columns, 1.0, 1.0)
    collection.add(
        pixels,
        label=file.label,
        patient=file.patient,
        bits=bits or 16,
        spacing_mm=None if spacing_mm is None else spacing_mm * edge / side,
        order=file.order,
    )
    return 0 if is_byte else bits


def _is_known(label: str, config: DataConfig) -> bool:
    return bool(label) and (not config.label_names or label in config.label_names)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield files in order of their names; links to folders are not followed."""
    for root, folders, names in os.walk(folder):
        folders.sort()
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(root) / name for name in sorted(names) if not name.startswith("."))


@contextmanager
def _picture_errors(name: str) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on odd metadata
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (*_BROKEN, Image.DecompressionBombWarning) as error:
        is_bomb = isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning)
        reason = "is too large for a picture" if is_bomb else "is damaged or no PNG, JPEG or TIFF"
        raise InputError(
            f"{name} {reason}.",
            "Replace the file, or remove it from the data.",
            f"{type(error).__name__}: {error}",
        ) from error
