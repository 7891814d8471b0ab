"""What a tile is for, how it looks at its image, and what its corners say: frozen, without Qt."""

from dataclasses import dataclass
from enum import Enum

from medgan_viewer.imaging.turn import UPRIGHT, Turn

ZOOM_RANGE = (0.1, 40.0)


class Role(Enum):
    """What a tile is for."""

    ACQUIRED = "acquired"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class View:
    """How a tile looks at its image.

    Attributes
    ----------
    zoom : 1 fits the whole image into the tile
    pan : the image point in the middle of the tile, as a part of the image from its centre,
        (towards higher columns, towards higher rows); (0, 0) is the middle of the image
    turn : rotation and mirroring on the screen
    """

    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)
    turn: Turn = UPRIGHT


@dataclass(frozen=True, slots=True)
class Caption:
    """Who and what a tile shows, for its corners.

    Attributes
    ----------
    identity : patient name, id, study date; hidden by the privacy key
    title : modality and series
    order_rule : how the stack was ordered
    badge : what is wrong with the stack's geometry; empty when nothing is
    patient : tells patients apart, never shown; empty where there is none or the file does not say
    space : Frame of Reference UID; empty where the file does not say
    is_synthetic : the file itself says so; its patient may be an invented one
    """

    identity: tuple[str, ...] = ()
    title: str = ""
    order_rule: str = ""
    badge: str = ""
    patient: str = ""
    space: str = ""
    is_synthetic: bool = False
