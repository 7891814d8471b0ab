"""Sessions and windows for tests, with an engine that computes next to nothing."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from medgan_viewer.dicom.display_sets import split_into_display_sets
from medgan_viewer.errors import RunAbortedError
from medgan_viewer.generators.package import ModelPackage, open_package
from medgan_viewer.imaging.frame import PixelFrame, Provenance, SyntheticKind
from medgan_viewer.inference.request import InferenceResult, Timings
from medgan_viewer.session.session import Session
from medgan_viewer.session.session_options import SessionOptions
from tests.package_factory import write_tanh_translator, write_tiny_package

PATIENCE_MS = 15_000


def provenance(kind=SyntheticKind.GENERATED, summary="seed 0", **fields):
    return Provenance(
        kind, "Tiny 1.0", "tiny", "ab" * 32, '{"kind": "generated"}', summary, **fields
    )


def gray_frame(value=0, size=16, is_synthetic=False, **fields):
    """Return a frame of one value; one corner pixel differs, so that it has a range."""
    stored = np.full((size, size), value, np.uint16)
    stored[0, 0] = 4095
    made = provenance() if is_synthetic else None
    return PixelFrame(stored=stored, modality="DX", provenance=made, **fields)


class QuickEngine:
    """Answers at once with the seed's last 12 bits as gray value.

    Records the requests and the threads it ran on.
    """

    def __init__(self):
        self.requests = []
        self.threads = set()

    def run(self, request, should_stop):
        self.requests.append(request)
        self.threads.add(threading.current_thread().name)
        made = replace(provenance(), package_id=request.package.id)
        frame = replace(gray_frame(request.point.seed % 4096), provenance=made)
        return InferenceResult(request, frame, Timings(infer_ms=0.001), "no device")


class GatedEngine(QuickEngine):
    """Holds every run until `released` is set."""

    def __init__(self):
        super().__init__()
        self.started = threading.Event()
        self.released = threading.Event()

    def run(self, request, should_stop):
        self.started.set()
        while not self.released.wait(0.005):
            if should_stop():
                raise RunAbortedError
        return super().run(request, should_stop)


class FailingEngine(QuickEngine):
    """Raises `error` while it is set."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def run(self, request, should_stop):
        if self.error is not None:
            raise self.error
        return super().run(request, should_stop)


def real_engine():
    from medgan_viewer.inference.device import Preference, choose_device
    from medgan_viewer.inference.engine import Engine

    return Engine(choose_device(Preference.CPU))


@dataclass(frozen=True)
class Packages:
    """A generator with two labels and two directions, another one, and a translator of T1."""

    root: Path
    generator: ModelPackage
    other: ModelPackage
    translator: ModelPackage


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    root = tmp_path_factory.mktemp("packages")
    write_tiny_package(root / "tiny")
    write_tiny_package(root / "other", "fully-connected", labels=("one",), directions=())
    write_tanh_translator(root / "tiny-t1-to-t2")
    return Packages(root, *(open_package(root / n) for n in ("tiny", "other", "tiny-t1-to-t2")))


@pytest.fixture
def make_session(qapp, packages):
    """Return a function that opens a session; it is closed after the test."""
    opened = []

    def make(make_engine=QuickEngine, **options):
        session = Session(SessionOptions((packages.root,), decoders=1, **options), make_engine)
        opened.append(session)
        session.library.refresh()
        session.latent.set_package(session.library.find("tiny"))
        session.translation.set_package(session.library.find("tiny-t1-to-t2"))
        return session

    yield make
    for session in opened:
        session.close()
    deliver_posted()


@pytest.fixture
def session(make_session):
    return make_session()


def deliver_posted():
    """Deliver what threads posted before they ended, and what waits for deletion."""
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def display_sets(session):
    return [s for study in session.studies.studies for s in study.display_sets]


def open_and_wait(qtbot, session, *paths):
    """Open files or folders; return when the scan is over and the first image is on screen."""
    session.studies.open_paths([Path(path) for path in paths])
    qtbot.waitUntil(lambda: not session.studies.status.running, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: session.acquired[0].frame is not None, timeout=PATIENCE_MS)


def sets_of(study):
    return [s for series in study.series for s in split_into_display_sets(series)]
