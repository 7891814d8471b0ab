"""Engines and jobs that can be held, and an inbox to wait at; every wait has a limit."""

import threading
from pathlib import Path

import numpy as np

from medgan_viewer.errors import RunAbortedError
from medgan_viewer.generators.manifest import Manifest
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.inference.jobs import new_job_id
from medgan_viewer.inference.request import (
    GenerationRequest,
    InferenceFailure,
    InferenceResult,
    Timings,
)
from medgan_viewer.latent.point import LatentPoint
from tests.package_factory import complete_document, tiny_manifest

LIMIT_S = 5.0
PACKAGE = ModelPackage(
    Path("tiny"), Manifest.model_validate(complete_document(tiny_manifest("tiny", "stylegan2")))
)


def request_of(seed, revision=0):
    return GenerationRequest(revision, PACKAGE, LatentPoint(seed))


class Inbox:
    """Keeps what was delivered; `wait_for` blocks until something fits."""

    def __init__(self):
        self.items = []
        self._changed = threading.Condition()

    def __call__(self, item):
        with self._changed:
            self.items.append(item)
            self._changed.notify_all()

    def wait_for(self, fits):
        def found():
            return next((item for item in self.items if fits(item)), None)

        with self._changed:
            assert self._changed.wait_for(found, LIMIT_S), f"only {self.items} came"
            return found()

    def wait_for_seed(self, seed):
        return self.wait_for(lambda item: seed in seeds_of([item]))

    def wait_for_state(self, job, state):
        return self.wait_for(
            lambda item: getattr(item, "job_id", None) == job.job_id and item.state is state
        )

    def states_of(self, job):
        return [item.state for item in self.items if getattr(item, "job_id", None) == job.job_id]


def seeds_of(items):
    outcomes = (item for item in items if isinstance(item, (InferenceResult, InferenceFailure)))
    return [outcome.request.point.seed for outcome in outcomes]


class GatedEngine:
    """Holds every run until `released` is set; fails as `errors` says by seed."""

    def __init__(self, errors=None):
        self.runs = []
        self.aborted = []
        self.started = threading.Event()
        self.stopped = threading.Event()
        self.released = threading.Event()
        self.errors = errors or {}

    def run(self, request, should_stop):
        self.runs.append(request.point.seed)
        self.started.set()
        while not self.released.wait(0.002):
            if should_stop():
                self.aborted.append(request.point.seed)
                self.stopped.set()
                raise RunAbortedError
        if request.point.seed in self.errors:
            raise self.errors[request.point.seed]
        frame = PixelFrame(np.zeros((2, 2), np.uint16))
        return InferenceResult(request, frame, Timings(infer_ms=1.0), "fake")


class GatedJob:
    """Holds step `held` until `released` is set; every step returns its number."""

    def __init__(self, total=3, held=0, error=None):
        self.job_id = new_job_id()
        self.title = "made job"
        self.total = total
        self.steps = []
        self.reached = threading.Event()
        self.released = threading.Event()
        self._held = held
        self._error = error

    def step(self, engine, index, should_stop):
        self.steps.append(index)
        if index == self._held:
            self.reached.set()
            while not self.released.wait(0.002):
                if should_stop():
                    raise RunAbortedError
            if self._error is not None:
                raise self._error
        return index


def hold(worker, engine, seed=1, revision=0):
    """Make the thread busy with a request."""
    worker.submit(request_of(seed, revision))
    assert engine.started.wait(LIMIT_S)
