"""Turn: how an image is mirrored and rotated on the screen, in one of eight ways; edge letters."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.geometry import PlaneGeometry, orientation_letters


@dataclass(frozen=True, slots=True)
class Turn:
    """Mirrored left to right or not, then rotated clockwise, as the user sees it.

    Attributes
    ----------
    quarter_turns : 0 to 3, clockwise
    is_mirrored : columns run from right to left before the rotation
    """

    quarter_turns: int = 0
    is_mirrored: bool = False

    def __post_init__(self) -> None:
        if self.quarter_turns not in range(4):
            raise ValueError(f"quarter_turns must be 0 to 3, got {self.quarter_turns}")

    @property
    def swaps_axes(self) -> bool:
        """Rows of the image run from top to bottom of the screen."""
        return self.quarter_turns % 2 == 1

    @property
    def matrix(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Screen (right, down) from image (column, row) directions; orthogonal."""
        cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[self.quarter_turns]
        sign = -1 if self.is_mirrored else 1
        return ((sign * cosine, -sine), (sign * sine, cosine))

    @property
    def text(self) -> str:
        """What was done to the image, for its corner; empty when nothing was."""
        if self == Turn(2, is_mirrored=True):
            return "flipped vertically"
        parts = []
        if self.is_mirrored:
            parts.append("flipped horizontally")
        if self.quarter_turns:
            parts.append(f"rotated {90 * self.quarter_turns}°")
        return ", ".join(parts)

    def rotated(self, quarter_turns: int) -> "Turn":
        """Return this turn followed by a clockwise rotation; negative numbers go back."""
        return replace(self, quarter_turns=(self.quarter_turns + quarter_turns) % 4)

    def flipped_horizontally(self) -> "Turn":
        """Return this turn with left and right of the screen exchanged."""
        return Turn(-self.quarter_turns % 4, not self.is_mirrored)

    def flipped_vertically(self) -> "Turn":
        """Return this turn with top and bottom of the screen exchanged."""
        return Turn((2 - self.quarter_turns) % 4, not self.is_mirrored)

    def to_screen(self, across: float, down: float) -> tuple[float, float]:
        """Return the (right, down) vector on the screen of an image vector of equal unit."""
        (a, b), (c, d) = self.matrix
        return a * across + b * down, c * across + d * down

    def to_image(self, right: float, down: float) -> tuple[float, float]:
        """Return the (along columns, along rows) vector of a screen vector."""
        (a, b), (c, d) = self.matrix
        return a * right + c * down, b * right + d * down

    def apply(self, pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a view of (rows, columns, ...) pixels as they lie on the screen."""
        mirrored = pixels[:, ::-1] if self.is_mirrored else pixels
        return np.rot90(mirrored, -self.quarter_turns)


UPRIGHT = Turn()


@dataclass(frozen=True, slots=True)
class EdgeLetters:
    """The side of the patient at each edge of the screen; empty where it is not known."""

    left: str = ""
    right: str = ""
    top: str = ""
    bottom: str = ""


def edge_letters(geometry: PlaneGeometry | None, turn: Turn) -> EdgeLetters:
    """Name the patient sides at the four edges of an image shown with `turn`."""
    if geometry is None:
        return EdgeLetters()
    row, column = np.asarray(geometry.row_direction), np.asarray(geometry.column_direction)

    def letters(right: int, down: int) -> str:
        across, along = turn.to_image(right, down)
        return orientation_letters(row * across + column * along)

    return EdgeLetters(
        left=letters(-1, 0), right=letters(1, 0), top=letters(0, -1), bottom=letters(0, 1)
    )


def fit_scale(
    area: tuple[float, float], columns: int, rows: int, aspect: float, turn: Turn = UPRIGHT
) -> float:
    """Return the screen pixels per image column with which a turned image just fits.

    Parameters
    ----------
    area : (width, height) of the room in screen pixels
    aspect : height of a pixel divided by its width
    """
    wide, high = float(columns), rows * aspect
    if turn.swaps_axes:
        wide, high = high, wide
    return max(min(area[0] / wide, area[1] / high), 1e-6)
