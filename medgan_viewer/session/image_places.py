"""Where an annotated image is found among what is open, and the way to it."""

from dataclasses import dataclass

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.imaging.annotation import Annotation
from medgan_viewer.imaging.frame import ImageId
from medgan_viewer.imaging.measure import Measurement
from medgan_viewer.session.annotations import image_of
from medgan_viewer.session.session import Session


@dataclass(frozen=True, slots=True)
class ImagePlace:
    """An image as a plane of a display set."""

    display_set: DisplaySet
    index: int

    @property
    def ref(self) -> FrameRef:
        return self.display_set.frames[self.index]

    @property
    def text(self) -> str:
        """Series and place in the stack, for a list."""
        count = len(self.display_set.frames)
        number = f" · {self.index + 1} / {count}" if count > 1 else ""
        return f"{self.display_set.modality} {self.display_set.label}{number}".strip()


def places_of(session: Session, images: set[ImageId]) -> dict[ImageId, ImagePlace]:
    """Return where images of files are open; those that are not open are left out."""
    places: dict[ImageId, ImagePlace] = {}
    for study in session.studies.studies:
        for display_set in study.display_sets:
            for index, ref in enumerate(display_set.frames):
                image = ImageId(ref.sop_instance_uid, ref.frame_number)
                if image in images:
                    places.setdefault(image, ImagePlace(display_set, index))
    return places


def numbers_of(session: Session, annotation: Annotation) -> Measurement | None:
    """Return what an annotation measures on its image on screen, else what it measured last."""
    for tile in session.grid.tiles:
        if tile.frame is not None and image_of(tile.frame) == annotation.image:
            return session.measuring.measurement_of(annotation, tile.frame)
    return session.measuring.last_of(annotation)


def go_to_image(session: Session, image: ImageId) -> bool:
    """Bring an image to the screen; False when it is not open, or cannot be made again."""
    for tile in session.grid.tiles:
        if tile.frame is not None and image_of(tile.frame) == image:
            session.grid.activate(tile)
            return True
    place = places_of(session, {image}).get(image)
    if place is None:
        return False
    shown = [
        feeder
        for feeder in session.feeders
        if feeder.viewport in session.grid.tiles
        and feeder.display_set is not None
        and feeder.display_set.uid == place.display_set.uid
    ]
    if shown:
        session.grid.activate(shown[0].viewport)
        shown[0].go_to(place.index)
        return True
    active = session.grid.active
    feeder = (session.feeder_of(active) if active is not None else None) or session.feeders[0]
    feeder.show(place.display_set, place.index)
    session.grid.activate(feeder.viewport)
    return True
