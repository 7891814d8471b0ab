"""A volume to NIfTI in modality values, with a JSON file that carries the marks and the recipe."""

import shutil
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import SimpleITK

from medgan_viewer.dicom.synthetic_marks import TITLE
from medgan_viewer.errors import InputError
from medgan_viewer.export.marks import ImageFacts, marks_json, sidecar_path
from medgan_viewer.export.target import check_target
from medgan_viewer.files import write_atomically
from medgan_viewer.imaging.volume import Volume

_SKEW_TOLERANCE = 1e-4
_DESCRIPTION_BYTES = 79  # of the header's "descrip", without its closing zero


def write_nifti(
    volume: Volume,
    path: Path,
    *,
    overwrite: bool = False,
    source_paths: tuple[Path, ...] = (),
) -> None:
    """Write a volume with its place in the patient.

    Values are those of the modality, as integers where they are whole numbers, so that no program
    has to know of a rescale.

    Parameters
    ----------
    path : ends in .nii or .nii.gz; "<name>.json" is written beside it, and first, so that the
        volume never stands there without its marks
    source_paths : opened files and folders, into which nothing is written

    Raises
    ------
    InputError
        One of the two files may not be written, or the axes of the volume are not perpendicular.
    """
    if not path.name.endswith((".nii", ".nii.gz")):
        raise ValueError(f"a NIfTI file ends in .nii or .nii.gz, got {path.name}")
    sidecar = sidecar_path(path)
    for target in (path, sidecar):
        check_target(target, overwrite=overwrite, source_paths=source_paths)
    values = _whole_numbers(volume)
    image = _image_of(volume, values)
    step_mm, row_mm, column_mm = volume.spacing_mm
    spacing = f"{step_mm:g} x {row_mm:g} x {column_mm:g} mm"
    facts = ImageFacts(volume.unit, values.shape, str(values.dtype), spacing, volume.notes)
    write_atomically(sidecar, marks_json(volume.provenance, facts).encode())
    with tempfile.TemporaryDirectory() as folder:  # the library writes to names only
        written = Path(folder) / path.name
        SimpleITK.WriteImage(image, str(written))
        write_atomically(path, lambda stream: _copy(written, stream))


def _whole_numbers(volume: Volume) -> npt.NDArray[np.generic]:
    """Return modality values in an integer type if they are whole and fit one, else float32."""
    rescale = volume.rescale
    if volume.values.dtype.kind not in "iu":
        return volume.modality_values()
    if rescale.is_identity:
        return volume.values
    if rescale.slope == 1 and float(rescale.intercept).is_integer():
        moved = volume.values.astype(np.int64) + int(rescale.intercept)
        limits = np.iinfo(np.int16)
        if limits.min <= moved.min() and moved.max() <= limits.max:
            return moved.astype(np.int16)
    return volume.modality_values()


def _image_of(volume: Volume, values: npt.NDArray[np.generic]) -> Any:
    axes = volume.affine[:3, :3]
    lengths = np.linalg.norm(axes, axis=0)
    directions = axes / lengths
    if not np.allclose(directions.T @ directions, np.eye(3), atol=_SKEW_TOLERANCE):
        raise InputError(
            problem="The slices of this volume are shifted against each other, which NIfTI "
            "programs do not read alike.",
            action="Export the series as DICOM instead.",
        )
    image: Any = SimpleITK.GetImageFromArray(values)  # whose methods carry no types
    image.SetSpacing(lengths.tolist())
    image.SetDirection(directions.ravel().tolist())
    image.SetOrigin(volume.affine[:3, 3].tolist())
    if volume.provenance is not None:
        text = f"{TITLE} - {volume.provenance.model_name}"
        description = text.encode("ascii", "replace")[:_DESCRIPTION_BYTES].decode()
        image.SetMetaData("ITK_FileNotes", description)
    return image


def _copy(source: Path, stream: BinaryIO) -> None:
    with source.open("rb") as written:
        shutil.copyfileobj(written, stream)
