"""Annotations: what was drawn on the images, with selection, undo and redo."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from medgan_viewer.imaging.annotation import Annotation, plain_words
from medgan_viewer.imaging.frame import ImageId, PixelFrame
from medgan_viewer.latent.history import EditHistory


def image_of(frame: PixelFrame) -> ImageId | None:
    """Return which image a frame is; None for one that cannot be told from another.

    A synthetic image that no file holds is known by its recipe, a computed plane by its place in
    the patient: what is drawn on it shows again when it is made again.
    """
    if frame.image_id is not None:
        return frame.image_id
    made, place = frame.provenance, frame.geometry
    if made is not None:
        facts = (made.package_id, made.weights_sha256, made.recipe_json, made.summary)
        return _known_by("synthetic", *facts, made.source_planes, made.own_source)
    if place is not None and place.frame_of_reference_uid:
        return _known_by("computed", place, frame.rows, frame.columns, frame.modality)
    return None


def is_in_file(image: ImageId) -> bool:
    """Return whether a DICOM file holds the image."""
    return not image.uid.startswith(("synthetic:", "computed:"))


def _known_by(kind: str, *facts: object) -> ImageId:
    return ImageId(f"{kind}:{hashlib.sha256(repr(facts).encode()).hexdigest()}")


class Annotations(QObject):
    """Everything that is drawn, on all images.

    A drag calls `begin_edit`, many times `update` and then `end_edit`: one step for undo. A change
    outside a drag is a step by itself.

    Signals
    -------
    changed() : what is drawn, the draft, or the selection
    history_changed() : what can be undone or redone
    unsaved_changed()
    """

    changed = Signal()
    history_changed = Signal()
    unsaved_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._history: EditHistory[tuple[Annotation, ...]] = EditHistory(())
        self._all: tuple[Annotation, ...] = ()
        self._saved: tuple[Annotation, ...] = ()
        self._draft: Annotation | None = None
        self._selected = ""
        self._editing = False

    @property
    def all(self) -> tuple[Annotation, ...]:
        """In the order in which they were drawn; the draft is not among them."""
        return self._all

    @property
    def draft(self) -> Annotation | None:
        """What is being drawn."""
        return self._draft

    @property
    def selected(self) -> Annotation | None:
        return self.find(self._selected)

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    @property
    def has_unsaved(self) -> bool:
        """Something was drawn or changed since files were written or read."""
        return self._all != self._saved

    def find(self, uid: str) -> Annotation | None:
        return next((each for each in self._all if each.uid == uid), None)

    def on_image(self, image: ImageId | None) -> tuple[Annotation, ...]:
        """Return what is drawn on an image, the draft last."""
        found = tuple(each for each in self._all if each.image == image)
        draft = self._draft
        return (*found, draft) if draft is not None and draft.image == image else found

    # ---- drawing ----

    def set_draft(self, draft: Annotation | None) -> None:
        """Show something that is not there yet; None takes it away."""
        if draft != self._draft:
            self._draft = draft
            self.changed.emit()

    def add(self, annotation: Annotation) -> None:
        """Keep an annotation, and select it."""
        self._draft = None
        self._selected = annotation.uid
        self._put((*self._all, annotation))

    def begin_edit(self) -> None:
        """A drag starts; nothing is recorded until `end_edit`."""
        self._editing = True

    def end_edit(self) -> None:
        """A drag ended; record where it led."""
        self._editing = False
        self._record()

    def cancel_edit(self) -> None:
        """A drag was given up; what it changed is as before."""
        self._editing = False
        self._show(self._history.current)

    def update(self, annotation: Annotation) -> None:
        """Replace the annotation of the same UID."""
        uid = annotation.uid
        self._put(tuple(annotation if each.uid == uid else each for each in self._all))

    def rename(self, uid: str, text: str) -> None:
        """Give an annotation another text; what is too long is cut."""
        found = self.find(uid)
        if found is not None:
            self.update(replace(found, text=plain_words(text)))

    def remove(self, uid: str) -> None:
        self._put(tuple(each for each in self._all if each.uid != uid))

    def remove_selected(self) -> None:
        if self._selected:
            self.remove(self._selected)

    def clear(self) -> None:
        """Remove everything; undo brings it back."""
        self._put(())

    def load(self, annotations: Iterable[Annotation]) -> int:
        """Add what files hold, in one step; what is there already stays as it is.

        Returns
        -------
        how many were new
        """
        known = {each.uid for each in self._all}
        new = {each.uid: each for each in annotations if each.uid not in known}
        was_saved = not self.has_unsaved
        self._put((*self._all, *new.values()))
        if was_saved:
            self.mark_saved(self._all)
        return len(new)

    def restore(self, annotations: tuple[Annotation, ...]) -> None:
        """Begin with what was there the last time; there is nothing to undo."""
        self._history = EditHistory(annotations)
        self._show(annotations)
        self.history_changed.emit()

    def mark_saved(self, annotations: tuple[Annotation, ...]) -> None:
        """Say that files hold these."""
        self._saved = annotations
        self.unsaved_changed.emit()

    def select(self, uid: str) -> None:
        """Select one; an empty text selects none."""
        if uid != self._selected:
            self._selected = uid
            self.changed.emit()

    # ---- history ----

    def undo(self) -> None:
        self._show(self._history.undo())
        self.history_changed.emit()

    def redo(self) -> None:
        self._show(self._history.redo())
        self.history_changed.emit()

    def _put(self, annotations: tuple[Annotation, ...]) -> None:
        self._show(annotations)
        if not self._editing:
            self._record()

    def _record(self) -> None:
        if self._history.record(self._all):
            self.history_changed.emit()

    def _show(self, annotations: tuple[Annotation, ...]) -> None:
        self._all = annotations
        if self.find(self._selected) is None:
            self._selected = ""
        self.changed.emit()
        self.unsaved_changed.emit()
