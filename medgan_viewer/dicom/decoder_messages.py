"""Messages between a decoder process and the thread that owns it; light enough for both sides."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medgan_viewer.dicom.header_records import (
    header_of,
    header_record,
    skipped_of,
    skipped_record,
)
from medgan_viewer.dicom.hierarchy import FrameRef, InstanceHeader, SkippedFile
from medgan_viewer.dicom.tags import TagRow
from medgan_viewer.imaging.frame import PixelFrame


@dataclass(frozen=True, slots=True)
class ReadHeaders:
    """Task: the headers of some files.

    Attributes
    ----------
    follow : answer Contents for what leads to other files; else it is a file without an image
    """

    paths: tuple[Path, ...]
    follow: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """A file that leads to others: a ZIP archive, or a DICOMDIR, of which only names are believed.

    Attributes
    ----------
    members : what to read; a member of an archive has a path below that of the archive
    refused : what is named and not read, with the reason
    note : completes "This file ..." for the file itself
    """

    path: Path
    members: tuple[Path, ...]
    refused: tuple[SkippedFile, ...]
    note: str


HeaderOutcome = InstanceHeader | SkippedFile | Contents


@dataclass(frozen=True, slots=True)
class HeaderRecords:
    """Message from the process: some outcomes, in the order of the task's paths.

    Attributes
    ----------
    answers : a kind ("header", "skipped", "contents") and a record, or the object itself
    """

    answers: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, outcomes: Iterable[HeaderOutcome]) -> "HeaderRecords":
        return cls(tuple(map(_packed, outcomes)))

    def outcomes(self, paths: Iterable[Path]) -> list[tuple[Path, HeaderOutcome]]:
        """Return each outcome with its path, from the paths that were asked for in this order."""
        return [
            (path, _unpacked(path, *answer))
            for path, answer in zip(paths, self.answers, strict=False)
        ]


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


def _packed(outcome: HeaderOutcome) -> tuple[str, Any]:
    if isinstance(outcome, InstanceHeader):
        return "header", header_record(outcome)
    if isinstance(outcome, SkippedFile):
        return "skipped", skipped_record(outcome)
    return "contents", outcome


def _unpacked(path: Path, kind: str, record: Any) -> HeaderOutcome:
    if kind == "header":
        return header_of(path, record)
    if kind == "skipped":
        return skipped_of(path, record)
    contents: Contents = record
    return contents
