"""The centre square of a picture, scaled to the side of a network."""

import numpy as np
import numpy.typing as npt
from PIL import Image


def centre_square(
    values: npt.NDArray[np.float32] | npt.NDArray[np.uint8],
    side: int,
    row_mm: float = 1.0,
    column_mm: float = 1.0,
) -> npt.NDArray[np.float32] | npt.NDArray[np.uint8]:
    """Cut the largest centred square, square in the patient, and scale it with Lanczos' kernel.

    Parameters
    ----------
    values : (rows, columns); uint8 stays uint8
    row_mm, column_mm : distance of rows and of columns; only their ratio counts

    Returns
    -------
    (side, side), of the type of `values`
    """
    rows, columns = values.shape
    edge = square_edge_mm(rows, columns, row_mm, column_mm)
    high, wide = edge / row_mm, edge / column_mm  # in pixels
    box = ((columns - wide) / 2, (rows - high) / 2, (columns + wide) / 2, (rows + high) / 2)
    scaled = Image.fromarray(values).resize((side, side), Image.Resampling.LANCZOS, box)
    return np.asarray(scaled)


def square_edge_mm(rows: int, columns: int, row_mm: float, column_mm: float) -> float:
    """Return the edge of the largest square in a plane, in the unit of the distances."""
    return min(rows * row_mm, columns * column_mm)
