"""Graphics and texts of a softcopy presentation state (PS3.3 C.10.5) to annotations."""

from pydicom.dataset import Dataset

from medgan_viewer.dicom.attributes import integer, items, numbers, text
from medgan_viewer.dicom.graphic_shapes import annotation_of, image_points, kind_named
from medgan_viewer.imaging.annotation import Annotation, AnnotationKind, Point
from medgan_viewer.imaging.frame import ImageId


def read_presentation(dataset: Dataset) -> tuple[list[Annotation], int]:
    """Return the annotations of a presentation state, and how many drawings we do not have."""
    labels = {
        integer(group, "GraphicGroupID"): (
            text(group, "GraphicGroupLabel"),
            text(group, "GraphicGroupDescription"),
        )
        for group in items(dataset, "GraphicGroupSequence")
    }
    found: list[Annotation] = []
    skipped = 0
    for annotation in items(dataset, "GraphicAnnotationSequence"):
        images = _images(annotation)
        objects = _objects(annotation)
        if len(images) != 1:  # the same drawing on several images
            skipped += len(objects)
            continue
        for group, uid, graphics, words in objects:
            label, description = labels.get(group, ("", ""))
            drawn = _annotation(label, description, uid, graphics, words, images[0])
            if drawn is None:
                skipped += 1
            else:
                found.append(drawn)
    return found, skipped


_Object = tuple[int | None, str, list[Dataset], list[Dataset]]


def _objects(annotation: Dataset) -> list[_Object]:
    """Return what belongs together: by graphic group, by tracking UID, else alone."""
    together: dict[object, _Object] = {}
    alone = 0
    for keyword in ("GraphicObjectSequence", "TextObjectSequence"):
        for item in items(annotation, keyword):
            group, uid = integer(item, "GraphicGroupID"), text(item, "TrackingUID")
            alone += 1
            key = ("group", group) if group is not None else uid or alone
            _, _, graphics, words = together.setdefault(key, (group, uid, [], []))
            (graphics if keyword == "GraphicObjectSequence" else words).append(item)
    return list(together.values())


def _annotation(
    label: str,
    description: str,
    uid: str,
    graphics: list[Dataset],
    words: list[Dataset],
    image: ImageId,
) -> Annotation | None:
    kind = kind_named(label)
    if not graphics:
        return _text(uid, words, image, description)
    types = {text(graphic, "GraphicType") for graphic in graphics}
    units = {text(graphic, "GraphicAnnotationUnits") for graphic in graphics}
    parts: list[list[Point]] = []
    for graphic in graphics:
        data = numbers(graphic, "GraphicData")
        if data is None or len(data) % 2:
            return None
        parts.append(image_points(data))
    if len(types) != 1 or units != {"PIXEL"}:  # DISPLAY units belong to the screen, not the image
        return None
    if kind is None and len(words) == 1:
        description = description or _plain(words[0])
    return annotation_of(kind, types.pop(), parts, image, uid, description)


def _text(uid: str, words: list[Dataset], image: ImageId, description: str) -> Annotation | None:
    if len(words) != 1:
        return None
    anchor = numbers(words[0], "AnchorPoint", 2)
    units = text(words[0], "AnchorPointAnnotationUnits")
    if anchor is None:
        anchor = numbers(words[0], "BoundingBoxTopLeftHandCorner", 2)
        units = text(words[0], "BoundingBoxAnnotationUnits")
    if anchor is None or units != "PIXEL":
        return None
    content = description or _plain(words[0])
    return annotation_of(AnnotationKind.TEXT, "POINT", [image_points(anchor)], image, uid, content)


def _plain(item: Dataset) -> str:
    return " ".join(text(item, "UnformattedTextValue").split())


def _images(annotation: Dataset) -> list[ImageId]:
    found: dict[ImageId, None] = {}
    for reference in items(annotation, "ReferencedImageSequence"):
        uid = text(reference, "ReferencedSOPInstanceUID")
        frames = numbers(reference, "ReferencedFrameNumber") or (1.0,)
        if uid:
            found.update(dict.fromkeys(ImageId(uid, int(number)) for number in frames))
    return list(found)
