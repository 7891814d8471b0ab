"""Opening, keeping and scrolling a whole CT, and the window of a mammogram, in one run.

Peer: SimpleITK.ImageSeriesReader on the same 500 files. Medians; the runs of both take turns.

    python3 bootstrap.py exec python bench/bench_viewing.py [SLICES]
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import SimpleITK
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from medgan_viewer.dicom.decoder_messages import ReadHeaders
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode, Session
from medgan_viewer.session.session_options import SessionOptions
from medgan_viewer.ui.compare.grid_widget import GridWidget
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget
from tests.dicom_factory import make_series

SLICES = 500
SIDE = 512
REPEATS = 5
WINDOW = (1280, 800)
MAMMOGRAM = (4096, 3328)
STEPS = 120
PATIENCE_S = 120.0


def main() -> None:
    slices = int(sys.argv[1]) if len(sys.argv) > 1 else SLICES
    app = QApplication([])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for number in range(4):  # four contrasts of one patient, in one frame of reference
            made_series(folder / str(number), f"series {number}", slices if number == 0 else 100)
        report_memory(app, folder / "0", slices)  # first: a program keeps what it has freed
        report_opening(app, folder / "0", slices)
        report_scrolling(app, folder)
    report_mammogram(app)


def made_series(folder: Path, name: str, slices: int) -> None:
    """Write a CT whose slices are smooth with noise, as real ones are."""
    random = np.random.default_rng(0)
    disc = np.hypot(*np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]) < 0.8
    noise = random.normal(0, 12, (SIDE, SIDE))

    def pixels(index: int) -> np.ndarray:
        return (disc * (1000 + index % 100) + np.roll(noise, index)).astype(np.int16)

    make_series(
        folder, np.arange(slices), pixels=pixels, name=name, WindowCenter=40, WindowWidth=400
    )


class Viewer:
    """Session and images of the program, without its panels."""

    def __init__(self, app: QApplication, layout: Layout) -> None:
        self.app = app
        self.session = Session(SessionOptions((), layout=layout), no_engine)
        self.images = GridWidget(self.session)
        self.images.resize(*WINDOW)
        self.session.set_mode(Mode.BROWSE)
        self.session.pool.warm_up()
        self.images.show()
        self.wait(lambda: len(self.session.pool.process_ids()) == 2)
        ready: list[object] = []
        for _ in range(4):  # both processes answer once their imports are done
            self.session.pool.submit(ReadHeaders((Path("none"),)), ready.append)
            self.pause(0.3)
        self.wait(lambda: len(ready) == 4)

    def wait(self, condition: Callable[[], bool]) -> None:
        end = time.perf_counter() + PATIENCE_S
        while not condition():
            self.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)
            if time.perf_counter() > end:
                raise TimeoutError("the viewer did not get ready")

    def pause(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
            time.sleep(0.002)

    def open(self, *folders: Path) -> tuple[float, float]:
        """Open folders; return seconds to the first painted image and until all are in memory."""
        painted: list[float] = []
        self.session.acquired[0].painted.connect(lambda _: painted.append(time.perf_counter()))
        begun = time.perf_counter()
        self.session.studies.open_paths(folders)
        self.wait(lambda: bool(painted) and not self.session.studies.status.running)
        feeder, loader = self.session.feeders[0], self.session.loader
        self.wait(lambda: all(loader.has(ref) for ref in feeder.display_set.frames))
        return painted[0] - begun, time.perf_counter() - begun

    def close(self) -> None:
        self.images.close()
        self.session.close()
        self.images.deleteLater()
        self.app.processEvents()


def no_engine() -> object:
    raise RuntimeError("the benchmark computes no image")


def with_simpleitk(folder: Path) -> float:
    begun = time.perf_counter()
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    reader.Execute()
    return time.perf_counter() - begun


def report_opening(app: QApplication, folder: Path, slices: int) -> None:
    firsts, wholes, peers = [], [], []
    with_simpleitk(folder)  # the files are in the system's cache for both
    for _ in range(REPEATS):
        peers.append(with_simpleitk(folder))
        viewer = Viewer(app, Layout(1, 1))
        first, whole = viewer.open(folder)
        firsts.append(first)
        wholes.append(whole)
        viewer.close()
    peer, whole, first = map(statistics.median, (peers, wholes, firsts))
    line(f"{slices} slices in memory", ms(whole), f"SimpleITK {ms(peer)}", f"{peer / whole:.2f}")
    line("first image on screen", ms(first), f"SimpleITK {ms(peer)}", f"{peer / first:.1f}")


def report_memory(app: QApplication, folder: Path, slices: int) -> None:
    viewer = Viewer(app, Layout(1, 1))
    empty = memory_of_all(viewer)
    viewer.open(folder)
    viewer.pause(0.5)
    used = memory_of_all(viewer) - empty
    native = slices * SIDE * SIDE * 2
    viewer.close()
    text = f"native pixels {native / 2**20:.0f} MiB"
    line("memory beyond the empty program", f"{used / 2**20:.0f} MiB", text, f"{used / native:.2f}")


def memory_of_all(viewer: Viewer) -> int:
    """Return bytes of this process and its decoders, shared pages counted once."""
    return sum(map(proportional_bytes, (os.getpid(), *viewer.session.pool.process_ids())))


def proportional_bytes(process_id: int) -> int:
    text = Path(f"/proc/{process_id}/smaps_rollup").read_text()
    return next(int(row.split()[1]) << 10 for row in text.splitlines() if row.startswith("Pss:"))


def report_scrolling(app: QApplication, folder: Path) -> None:
    """Scroll one of four tiles through slices in memory; the others go along by position."""
    viewer = Viewer(app, Layout(2, 2))
    session = viewer.session
    viewer.open(*(folder / str(number) for number in range(4)))
    sets = [s for study in session.studies.studies for s in study.display_sets]
    by_name = {s.label: s for s in sets}
    for number, feeder in enumerate(session.feeders[:4]):
        feeder.show(next(s for name, s in by_name.items() if f"series {number}" in name), 0)
    refs = [ref for feeder in session.feeders[:4] for ref in feeder.display_set.frames[:100]]
    viewer.wait(lambda: all(session.loader.has(ref) for ref in refs))
    tile = session.acquired[0]
    widgets = [viewer.images.widget_of(state) for state in session.acquired[:4]]

    def step(index: int) -> None:
        tile.go_to(1 + index % 98)
        app.processEvents()

    for index in range(10):
        step(index)
    painted = [0] * 4
    for number, widget in enumerate(widgets):
        widget.state.painted.connect(lambda _, n=number: painted.__setitem__(n, painted[n] + 1))
    times = timed(step, range(10, 10 + STEPS))
    assert min(painted) >= STEPS, f"a tile was not painted each time: {painted}"
    line("scroll, 4 linked tiles", per_second(times), "wanted 60 /s", f"p95 {p95(times):.1f} ms")
    viewer.close()


def report_mammogram(app: QApplication) -> None:
    rows, columns = MAMMOGRAM
    random = np.random.default_rng(0)
    smooth = 2000 + 1500 * np.sin(np.mgrid[0:rows, 0:columns][1] / columns * 9)
    stored = (smooth + random.normal(0, 20, (rows, columns))).astype(np.uint16)
    frame = PixelFrame(stored, "MG", Rescale(), vois=(VoiWindow(2000, 4000),))
    session = Session(SessionOptions(()), no_engine)
    state = session.acquired[0]
    for name, size in (("window", WINDOW), ("4K screen", (3840, 2160))):
        widget = ViewportWidget(state)
        widget.resize(*size)
        widget.show()
        app.processEvents()
        for view, zoom in (("whole image", 1.0), ("1:1 pixels", rows / size[1])):
            state.show_frame(frame)
            state.set_view(type(state.view)(zoom, (0.0, 0.0)))

            def step(index: int) -> None:
                state.set_voi(VoiWindow(2000 + index, 4000 - 3 * index))
                widget.repaint()  # noqa: B023

            timed(step, range(5))
            times = timed(step, range(5, 65))
            title = f"mammogram window, {name}, {view}"
            line(title, per_second(times), "wanted 30 /s", f"p95 {p95(times):.1f} ms")
        widget.close()
    session.close()


def timed(step: Callable[[int], None], indices: Iterable[int]) -> list[float]:
    times = []
    for index in indices:
        begun = time.perf_counter()
        step(index)
        times.append((time.perf_counter() - begun) * 1e3)
    return times


def per_second(times: list[float]) -> str:
    return f"{1e3 / statistics.median(times):.0f} /s"


def p95(times: list[float]) -> float:
    return float(np.percentile(times, 95))


def ms(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms"


def line(name: str, ours: str, other: str, ratio: str) -> None:
    print(f"{name:44} {ours:>12} {other:>26} {ratio:>12}", flush=True)


if __name__ == "__main__":
    main()
