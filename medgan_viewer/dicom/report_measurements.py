"""Measurement groups of a structured report (PS3.16 TID 1500) to annotations."""

from collections.abc import Iterator

from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import integer, items, numbers, text
from medgan_viewer.dicom.graphic_shapes import annotation_of, image_points, kind_named
from medgan_viewer.imaging.annotation import Annotation, AnnotationKind
from medgan_viewer.imaging.frame import ImageId

_GROUP = "125007"  # Measurement Group, DCM
_TRACKING_IDENTIFIER = "112039"
_TRACKING_UID = "112040"
_MAX_DEPTH = 32
_LONG_AXIS, _SHORT_AXIS, _ANGLE, _COBB = "103339001", "103340004", "1483009", "285285000"


def read_report(dataset: Dataset) -> tuple[list[Annotation], int]:
    """Return the annotations of a report, and how many groups hold none that we have."""
    found, skipped = [], 0
    for group in _groups(dataset, 0):
        annotation = _annotation(group)
        if annotation is None:
            skipped += 1
        else:
            found.append(annotation)
    return found, skipped


def _groups(item: Dataset, depth: int) -> Iterator[Dataset]:
    if depth > _MAX_DEPTH:
        return
    for child in items(item, "ContentSequence"):
        if _concept(child) == _GROUP:
            yield child
        else:
            yield from _groups(child, depth + 1)


def _annotation(group: Dataset) -> Annotation | None:
    name, uid, concepts = "", "", []
    shapes: list[tuple[str, Dataset]] = []
    for child in items(group, "ContentSequence"):
        concept, kind = _concept(child), text(child, "ValueType")
        if concept == _TRACKING_IDENTIFIER:
            name = text(child, "TextValue")
        elif concept == _TRACKING_UID:
            uid = text(child, "UID")
        elif kind == "SCOORD":
            shapes.append((concept, child))
        elif kind == "NUM":
            concepts.append(concept)
            below = items(child, "ContentSequence")
            shapes += [(concept, c) for c in below if text(c, "ValueType") == "SCOORD"]
    images = {_image(shape) for _, shape in shapes}
    types = {text(shape, "GraphicType") for _, shape in shapes}
    image = images.pop() if len(images) == 1 else None
    if image is None or len(types) != 1:
        return None
    parts = []
    for _, shape in shapes:
        data = numbers(shape, "GraphicData")
        if data is None or len(data) % 2:
            return None
        parts.append(image_points(data))
    kind_here = kind_named(name)
    words = name.partition(": ")[2] if kind_here is not None else name
    if kind_here is None:
        kind_here = _kind_of(concepts)
    return annotation_of(kind_here, types.pop(), parts, image, uid, words)


def _kind_of(concepts: list[str]) -> AnnotationKind | None:
    """Return what the numbers of another program's group say; None leaves it to the shape."""
    if _LONG_AXIS in concepts and _SHORT_AXIS in concepts:
        return AnnotationKind.BIDIRECTIONAL
    if _COBB in concepts:
        return AnnotationKind.COBB
    return AnnotationKind.ANGLE if _ANGLE in concepts else None


def _image(shape: Dataset) -> ImageId | None:
    """Return the image that a shape was selected from."""
    for child in items(shape, "ContentSequence"):
        if text(child, "ValueType") != "IMAGE":
            continue
        for reference in items(child, "ReferencedSOPSequence"):
            uid = text(reference, "ReferencedSOPInstanceUID")
            frames = numbers(reference, "ReferencedFrameNumber") or (1.0,)
            if uid and len(frames) == 1:
                return ImageId(uid, integer(reference, "ReferencedFrameNumber") or 1)
    return None


def _concept(item: Dataset) -> str:
    codes = items(item, "ConceptNameCodeSequence")
    return text(codes[0], "CodeValue") if codes else ""
