"""Sample sheets of a training run: the newest picture that is complete, ready for the screen."""

import re
import struct
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from medgan_viewer.imaging.display import DisplayImage

SHEETS_FOLDER = "sheets"
MAX_FILE_BYTES = 64 << 20
MAX_PIXELS = 64_000_000
SHOWN_SIDE = 2048  # a larger sheet is reduced to this
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"IEND\xaeB`\x82"
_NAME = re.compile(r"(\d{1,15})\.png")


@dataclass(frozen=True, slots=True, eq=False)
class SampleSheet:
    """A grid of random samples, with the mark burnt in.

    Attributes
    ----------
    images : that the networks had seen
    written : when, in nanoseconds since 1970; with the path it tells one sheet from another
    """

    path: Path
    images: int
    written: int
    picture: DisplayImage


def read_newest_sheet(folder: Path, known: SampleSheet | None) -> SampleSheet | None:
    """Return the newest complete sheet of a run; `known` itself when there is no newer one.

    The time of writing decides: a run that went back to a checkpoint counts its images again.
    """
    try:
        found = [
            (path.stat().st_mtime_ns, int(match[1]), path)
            for path in (folder / SHEETS_FOLDER).iterdir()
            if (match := _NAME.fullmatch(path.name))
        ]
    except OSError:
        return known
    for written, images, path in sorted(found, reverse=True)[:2]:  # one may be half written
        if known is not None and (known.path, known.written) == (path, written):
            return known
        picture = _read_png(path)
        if picture is not None:
            return SampleSheet(path, images, written, picture)
    return known


def _read_png(path: Path) -> DisplayImage | None:
    """Return a whole PNG as 8-bit gray or RGB; None where the file is none, or not yet."""
    from PIL import Image

    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES or not content.startswith(_SIGNATURE):
            return None
        rows, columns = struct.unpack(">II", content[16:24])
        if not content.endswith(_END) or rows * columns > MAX_PIXELS:
            return None
        with Image.open(BytesIO(content), formats=("PNG",)) as image:
            picture = image.convert("L" if image.mode in ("1", "L") else "RGB")
        picture.thumbnail((SHOWN_SIDE, SHOWN_SIDE), Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, struct.error):
        return None
    return DisplayImage(np.ascontiguousarray(picture, dtype=np.uint8))
