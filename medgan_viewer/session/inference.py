"""InferenceService: the inference thread as seen from the window, and its jobs as rows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.inference.jobs import Job, JobProgress, JobState
from medgan_viewer.inference.request import GenerationRequest, InferenceFailure, InferenceResult
from medgan_viewer.inference.worker import InferenceWorker, RunsRequests
from medgan_viewer.session.notices import NoticeBoard


@dataclass(frozen=True, slots=True)
class DeviceInUse:
    """Where networks run, and why there, for people."""

    name: str
    reason: str


class InferenceService(QObject):
    """Owns the worker; hands its outcomes over to the window's thread.

    Signals
    -------
    result(InferenceResult)
    failure(InferenceFailure)
    job_progress(JobProgress) : every step of every job
    jobs_changed() : the list of unfinished jobs, or how far they are
    device_known() : networks have a device now
    """

    result = Signal(object)
    failure = Signal(object)
    job_progress = Signal(object)
    jobs_changed = Signal()
    device_known = Signal()
    _delivered = Signal(object)

    def __init__(self, make_engine: Callable[[], RunsRequests], notices: NoticeBoard) -> None:
        super().__init__()
        self._notices = notices
        self._make_engine = make_engine
        self._jobs: dict[int, JobProgress] = {}
        self._device: DeviceInUse | None = None
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)
        self._worker = InferenceWorker(self._start_engine, deliver=self._delivered.emit)
        self._next_revision = 0
        self._closed = False

    @property
    def jobs(self) -> tuple[JobProgress, ...]:
        """Unfinished jobs, oldest first."""
        return tuple(self._jobs.values())

    @property
    def device(self) -> DeviceInUse | None:
        """None until the first image is asked for."""
        return self._device

    def new_revision(self) -> int:
        """Return a revision above all earlier ones; what is older is dropped."""
        self._next_revision += 1
        self._worker.withdraw(self._next_revision)
        return self._next_revision

    def submit(self, request: GenerationRequest) -> None:
        self._worker.submit(request)

    def enqueue(self, job: Job) -> None:
        self._worker.enqueue(job)

    def cancel(self, job_id: int) -> None:
        self._worker.cancel(job_id)

    def close(self) -> None:
        """Stop the thread; nothing is delivered afterwards."""
        self._closed = True
        self._worker.close()

    def _start_engine(self) -> RunsRequests:
        """Runs on the inference thread."""
        engine = self._make_engine()
        choice = getattr(engine, "choice", None)  # an engine without a device has none
        if choice is not None:
            self._delivered.emit(DeviceInUse(choice.name, choice.reason))
        return engine

    def _on_delivered(self, outcome: object) -> None:
        if self._closed:  # posted before the thread ended
            return
        if isinstance(outcome, DeviceInUse):
            self._device = outcome
            self.device_known.emit()
        elif isinstance(outcome, InferenceResult):
            self.result.emit(outcome)
        elif isinstance(outcome, InferenceFailure):
            self.failure.emit(outcome)
        elif isinstance(outcome, JobProgress):
            self._on_job(outcome)

    def _on_job(self, progress: JobProgress) -> None:
        if progress.state.is_final:
            self._jobs.pop(progress.job_id, None)
        else:
            self._jobs[progress.job_id] = progress
        if progress.state is JobState.FAILED and progress.error is not None:
            self._notices.post_error(progress.error)
        if isinstance(progress.made, Path):
            self._notices.post_info(f"{progress.made.name} was saved in {progress.made.parent}.")
        self.job_progress.emit(progress)
        self.jobs_changed.emit()
