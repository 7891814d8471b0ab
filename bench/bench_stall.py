"""Longest stall of the window's thread while the generator runs flat out and a scan goes on.

A 5 ms timer on the window's thread notes the gaps between its ticks. Limit: no gap over 50 ms.

    python3 bootstrap.py exec python bench/bench_stall.py [SECONDS]
"""

import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QApplication

from medgan_viewer import paths
from medgan_viewer.app import make_engine
from medgan_viewer.generators.package import resolve_package
from medgan_viewer.session.session import Mode, Session
from medgan_viewer.session.session_options import SessionOptions
from medgan_viewer.ui.main_window import MainWindow
from medgan_viewer.ui.theme import apply_theme


class GapWatch:
    """Gaps between the ticks of a precise 5 ms timer, in ms."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(5)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1e3)
        self._last = now


def made_series(folder: Path, count: int) -> None:
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.SeriesInstanceUID = generate_uid()
    for index in range(count):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.InstanceNumber = index
        dataset.ImagePositionPatient[2] = float(index)
        dataset.save_as(folder / f"{index:04d}")


def run(app: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.0002)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    app = QApplication([])
    apply_theme(app)
    options = SessionOptions(package_roots=(paths.shipped_packages(),))
    session = Session(options, partial(make_engine, "auto"))
    window = MainWindow(session, show_hints=False)
    window.show()
    session.pool.warm_up()
    session.library.refresh()
    package = resolve_package("chest-xray", [paths.shipped_packages()])
    session.latent.set_package(package)
    session.set_mode(Mode.GENERATE)
    while session.synthetic.frame is None:
        run(app, 0.1)
    run(app, 1.0)
    print(f"{'gaps of a 5 ms timer [ms]':44} {'p50':>7} {'p99':>7} {'max':>7} {'images/s':>9}")
    report("idle", app, seconds / 2, lambda: None, session)
    names = [direction.name for direction in package.manifest.directions]
    session.latent.begin_edit()
    count = [0]

    def drag() -> None:
        """The next move as soon as the last image was painted: the generator never rests."""
        count[0] += 1
        session.latent.set_offset(names[count[0] % 4], 2 * np.sin(count[0] / 7))

    session.generation.latency_measured.connect(lambda _: drag())
    report("generator flat out, painting each image", app, seconds, drag, session)
    with tempfile.TemporaryDirectory() as folder:
        made_series(Path(folder), 400)
        report(
            "the same while 400 files are scanned",
            app,
            seconds,
            lambda: session.studies.open_paths([Path(folder)]),
            session,
        )
        window.close()
    QCoreApplication.processEvents()


def report(name, app, seconds, start, session) -> None:
    painted = [0]
    counter = session.generation.latency_measured.connect(
        lambda _: painted.__setitem__(0, painted[0] + 1)
    )
    start()
    watch = GapWatch()
    run(app, seconds)
    session.generation.latency_measured.disconnect(counter)
    gaps = np.array(watch.gaps[5:])
    print(
        f"{name:44} {np.median(gaps):7.1f} {np.percentile(gaps, 99):7.1f} {gaps.max():7.1f} "
        f"{painted[0] / seconds:9.1f}"
    )


if __name__ == "__main__":
    main()
