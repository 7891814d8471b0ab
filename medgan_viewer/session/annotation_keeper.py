"""AnnotationKeeper: annotations on images of files, kept in one JSON document between sessions."""

import logging
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from PySide6.QtCore import QObject, QTimer

from medgan_viewer.errors import InputError, MedganError
from medgan_viewer.files import is_file, write_atomically
from medgan_viewer.imaging.annotation import Annotation, AnnotationKind, plain_words
from medgan_viewer.imaging.frame import ImageId
from medgan_viewer.session.annotations import Annotations, is_in_file
from medgan_viewer.session.background import LatestWins

log = logging.getLogger(__name__)

DELAY_MS = 1000
MAX_BYTES = 256 << 20


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    uid: str = Field(min_length=1, max_length=64)
    kind: AnnotationKind
    image: str = Field(min_length=1, max_length=64)
    frame: Annotated[int, Field(ge=1)] = 1
    points: list[tuple[float, float]]
    text: str = ""


class _Document(BaseModel):
    version: int = 1
    annotations: list[_Entry] = []


class AnnotationKeeper(QObject):
    """Reads the document at the start and writes it a moment after each change.

    A document that cannot be read is set aside under another name, never overwritten.
    """

    def __init__(self, annotations: Annotations, path: Path) -> None:
        super().__init__()
        self._annotations = annotations
        self._path = path
        self._written: tuple[Annotation, ...] = ()
        self._worker: LatestWins[None] = LatestWins("annotations", self._on_written)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._write_soon)
        self._written = read_document(path)
        annotations.restore(self._written)
        annotations.changed.connect(self._on_changed)

    def close(self) -> None:
        """Write what is not written yet."""
        self._timer.stop()
        self._worker.close()
        current = self._current()
        if current != self._written:
            try:
                write_document(self._path, current)
            except MedganError as error:
                log.warning("measurements were not kept: %s", error.details or error.problem)

    def _current(self) -> tuple[Annotation, ...]:
        return tuple(each for each in self._annotations.all if is_in_file(each.image))

    def _on_changed(self) -> None:
        self._timer.start()

    def _write_soon(self) -> None:
        current = self._current()
        if current != self._written:
            self._written = current
            self._worker.submit(lambda: write_document(self._path, current))

    def _on_written(self, ticket: int, outcome: MedganError | None) -> None:
        if isinstance(outcome, MedganError):
            log.warning("measurements were not kept: %s", outcome.details or outcome.problem)
            self._written = ()  # to be tried again


def read_document(path: Path) -> tuple[Annotation, ...]:
    """Return what a document holds; nothing where there is none, or none that can be read."""
    if not is_file(path):
        return ()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("larger than any list of measurements")
        document = _Document.model_validate_json(path.read_bytes())
        return tuple(
            Annotation(
                each.uid,
                each.kind,
                ImageId(each.image, each.frame),
                tuple(each.points),
                plain_words(each.text),
            )
            for each in document.annotations
        )
    except (OSError, ValidationError, ValueError) as error:
        log.warning("the measurements of the last time could not be read: %s", error)
        try:
            path.replace(path.with_suffix(".unreadable"))
        except OSError as failure:
            log.warning("%s could not be set aside: %s", path, failure)
        return ()


def write_document(path: Path, annotations: tuple[Annotation, ...]) -> None:
    """Write a document; InputError when the folder is not writable."""
    document = _Document(
        annotations=[
            _Entry(
                uid=each.uid,
                kind=each.kind,
                image=each.image.uid,
                frame=each.image.frame_number,
                points=list(each.points),
                text=each.text,
            )
            for each in annotations
        ]
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            problem=f"The folder {path.parent} for measurements cannot be made.",
            action="Check the rights of your home folder.",
            details=str(error),
        ) from error
    write_atomically(path, document.model_dump_json().encode())
