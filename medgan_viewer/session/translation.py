"""TranslationController: the series on the left through a translator, shown plane by plane."""

import time
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.errors import MedganError
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.inference.guard import SourceFacts, check_source
from medgan_viewer.inference.jobs import JobProgress, JobState
from medgan_viewer.inference.series_job import SeriesJob, TranslatedPlane
from medgan_viewer.inference.series_source import source_series
from medgan_viewer.session.inference import InferenceService
from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.stacks import StackFeeder, caption_of
from medgan_viewer.session.viewports import ViewportState


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticSet:
    """Translated planes of a display set, in its order; missing ones are None."""

    set_id: str
    title: str
    source: DisplaySet
    package: ModelPackage
    frames: tuple[PixelFrame | None, ...]


class TranslationController(QObject):
    """Keeps the synthetic tile on the translated counterpart of the plane on the left.

    Signals
    -------
    state_changed() : what is translated, how far it is, or why it is refused
    finished(SyntheticSet)
    """

    state_changed = Signal()
    finished = Signal(object)

    def __init__(
        self,
        service: InferenceService,
        pool: DecoderPool,
        feeder: StackFeeder,
        viewport: ViewportState,
        notices: NoticeBoard,
    ) -> None:
        super().__init__()
        self._service = service
        self._pool = pool
        self._feeder = feeder
        self._viewport = viewport
        self._notices = notices
        self._active = False
        self._package: ModelPackage | None = None
        self._source: DisplaySet | None = None
        self._frames: dict[int, PixelFrame] = {}
        self._job: SeriesJob | None = None
        self._progress: JobProgress | None = None
        self._refusal: MedganError | None = None
        self._started: tuple[float, int] | None = None  # time, and the steps done by then
        self._ms_per_plane: float | None = None
        self._fallback = ""
        feeder.set_changed.connect(self._on_source_changed)
        feeder.index_changed.connect(self._on_index_changed)
        viewport.index_wanted.connect(self._on_index_wanted)
        service.job_progress.connect(self._on_progress)

    @property
    def package(self) -> ModelPackage | None:
        return self._package

    @property
    def can_start(self) -> bool:
        """There is a translator, and a series on the left."""
        return self._package is not None and self._feeder.display_set is not None

    @property
    def refusal(self) -> MedganError | None:
        """Why the source is not taken; `start(trust_user=True)` may take it all the same."""
        return self._refusal

    @property
    def progress(self) -> JobProgress | None:
        return self._progress

    @property
    def translated_count(self) -> int:
        return len(self._frames)

    @property
    def ms_per_plane(self) -> float | None:
        """Time per plane, reading and loading included; while planes are missing, an estimate."""
        return self._ms_per_plane

    @property
    def fallback(self) -> str:
        """What was given up for the plane that came last; empty when nothing was."""
        return self._fallback

    @property
    def frames(self) -> tuple[PixelFrame, ...] | None:
        """All translated planes in the order of the source; None while one is missing."""
        if self._source is None or len(self._frames) < len(self._source.frames):
            return None
        return tuple(self._frames[index] for index in range(len(self._source.frames)))

    @property
    def source(self) -> DisplaySet | None:
        return self._source

    def set_package(self, package: ModelPackage | None) -> None:
        if package is not self._package:
            self._package = package
            self._forget()
            if self._active:
                self.start()

    def activate(self) -> None:
        """Show translated planes in the synthetic tile from now on."""
        self._active = True
        if self._feeder.display_set is not self._source or not self._frames:
            self.start()
        else:
            self._show_stack()

    def deactivate(self) -> None:
        """Leave the tile alone; a job that runs goes on."""
        self._active = False

    def start(self, *, trust_user: bool = False) -> None:
        """Translate the series on the left from the beginning."""
        self._forget()
        source, package = self._feeder.display_set, self._package
        if package is None:
            self._viewport.clear("Choose a translator on the right.")
            return
        if source is None:
            self._viewport.clear("Show a series on the left; its translation appears here.")
            return
        facts = SourceFacts(source.modality, source.series.series_description, source.is_synthetic)
        try:
            check_source(package, facts, trust_user=trust_user)
        except MedganError as error:
            self._refuse(error)
            return
        self._source = source
        self._show_stack()
        job = SeriesJob(package, source_series(source, self._pool))
        job.focus.index = self._feeder.viewport.index
        self._job = job
        self._service.enqueue(job)
        self.state_changed.emit()

    def show_made(self, made: SyntheticSet) -> None:
        """Show a translation that was finished before; its source is on the left already."""
        self._forget()
        self._package = made.package
        self._source = made.source
        self._frames = {i: f for i, f in enumerate(made.frames) if f is not None}
        self._show_stack()
        self.state_changed.emit()

    def cancel(self) -> None:
        """Stop the job; planes that are done stay."""
        if self._job is not None:
            self._service.cancel(self._job.job_id)

    # ---- inside ----

    def _forget(self) -> None:
        self.cancel()
        self._job = None
        self._source = None
        self._frames = {}
        self._progress = None
        self._refusal = None
        self._started = None
        self._ms_per_plane = None
        self._fallback = ""
        self.state_changed.emit()

    def _refuse(self, error: MedganError) -> None:
        self._refusal = error
        self._viewport.clear(f"{error.problem}\n\n{error.action}")
        self.state_changed.emit()

    def _show_stack(self) -> None:
        source, package = self._source, self._package
        assert source is not None
        assert package is not None
        caption = caption_of(source)
        title = f"{package.manifest.output.modality} · from {caption.title}"
        self._viewport.start_stack(
            replace(caption, title=title),
            len(source.frames),
            self._feeder.viewport.index,
            "Translating …",
        )
        self._on_index_changed(self._feeder.viewport.index)

    def _on_source_changed(self) -> None:
        if self._active:
            self.start()

    def _on_index_changed(self, index: int) -> None:
        """The left tile shows another plane: follow it."""
        if self._job is not None:
            self._job.focus.index = index
        if not self._active or self._source is None:
            return
        frame = self._frames.get(index)
        if frame is not None:
            self._viewport.show_frame(frame, index)
        else:
            # Never another slice's image beside this one.
            self._viewport.show_message("Translating …" if self._job else "Not translated.")
            self._viewport.expect(index, "")

    def _on_index_wanted(self, index: int) -> None:
        """The user scrolls the right tile: both go."""
        if self._active and self._source is not None:
            self._feeder.go_to(index)

    def _on_progress(self, progress: JobProgress) -> None:
        if self._job is None or progress.job_id != self._job.job_id:
            return
        self._progress = progress
        self._measure(progress)
        plane = progress.made
        if isinstance(plane, TranslatedPlane):
            self._frames[plane.index] = plane.frame
            if self._active and plane.index == self._feeder.viewport.index:
                self._viewport.show_frame(plane.frame, plane.index)
            if plane.fallback and plane.fallback != self._fallback:
                self._notices.post_warning(plane.fallback, "Close other programs that use the GPU.")
            self._fallback = plane.fallback
        if progress.state.is_final:
            self._on_ended(progress)
        self.state_changed.emit()

    def _measure(self, progress: JobProgress) -> None:
        """Take the mean of all steps: planes come last in a translation through the volume."""
        if self._source is None or progress.state is JobState.WAITING:
            return
        now_s = time.monotonic()
        if self._started is None:
            self._started = (now_s, progress.done)
            return
        started_s, done = self._started
        if progress.done > done:
            per_step_ms = (now_s - started_s) / (progress.done - done) * 1e3
            steps_per_plane = (progress.total - done) / len(self._source.frames)
            self._ms_per_plane = per_step_ms * steps_per_plane

    def _on_ended(self, progress: JobProgress) -> None:
        self._job = None
        source, package = self._source, self._package
        if progress.state is JobState.DONE and source is not None and package is not None:
            frames = tuple(self._frames.get(i) for i in range(len(source.frames)))
            title = f"{package.manifest.name}: {source.label}"
            set_id = f"synthetic-{progress.job_id}"
            self.finished.emit(SyntheticSet(set_id, title, source, package, frames))
        elif self._active and self._viewport.frame is None:
            reason = "The translation was cancelled."
            if progress.error is not None:
                reason = f"{progress.error.problem}\n\n{progress.error.action}"
            self._viewport.show_message(reason)
