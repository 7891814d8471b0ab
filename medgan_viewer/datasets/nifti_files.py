"""Slices of NIfTI volumes, cut in one plane and turned as radiologists look at it."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK

from medgan_viewer.datasets.collection import ImageCollection, WholeSet, require_folder
from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.datasets.images import IntensityHandling
from medgan_viewer.datasets.intensity import FloatArray, limits_of, sample_of, to_pixels
from medgan_viewer.datasets.label_table import LabelledFile
from medgan_viewer.datasets.picture_files import labelled_files
from medgan_viewer.datasets.scaling import centre_square, square_edge_mm
from medgan_viewer.dicom.synthetic_marks import TITLE
from medgan_viewer.errors import InputError

SUFFIXES = (".nii", ".nii.gz")
MAX_VOXELS = 1 << 29  # 2 GiB as float32
_NOTES_KEY = "ITK_FileNotes"  # "descrip" of the header, where our export writes its mark


def read_volumes(config: DataConfig, folder: Path, side: int) -> WholeSet:
    """Read the slices of all volumes of a folder, each cut to its centre square and scaled.

    Volumes that our export marked as synthetic, and slices of one value, are skipped.

    Raises
    ------
    InputError
        The folder, its table or one of its volumes cannot be used; the text says which.
    """
    folder = require_folder(folder)
    collection = ImageCollection(folder, side)
    intensity = config.intensity.handling()
    for file in labelled_files(config, folder, SUFFIXES, collection):
        _add(collection, file, intensity, config)
    return collection.finish(config.label_names, intensity, config.modality)


def chosen_slices(count: int, config: DataConfig) -> range:
    """Return the 0-based slices of a stack that slice_from, slice_to and slice_step choose.

    At least one is chosen: the one in the middle when the part is thinner than a slice.
    """
    first, end = math.floor(config.slice_from * count), math.ceil(config.slice_to * count)
    middle = min(max((first + end) // 2, 0), count - 1)
    return range(first, end, config.slice_step) or range(middle, middle + 1)


def _add(
    collection: ImageCollection,
    file: LabelledFile,
    intensity: IntensityHandling,
    config: DataConfig,
) -> None:
    image = _read(file.path, file.name)
    if image is None:
        collection.skip(file.name, "a synthetic volume, which no model is trained on")
        return
    stored: npt.NDArray[Any] = SimpleITK.GetArrayFromImage(image)
    values = np.nan_to_num(stored.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    # Signed integers have no range that could sensibly become black to white.
    is_unsigned = stored.dtype in (np.uint8, np.uint16)
    whole = (0.0, float(np.iinfo(stored.dtype).max)) if is_unsigned else None
    bits, is_deep = _depth_of(stored), stored.dtype.itemsize > 1
    planes, row_mm, column_mm = _planes(values, image.GetSpacing(), config.plane)
    chosen = chosen_slices(len(planes), config)
    sample = np.concatenate([sample_of(planes[index]) for index in chosen])
    limits = limits_of(intensity, sample, whole, file.name)
    edge = square_edge_mm(planes.shape[1], planes.shape[2], row_mm, column_mm)
    for index in chosen:
        plane = np.ascontiguousarray(planes[index])
        if plane.min() == plane.max():
            collection.skip(f"slice {index + 1} of {file.name}", "it has the same value everywhere")
            continue
        scaled = centre_square(plane, collection.side, row_mm, column_mm)
        collection.add(
            to_pixels(scaled.astype(np.float32, copy=False), limits, deep=is_deep),
            label=file.label,
            patient=file.patient,
            bits=bits,
            spacing_mm=edge / collection.side,
        )


def _read(path: Path, name: str) -> Any:
    """Return the SimpleITK image with the axes of LPS, or None for one marked as synthetic."""
    itk: Any = SimpleITK  # whose functions carry no types
    reader = itk.ImageFileReader()
    reader.SetImageIO("NiftiImageIO")
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        size = reader.GetSize()
        if len(size) != 3 or reader.GetNumberOfComponents() != 1:
            what = "color or vectors" if len(size) == 3 else f"{len(size)} dimensions"
            raise InputError(f"{name} has {what}.", "Give gray volumes of three dimensions.")
        if math.prod(size) > MAX_VOXELS:
            raise InputError(
                f"{name} says it has {math.prod(size):,} voxels, more than {MAX_VOXELS:,}.",
                "Remove the file from the data, or cut it into smaller ones.",
            )
        if reader.HasMetaDataKey(_NOTES_KEY) and TITLE in reader.GetMetaData(_NOTES_KEY):
            return None
        _require_all_bytes(path, name, reader)
        return itk.DICOMOrient(reader.Execute(), "LPS")
    except RuntimeError as error:  # of ITK
        raise InputError(
            f"{name} is damaged or no NIfTI volume.",
            "Replace the file, or remove it from the data.",
            str(error),
        ) from error


def _require_all_bytes(path: Path, name: str, reader: Any) -> None:
    """Raise InputError when the file ends before its voxels, which ITK does not mind."""
    voxel_bytes = int(reader.GetMetaData("bitpix")) // 8
    wanted = (
        int(float(reader.GetMetaData("vox_offset"))) + math.prod(reader.GetSize()) * voxel_bytes
    )
    found = path.stat().st_size
    details = ""
    if name.lower().endswith(".gz"):
        try:
            with gzip.open(path) as stream:
                found = stream.seek(wanted)
        except (OSError, EOFError, zlib.error) as error:
            found, details = 0, f"{type(error).__name__}: {error}"
    if found < wanted:
        raise InputError(
            f"{name} is damaged: it ends before its voxels do.",
            "Replace the file, or remove it from the data.",
            details,
        )


def _depth_of(stored: npt.NDArray[Any]) -> int:
    """Return the bits that the values of a volume take, at most 16."""
    if stored.dtype.kind == "f":
        return 16
    span = int(stored.max()) - int(stored.min())
    return 8 if stored.dtype.itemsize == 1 else min(max(span.bit_length(), 1), 16)


def _planes(
    values: FloatArray, spacing: tuple[float, float, float], plane: str
) -> tuple[FloatArray, float, float]:
    """Return (slices, rows, columns) with row and column distance in mm.

    Parameters
    ----------
    values : (S, P, L): towards head, back and left of the patient
    spacing : in mm along L, P and S
    """
    left_mm, back_mm, head_mm = spacing
    if plane == "axial":
        return values, back_mm, left_mm
    if plane == "coronal":
        return values[::-1].transpose(1, 0, 2), head_mm, left_mm
    return values[::-1].transpose(2, 0, 1), head_mm, back_mm
