"""The images from which a synthetic one was computed, as its file refers to them.

A plane is told by its SOP Instance UID and, in a multi-frame instance, by its frame number.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import items, texts
from medgan_viewer.imaging.frame import Provenance

_FRAME_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class SourceImage:
    """An image from which a synthetic one was computed.

    Attributes
    ----------
    frame_number : 1-based; None for a single-frame instance
    is_lossy : Lossy Image Compression is 01; whatever is derived from it stays lossy
    """

    sop_instance_uid: str
    sop_class_uid: str
    frame_number: int | None = None
    is_lossy: bool = False


@dataclass(frozen=True, slots=True)
class SourceReferences:
    """What a Source Image Sequence says; the fields are those of a Provenance."""

    uids: tuple[str, ...]
    frame_numbers: tuple[int, ...]
    own_index: int | None


def sources_used(provenance: Provenance, sources: Iterable[SourceImage]) -> tuple[SourceImage, ...]:
    """Return those sources that the provenance names, in its order.

    Without frame numbers in the provenance, all frames of an instance are meant.

    Raises
    ------
    ValueError
        One of them is lacking.
    """
    known: dict[tuple[str, int | None], list[SourceImage]] = {}
    for source in sources:
        uid = source.sop_instance_uid
        for key in ((uid, None), (uid, source.frame_number or 1)):
            known.setdefault(key, []).append(source)
    planes = dict.fromkeys(provenance.source_planes)
    if missing := [str(plane) for plane in planes if plane not in known]:
        raise ValueError(f"no SOP class is known for source images {', '.join(missing)}")
    return tuple(dict.fromkeys(source for plane in planes for source in known[plane]))


def source_references(dataset: Dataset) -> SourceReferences:
    """Return the planes to which a file refers (PS3.3 C.12.4); never raises."""
    planes: list[tuple[str, int | None]] = []
    own: list[int] = []
    for item in items(dataset, "SourceImageSequence"):
        stated = texts(item, "ReferencedFrameNumber")
        numbers = [int(number) for number in stated if _FRAME_NUMBER.fullmatch(number)]
        uids = texts(item, "ReferencedSOPInstanceUID")
        first = len(planes)
        planes += [(uid, number) for uid in uids for number in numbers or (None,)]
        if "YES" in texts(item, "SpatialLocationsPreserved"):
            own += range(first, len(planes))
    has_numbers = any(number is not None for _, number in planes)
    return SourceReferences(
        uids=tuple(uid for uid, _ in planes),
        frame_numbers=tuple(number or 1 for _, number in planes) if has_numbers else (),
        own_index=own[0] if len(own) == 1 < len(planes) else None,
    )
