"""The word SYNTHETIC inside the pixels: corner text, and the amber bar of exported pictures.

Drawn with a bitmap font of our own, so that the same frame gets the same label everywhere and an
exported image can be compared with a newly made one, label included.
"""

from dataclasses import replace
from math import ceil

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from medgan_viewer.imaging.display import default_voi
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.voi import Voi, apply_voi

Mask = npt.NDArray[np.bool_]

AMBER = (255, 176, 0)  # RGB; means SYNTHETIC and nothing else
BLACK = (0, 0, 0)
WORD = "SYNTHETIC"

_GLYPH_ROWS = 7
_ADVANCE = 6  # five columns and a gap
_MARGIN = 1
_SMALLEST_SHARE = 0.03  # of the height of the image

# 16 glyphs of 5 x 7 side by side, in the order of the line above them.
_FONT_SHEETS = (
    (
        "ABCDEFGHIJKLMNOP",
        """
 ###  ####   ###  ####  ##### #####  ###  #   #  ###    ### #   # #     #   # #   #  ###  ####
#   # #   # #   # #   # #     #     #   # #   #   #      #  #  #  #     ## ## ##  # #   # #   #
#   # #   # #     #   # #     #     #     #   #   #      #  # #   #     # # # # # # #   # #   #
##### ####  #     #   # ####  ####  # ### #####   #      #  ##    #     # # # #  ## #   # ####
#   # #   # #     #   # #     #     #   # #   #   #      #  # #   #     #   # #   # #   # #
#   # #   # #   # #   # #     #     #   # #   #   #   #  #  #  #  #     #   # #   # #   # #
#   # ####   ###  ####  ##### #      #### #   #  ###   ##   #   # ##### #   # #   #  ###  #
""",
    ),
    (
        "QRSTUVWXYZ012345",
        """
 ###  ####   #### ##### #   # #   # #   # #   # #   # #####  ###    #    ###  #####    #  #####
#   # #   # #       #   #   # #   # #   # #   # #   #     # #   #  ##   #   #    #    ##  #
#   # #   # #       #   #   # #   # #   #  # #  #   #    #  #  ##   #       #   #    # #  ####
#   # ####   ###    #   #   # #   # # # #   #    # #    #   # # #   #      #     #  #  #      #
# # # # #       #   #   #   # #   # # # #  # #    #    #    ##  #   #     #       # #####     #
#  #  #  #      #   #   #   #  # #  ## ## #   #   #   #     #   #   #    #    #   #    #  #   #
 ## # #   # ####    #    ###    #   #   # #   #   #   #####  ###   ###  #####  ###     #   ###
""",
    ),
    (
        "6789.-:/%+=(),_·",
        """
  ##  #####  ###   ###                          ##                   #   #
 #        # #   # #   #             ##       #  ##  #   #           #     #
#        #  #   # #   #             ##      #      #    #   #####  #       #
####    #    ###   ####       #####        #      #   #####        #       #               ##
#   #  #    #   #     #             ##    #      #      #   #####  #       #    ##         ##
#   #  #    #   #    #   ##         ##   #      #  ##   #           #     #     ##
 ###   #     ###   ##    ##                        ##                #   #     #   #####
""",
    ),
)


def _read_sheets() -> dict[str, Mask]:
    glyphs = {" ": np.zeros((_GLYPH_ROWS, _ADVANCE), dtype=bool)}
    for characters, art in _FONT_SHEETS:
        lines = [line.ljust(len(characters) * _ADVANCE) for line in art.strip("\n").split("\n")]
        sheet = np.array([[sign == "#" for sign in line] for line in lines])
        for k, character in enumerate(characters):
            glyphs[character] = sheet[:, k * _ADVANCE : (k + 1) * _ADVANCE]
    return glyphs


_GLYPHS = _read_sheets()


def label_lines(frame: PixelFrame) -> tuple[str, str]:
    """Return the two lines of the label: the word, then generator and summary."""
    if frame.provenance is None:
        raise ValueError("an acquired image gets no label")
    return WORD, f"{frame.provenance.model_name} {frame.provenance.summary}".strip()


def burn_label(frame: PixelFrame) -> PixelFrame:
    """Return the frame with its label in the top left corner of the stored values.

    Gray frames take the stored values that the default view shows as white and black, so that the
    label changes no window; color frames take amber and black. The same frame gets the same label.

    Raises
    ------
    ValueError
        The frame is acquired, or its stored values are wider than 16 bits or not integers.
    """
    lines = label_lines(frame)
    if frame.is_color:
        return replace(frame, stored=draw_label(frame.stored.astype(np.uint8), "\n".join(lines)))
    if frame.stored.dtype.kind not in "iu" or frame.stored.dtype.itemsize > 2:
        raise ValueError(f"no label fits {frame.stored.dtype} stored values")
    black, white = _shown_extremes(frame, default_voi(frame))
    ink, outline = _label_masks(frame.rows, frame.columns, lines)
    stored = frame.stored.copy()
    stored[outline] = black
    stored[ink] = white
    return replace(frame, stored=stored)


def draw_label(pixels: npt.NDArray[np.uint8], text: str) -> npt.NDArray[np.uint8]:
    """Return a copy with an outlined label in the top left corner.

    Parameters
    ----------
    pixels : (rows, columns) gray or (rows, columns, 3) RGB
    text : up to two lines; the second is smaller and cut where the image ends

    Notes
    -----
    The first line is at least 3 % of the height and 7 pixels high. Where it does not fit the width
    it loses its last letters: "SYN" from 20 columns on.
    """
    rows, columns = pixels.shape[:2]
    ink, outline = _label_masks(rows, columns, tuple(text.split("\n", 1)))
    labelled = pixels.copy()
    labelled[outline] = 0
    labelled[ink] = AMBER if pixels.ndim == 3 else 255
    return labelled


def draw_bar(pixels: npt.NDArray[np.uint8], text: str) -> npt.NDArray[np.uint8]:
    """Return an RGB copy whose top rows are an amber bar with `text` and a hatched lower edge.

    Parameters
    ----------
    pixels : (rows, columns) gray or (rows, columns, 3) RGB
    text : one or two lines; the second follows the first, smaller, as far as there is room
    """
    bar = np.stack([pixels] * 3, axis=2) if pixels.ndim == 2 else pixels.copy()
    rows, columns = bar.shape[:2]
    scale = _scale_for(rows, columns)
    height = min((_GLYPH_ROWS + 4) * scale, rows)
    bar[:height] = AMBER
    row, column = np.ogrid[:height, :columns]
    hatched = (row >= height - scale) & ((row + column) // (2 * scale) % 2 == 0)
    bar[:height][hatched] = BLACK
    word, _, remark = text.partition("\n")
    ink = np.zeros((rows, columns), dtype=bool)
    top, left, small = 1 + scale // 2, 2 * scale, max(1, scale // 2)
    _place(ink, word, top, left, scale)
    left += (len(word) + 1) * _ADVANCE * scale
    _place(ink, remark, top + _GLYPH_ROWS * (scale - small) // 2, left, small)
    bar[ink] = BLACK
    return bar


def _shown_extremes(frame: PixelFrame, voi: Voi) -> tuple[int, int]:
    """Return the stored values nearest to each other that show as darkest and as brightest."""
    limits = np.iinfo(frame.stored.dtype)
    low, high = int(limits.min), int(limits.max)
    if frame.bits_stored < limits.bits:
        unused = limits.bits - frame.bits_stored
        low, high = low >> unused, high >> unused
    stored = np.arange(low, high + 1, dtype=frame.stored.dtype)
    gray = np.rint(apply_voi(frame.transform.apply(stored), voi))
    if frame.inverted:
        gray = 255 - gray
    darkest, brightest = np.flatnonzero(gray == gray.min()), np.flatnonzero(gray == gray.max())
    black = darkest[np.argmin(np.abs(darkest - brightest[0]))]
    white = brightest[np.argmin(np.abs(brightest - black))]
    return int(stored[black]), int(stored[white])


def _label_masks(rows: int, columns: int, lines: tuple[str, ...]) -> tuple[Mask, Mask]:
    """Return where the text and where its outline (with the text) lie."""
    scale = _scale_for(rows, columns)
    small = max(1, scale // 2)
    ink = np.zeros((rows, columns), dtype=bool)
    top = _MARGIN + small
    _place(ink, lines[0], top, top, scale)
    if len(lines) > 1:
        _place(ink, lines[1], top + (_GLYPH_ROWS + 2) * scale, top, small)
    outline = ndimage.binary_dilation(ink, np.ones((3, 3), dtype=bool), iterations=small)
    return ink, outline


def _scale_for(rows: int, columns: int) -> int:
    """Return how many pixels make a dot of the font, so that the word is tall enough and fits."""
    wanted = max(1, ceil(_SMALLEST_SHARE * rows / _GLYPH_ROWS))
    room = (columns - 4 * _MARGIN) // (len(WORD) * _ADVANCE)
    return max(1, min(wanted, room))


def _place(ink: Mask, text: str, top: int, left: int, scale: int) -> None:
    """Set the dots of a text in `ink`, whole letters only; what leaves the image is cut."""
    letters = max(0, ink.shape[1] - left) // (_ADVANCE * scale)
    glyphs = [_GLYPHS.get(character, _GLYPHS[" "]) for character in text.upper()[:letters]]
    if not glyphs:
        return
    dots = np.kron(np.hstack(glyphs), np.ones((scale, scale), dtype=bool))
    part = ink[top : top + dots.shape[0], left : left + dots.shape[1]]
    part |= dots[: part.shape[0], : part.shape[1]]
