"""Contact sheets: real images above, synthetic ones below in the same layout, none of them chosen.

The synthetic half lies under an amber bar with the word and inside an amber frame, so that no cut
of it loses the mark.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medgan_viewer.datasets.images import LabelledImages
from medgan_viewer.evaluation.feature_space import FloatImages
from medgan_viewer.files import write_new
from medgan_viewer.imaging.label import AMBER, WORD, draw_bar, draw_label

Pixels = npt.NDArray[np.uint8]
Render = Callable[[int, int, int], FloatImages]

_STRIP = 12  # rows of a line of text
_GAP = 2
_FRAME = 4


@dataclass(frozen=True, slots=True, eq=False)
class SheetRow:
    """A line of images of one kind.

    Attributes
    ----------
    title : stands above the line
    images : (n, rows, columns) in [-1, 1]
    """

    title: str
    images: FloatImages


def random_rows(images: LabelledImages, per_label: int, seed: int) -> list[SheetRow]:
    """Return `per_label` random images of each label that has some; one line without labels."""
    random = np.random.default_rng(seed)
    rows = []
    for label, name in enumerate(images.label_names or ("",)):
        members = np.flatnonzero(images.labels == label)
        if members.size:
            chosen = random.choice(members, min(per_label, members.size), replace=False)
            rows.append(SheetRow(name, images.values(chosen)))
    return rows


def rendered_rows(
    render: Render, label_names: Sequence[str], per_label: int, first_seed: int = 0
) -> list[SheetRow]:
    """Return the samples of the first seeds of each label."""
    return [
        SheetRow(name, np.clip(render(label, per_label, first_seed), -1, 1))
        for label, name in enumerate(label_names or ("",))
    ]


def contact_sheet(
    real: Sequence[SheetRow], synthetic: Sequence[SheetRow], *, model: str, remark: str
) -> Pixels:
    """Return (rows, columns, 3) with the real images above and the synthetic ones below.

    Parameters
    ----------
    remark : how the images were drawn ("random, seed 0"); stands over both halves
    """
    width = max(_width(real), _width(synthetic))
    upper = _framed(np.vstack([_strip(f"REAL, HELD OUT - {remark}", width), _grid(real, width)]), 0)
    return np.vstack([upper, _synthetic_half(synthetic, width, model, remark)])


def synthetic_sheet(synthetic: Sequence[SheetRow], *, model: str, remark: str) -> Pixels:
    """Return (rows, columns, 3) with synthetic images alone, for a model card."""
    return _synthetic_half(synthetic, _width(synthetic), model, remark)


def png_of(pixels: Pixels, facts: Mapping[str, str]) -> bytes:
    """Return a PNG that says Synthetic: YES and `facts` in its text."""
    texts = PngInfo()
    for key, value in {"Synthetic": "YES", **facts}.items():
        texts.add_text(key, value)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=texts, optimize=True)
    return buffer.getvalue()


def write_sheet(
    path: Path, pixels: Pixels, facts: Mapping[str, str], *, overwrite: bool = False
) -> None:
    """Write a sheet as PNG.

    Raises
    ------
    InputError
        The file exists and may not be replaced, or cannot be written.
    """
    write_new(path, png_of(pixels, facts), overwrite=overwrite)


def _synthetic_half(
    rows: Sequence[SheetRow], width: int, model: str, remark: str
) -> npt.NDArray[np.uint8]:
    grid = _grid(rows, width)
    # The bar is a part of the height of what it stands on.
    drawn = draw_bar(np.zeros_like(grid), f"{WORD}\n{model} - {remark}")
    bar = drawn[: int(drawn.any(axis=(1, 2)).sum())]
    return _framed(np.vstack([bar, np.stack([grid] * 3, axis=2)]), AMBER)


def _grid(rows: Sequence[SheetRow], width: int) -> Pixels:
    """Lay lines of images out below one another, each under its title."""
    parts = []
    for row in rows:
        count, height, columns = row.images.shape
        line = np.zeros((height + _GAP, width), np.uint8)
        gray = np.rint(np.clip(row.images, -1, 1) * 127.5 + 127.5).astype(np.uint8)
        for index in range(count):
            left = index * (columns + _GAP)
            line[:height, left : left + columns] = gray[index]
        parts += [_strip(row.title, width), line] if row.title else [line]
    return np.vstack(parts)


def _width(rows: Sequence[SheetRow]) -> int:
    return max(len(row.images) * (int(row.images.shape[2]) + _GAP) for row in rows)


def _strip(text: str, width: int) -> Pixels:
    """Return a line of text, (rows, width), larger on wider sheets."""
    scale = max(1, width // 500)
    small = np.zeros((_STRIP, -(-width // scale)), np.uint8)
    large = np.kron(draw_label(small, text), np.ones((scale, scale), np.uint8))
    return np.ascontiguousarray(large[:, :width])


def _framed(pixels: Pixels, color: tuple[int, int, int] | int) -> Pixels:
    """Return RGB with a frame of one color around it."""
    inner = np.stack([pixels] * 3, axis=2) if pixels.ndim == 2 else pixels
    rows, columns = inner.shape[:2]
    outer = np.empty((rows + 2 * _FRAME, columns + 2 * _FRAME, 3), np.uint8)
    outer[:] = color
    outer[_FRAME:-_FRAME, _FRAME:-_FRAME] = inner
    return outer
