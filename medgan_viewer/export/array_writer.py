"""A frame's modality values to .npy, with a JSON file that carries the marks and the recipe."""

from pathlib import Path

import numpy as np

from medgan_viewer.export.marks import ImageFacts, marks_json, sidecar_path
from medgan_viewer.export.target import check_target
from medgan_viewer.files import write_atomically
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing


def write_array(
    frame: PixelFrame,
    path: Path,
    *,
    overwrite: bool = False,
    source_paths: tuple[Path, ...] = (),
) -> None:
    """Write (rows, columns) float32 modality values, or (rows, columns, 3) uint8 RGB.

    Parameters
    ----------
    path : ends in .npy; "<name>.npy.json" is written beside it, and first, so that the array never
        stands there without its marks
    source_paths : opened files and folders, into which nothing is written

    Raises
    ------
    InputError
        One of the two files may not be written.
    """
    sidecar = sidecar_path(path)
    for target in (path, sidecar):
        check_target(target, overwrite=overwrite, source_paths=source_paths)
    values = frame.stored if frame.is_color else frame.modality_values()
    facts = ImageFacts(frame.unit, values.shape, str(values.dtype), spacing_text(frame.spacing))
    write_atomically(sidecar, marks_json(frame.provenance, facts).encode())
    write_atomically(path, lambda stream: np.save(stream, values, allow_pickle=False))


def spacing_text(spacing: PixelSpacing | None) -> str:
    """Return row and column spacing with its source, or "px"."""
    if spacing is None:
        return "px"
    source = spacing.source.value
    remark = "" if source == "mm" else f" ({source})"
    return f"{spacing.row_mm:g} x {spacing.column_mm:g} mm{remark}"
