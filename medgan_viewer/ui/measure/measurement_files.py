"""Saving measurements as DICOM files, and opening those that were saved."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from medgan_viewer.dicom.annotation_files import AnnotationFile, read_annotations
from medgan_viewer.dicom.decoder import INFERENCE, DecoderPool
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.errors import CancelledError
from medgan_viewer.files import is_there
from medgan_viewer.imaging.annotation import Annotation
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.inference.jobs import CallJob, JobProgress, JobState, ShouldStop, new_job_id
from medgan_viewer.session.image_places import places_of

if TYPE_CHECKING:
    from medgan_viewer.ui.main_window import MainWindow

SUGGESTED_NAME = "measurements"


class SaveJob:
    """A job of one step: measure all, then write reports and presentation states."""

    def __init__(
        self,
        drawn: dict[FrameRef, list[Annotation]],
        folder: Path,
        opened: tuple[Path, ...],
        pool: DecoderPool,
    ) -> None:
        self.job_id = new_job_id()
        self.title = f"Saving {folder.name}"
        self.total = 1
        self._drawn = drawn
        self._folder = folder
        self._opened = opened
        self._pool = pool

    def step(self, engine: Any, index: int, should_stop: ShouldStop) -> Path:
        # highdicom takes half a second to import.
        from medgan_viewer.export.annotated_image import annotated_image
        from medgan_viewer.export.measurements import write_measurements

        images = []
        for ref, annotations in self._drawn.items():
            if should_stop():
                raise CancelledError(
                    problem="Saving the measurements was stopped; nothing was written.",
                    action="Save them again.",
                )
            frame = self._pool.run(ReadFrame(ref), INFERENCE)
            assert isinstance(frame, PixelFrame)
            images.append(annotated_image(annotations, frame, ref.path))
        write_measurements(images, self._folder, self._opened)
        return self._folder


class MeasurementFiles(QObject):
    """Asks for places and hands the work to the batch lane."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._saving: dict[int, tuple[Annotation, ...]] = {}
        window.session.service.job_progress.connect(self._on_progress)

    def save(self) -> None:
        """Ask for a new folder, then write all measurements on images of open files."""
        session = self._session
        drawn = self._by_file()
        count = sum(map(len, drawn.values()))
        left_out = len(session.annotations.all) - count
        if not count:
            session.notices.post_info(
                "There is no measurement on an image of an open file.",
                "Measure on an image of a study; export a synthetic image first and open it.",
            )
            return
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Name of the new folder", SUGGESTED_NAME
        )
        if not name:
            return
        folder = Path(name)
        if is_there(folder):
            session.notices.post_warning(
                f"{folder.name} exists already in {folder.parent}.",
                "Type the name of a new folder.",
            )
            return
        if left_out:
            session.notices.post_warning(
                f"{left_out} of the measurements cannot be saved: no open file holds their image.",
                "Open the study again, or export the synthetic image and measure there.",
            )
        job = SaveJob(drawn, folder, session.studies.opened, session.pool)
        if not left_out:
            self._saving[job.job_id] = session.annotations.all
        session.service.enqueue(job)

    def open(self) -> None:
        """Ask for files, then add what they draw."""
        names, _ = QFileDialog.getOpenFileNames(self._window, "Open measurements")
        for path in map(Path, names):
            job = CallJob(f"Opening {path.name}", partial(read_annotations, path))
            self._session.service.enqueue(job)

    def _by_file(self) -> dict[FrameRef, list[Annotation]]:
        annotations = self._session.annotations.all
        places = places_of(self._session, {each.image for each in annotations})
        drawn: dict[FrameRef, list[Annotation]] = {}
        for each in annotations:
            place = places.get(each.image)
            if place is not None:
                drawn.setdefault(place.ref, []).append(each)
        return drawn

    def _on_progress(self, progress: JobProgress) -> None:
        if progress.state is JobState.DONE and progress.job_id in self._saving:
            self._session.annotations.mark_saved(self._saving.pop(progress.job_id))
        if isinstance(progress.made, AnnotationFile):
            self._take(progress.made)

    def _take(self, file: AnnotationFile) -> None:
        new = self._session.annotations.load(file.annotations)
        skipped = f"; {file.skipped} drawings have a form that is not shown" if file.skipped else ""
        known = len(file.annotations) - new
        there = f", {known} were there already" if known else ""
        self._session.notices.post_info(f"{new} measurements were added{there}{skipped}.")
