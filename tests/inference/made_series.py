"""Source series made of a formula: gray values by their place in the patient."""

from collections.abc import Callable

import numpy as np

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.volume import Volume
from medgan_viewer.inference.series_job import SourceSeries
from medgan_viewer.inference.volume_grid import plane_affine

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
CORONAL = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0))
SAGITTAL = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))


def positions_of(geometry: PlaneGeometry, rows: int, columns: int) -> np.ndarray:
    """Return the place in the patient of every pixel, (rows, columns, 3) LPS mm."""
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    pixels = np.stack([column, row, np.zeros_like(row), np.ones_like(row)], axis=-1)
    return (pixels @ plane_affine(geometry).T)[..., :3]


def make_series(
    value_at: Callable[[np.ndarray], np.ndarray],
    directions: tuple[tuple[float, ...], tuple[float, ...]] = AXIAL,
    *,
    rows: int = 40,
    columns: int = 40,
    count: int = 8,
    spacing: tuple[float, float] = (1.0, 1.0),
    step_mm: float = 2.0,
    position: tuple[float, float, float] = (-20.0, -20.0, -10.0),
    **frame_fields: object,
) -> SourceSeries:
    """Return a regular stack; its middle frames are no different from its first.

    Parameters
    ----------
    value_at : gets places in the patient, (rows, columns, 3) LPS mm, gives stored values
    """
    planes = []
    for index in range(count):
        geometry = PlaneGeometry(position, *directions, PixelSpacing(*spacing), "1.2")
        place = np.asarray(position) + geometry.normal * (index * step_mm)
        planes.append(PlaneGeometry(tuple(place), *directions, PixelSpacing(*spacing), "1.2"))
    frames = [
        PixelFrame(
            np.rint(value_at(positions_of(plane, rows, columns))).astype(np.uint16),
            "MR",
            geometry=plane,
            spacing=plane.spacing,
            **frame_fields,
        )
        for plane in planes
    ]
    return SourceSeries(
        title="made series",
        planes=planes,
        uids=[f"1.2.3.{index}" for index in range(count)],
        read=lambda index: frames[index],
        build_volume=stack,
    )


def stack(frames: list[PixelFrame]) -> Volume:
    """Return the volume of a regular stack."""
    first, last = frames[0].geometry, frames[-1].geometry
    affine = plane_affine(first)
    affine[:3, 2] = np.subtract(last.position_mm, first.position_mm) / (len(frames) - 1)
    values = np.stack([frame.stored for frame in frames])
    return Volume(values, Rescale(), affine, "MR", padding=frames[0].padding)
