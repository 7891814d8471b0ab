"""Color maps: named tables of 256 RGB entries; one for grays, one for signed differences."""

from functools import cache

import numpy as np
import numpy.typing as npt

ColorTable = npt.NDArray[np.uint8]

# Anchor colors, evenly spaced. Amber is left out on purpose: on screen it means SYNTHETIC.
_ANCHORS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "gray": ((0, 0, 0), (255, 255, 255)),
    # Dark in the middle, so that "no difference" recedes; equal lightness on both sides.
    "difference": ((178, 218, 255), (42, 118, 214), (16, 16, 18), (200, 62, 92), (255, 200, 208)),
    "ice": ((0, 0, 0), (18, 44, 108), (36, 120, 172), (120, 200, 214), (240, 252, 255)),
    "spectrum": (
        (0, 0, 0),
        (64, 20, 140),
        (24, 92, 214),
        (22, 168, 168),
        (96, 216, 96),
        (240, 255, 224),
    ),
    "magnitude": ((0, 0, 0), (44, 27, 92), (122, 40, 118), (206, 78, 110), (250, 232, 236)),
}


# What a user may put over a gray image; none of them holds amber.
OVER_IMAGES = {
    "gray": "Gray",
    "magnitude": "Purple to rose",
    "ice": "Blue to white",
    "spectrum": "Spectrum",
}


def names() -> tuple[str, ...]:
    """Return the names that `table` knows."""
    return tuple(_ANCHORS)


@cache
def table(name: str) -> ColorTable:
    """Return the (256, 3) uint8 table of a map; KeyError for an unknown name."""
    anchors = np.asarray(_ANCHORS[name], dtype=np.float64)
    positions = np.linspace(0, 255, len(anchors))
    channels = [np.interp(np.arange(256), positions, anchors[:, k]) for k in range(3)]
    colors = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    colors.setflags(write=False)
    return colors
