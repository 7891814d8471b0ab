"""InferenceWorker: one thread that owns the device, with two lanes.

Interactive lane: a waiting request is replaced, so that dragging a slider never builds a queue. A
running request is left to finish, so that dragging shows images on the way, unless a newer revision
(another generator, another source) has made its result useless.
Batch lane: jobs in order, one step at a time, only while no request waits.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from medgan_viewer.errors import MedganError, RunAbortedError, unexpected
from medgan_viewer.inference.jobs import Job, JobProgress, JobState, ShouldStop
from medgan_viewer.inference.request import (
    GenerationRequest,
    InferenceFailure,
    InferenceResult,
    Outcome,
)

log = logging.getLogger(__name__)


class RunsRequests(Protocol):
    """What the worker needs of an engine."""

    def run(self, request: GenerationRequest, should_stop: ShouldStop) -> InferenceResult: ...


class _Running:
    """A job in the lane: how far it is, and whether it was cancelled."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.done = 0
        self.cancelled = False

    def report(
        self, state: JobState, made: object = None, error: MedganError | None = None
    ) -> JobProgress:
        job = self.job
        return JobProgress(job.job_id, job.title, state, self.done, job.total, made, error)


class InferenceWorker:
    """The thread and its mailbox.

    `make_engine` is called on the thread, so that importing torch and finding the device do not
    hold up the window. `deliver` is called on the thread, and by `enqueue` on its caller's; it must
    return at once.
    """

    def __init__(
        self,
        make_engine: Callable[[], RunsRequests],
        deliver: Callable[[Outcome | JobProgress], None],
    ) -> None:
        self._make_engine = make_engine
        self._deliver = deliver
        self._changed = threading.Condition()
        self._waiting: GenerationRequest | None = None
        self._jobs: deque[_Running] = deque()
        self._revision = 0
        self._closing = False
        self._engine: RunsRequests | None = None
        self._thread = threading.Thread(target=self._serve, name="medgan-inference", daemon=True)
        self._thread.start()

    def submit(self, request: GenerationRequest) -> None:
        """Make `request` the next to run, in place of any that still waits."""
        with self._changed:
            self._waiting = request
            self._revision = max(self._revision, request.revision)
            self._changed.notify()

    def withdraw(self, revision: int) -> None:
        """Drop what waits or runs with an older revision than `revision`."""
        with self._changed:
            self._revision = max(self._revision, revision)
            if self._waiting is not None and self._waiting.revision < revision:
                self._waiting = None

    def enqueue(self, job: Job) -> None:
        """Run `job` after the jobs already there, between interactive requests."""
        running = _Running(job)
        # Before the thread can see the job: its own reports must come later than this one.
        self._deliver(running.report(JobState.WAITING))
        with self._changed:
            self._jobs.append(running)
            self._changed.notify()

    def cancel(self, job_id: int) -> None:
        """Stop a job within its current step; one that is over is left alone."""
        with self._changed:
            for running in self._jobs:
                if running.job.job_id == job_id:
                    running.cancelled = True
            self._changed.notify()

    def close(self, timeout_s: float = 10.0) -> bool:
        """Abort what runs and wait for the thread to end; False when it did not in time."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._waiting or self._jobs)
                if self._closing:
                    return
                request, self._waiting = self._waiting, None
                running = self._next_job() if request is None else None
            if request is not None:
                self._run(request)
            elif running is not None:
                self._step(running)

    def _next_job(self) -> _Running | None:
        """Return the head of the lane; cancelled jobs first, so that they end at once."""
        cancelled = (running for running in self._jobs if running.cancelled)
        return next(cancelled, self._jobs[0] if self._jobs else None)

    def _run(self, request: GenerationRequest) -> None:
        started = time.monotonic()
        is_stale = partial(self._is_stale, request)
        outcome: Outcome
        try:
            result = self._get_engine().run(request, is_stale)
            queued = (started - request.created_s) * 1e3
            outcome = replace(result, timings=replace(result.timings, queued_ms=queued))
        except RunAbortedError:
            return
        except MedganError as error:
            outcome = InferenceFailure(request, error)
        except Exception as error:  # the thread must outlive a bug, and the user must see it
            log.exception("generation failed with %s", request.package.id)
            outcome = InferenceFailure(request, unexpected(error))
        if not is_stale():
            self._deliver(outcome)

    def _step(self, running: _Running) -> None:
        """Do one step of a job and report it."""
        job = running.job
        report: JobProgress
        try:
            if running.cancelled:
                raise RunAbortedError
            made = job.step(
                self._get_engine(), running.done, lambda: running.cancelled or self._closing
            )
            running.done += 1
            state = JobState.DONE if running.done >= job.total else JobState.RUNNING
            report = running.report(state, made)
        except RunAbortedError:
            report = running.report(JobState.CANCELLED)
        except MedganError as error:
            report = running.report(JobState.FAILED, error=error)
        except Exception as error:  # as in _run
            log.exception("job failed")
            report = running.report(JobState.FAILED, error=unexpected(error))
        if report.state.is_final:
            with self._changed:
                self._jobs.remove(running)
        if not self._closing:
            self._deliver(report)

    def _get_engine(self) -> RunsRequests:
        if self._engine is None:
            self._engine = self._make_engine()
        return self._engine

    def _is_stale(self, request: GenerationRequest) -> bool:
        return self._closing or request.revision < self._revision
