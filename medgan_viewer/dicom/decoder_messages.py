"""Messages between a decoder process and the thread that owns it; light enough for both sides."""

from dataclasses import dataclass
from pathlib import Path

from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.tags import TagRow
from medgan_viewer.imaging.frame import PixelFrame


@dataclass(frozen=True, slots=True)
class ReadHeaders:
    """Task: the headers of some files."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class ReadFrame:
    """Task: one frame."""

    ref: FrameRef


@dataclass(frozen=True, slots=True)
class ReadTags:
    """Task: all elements of a file, for the tag browser."""

    path: Path


Task = ReadHeaders | ReadFrame | ReadTags


@dataclass(frozen=True, slots=True)
class UseArena:
    """Message to the process: the block of shared memory to write arrays to from now on."""

    name: str


@dataclass(frozen=True, slots=True)
class NeedArena:
    """Message from the process: the result needs a block of this size."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class FrameInArena:
    """Message from the process: a frame whose stored values lie in the block.

    Attributes
    ----------
    frame : all but the stored values, of which it has one pixel
    """

    frame: PixelFrame
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class SomeTags:
    """Message from the process: the next elements of a file; few, as unpacking them holds the GIL.

    Attributes
    ----------
    rows : none after the last
    """

    rows: tuple[TagRow, ...]
