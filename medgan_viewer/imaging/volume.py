"""Volume: the slices of a regular stack as one array with its place in the patient."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.frame import PaddingRange, Provenance
from medgan_viewer.imaging.modality import FloatArray, Rescale


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Gray values on a regular grid.

    Attributes
    ----------
    values : (slices, rows, columns); the files' integer type when all slices share `rescale`, else
        float32 modality values with an identity rescale; made read-only
    rescale : turns `values` into modality values
    affine : (4, 4) float64, index (column, row, slice, 1) to LPS position in mm
    modality : DICOM's modality code
    frame_of_reference_uid : positions of two volumes compare only where it is equal
    inverted : smallest value is white
    padding : values outside the image, if the files name them; on `values`
    provenance : None only when every slice was acquired
    notes : short remarks, such as slices that were interpolated
    """

    values: npt.NDArray[np.generic]
    rescale: Rescale
    affine: npt.NDArray[np.float64]
    modality: str = ""
    frame_of_reference_uid: str = ""
    inverted: bool = False
    padding: PaddingRange | None = None
    provenance: Provenance | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or 0 in self.values.shape:
            raise ValueError(f"values must be (slices, rows, columns), got {self.values.shape}")
        if self.affine.shape != (4, 4):
            raise ValueError(f"affine must be (4, 4), got {self.affine.shape}")
        self.values.setflags(write=False)
        self.affine.setflags(write=False)

    @property
    def is_synthetic(self) -> bool:
        return self.provenance is not None

    @property
    def unit(self) -> str:
        """Unit of the modality values; a simulated one says so."""
        unit = self.rescale.unit
        return f"{unit} (simulated)" if unit and self.is_synthetic else unit

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance of neighbouring (slices, rows, columns)."""
        column, row, step = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(step), float(row), float(column)

    def modality_values(self) -> FloatArray:
        """Return a new float32 array in `unit`."""
        return self.rescale.apply(self.values)

    def to_patient(self, column: float, row: float, slice_index: float) -> npt.NDArray[np.float64]:
        """Return the LPS position in mm of a 0-based, possibly fractional voxel."""
        position: npt.NDArray[np.float64] = self.affine @ (column, row, slice_index, 1.0)
        return position[:3]
