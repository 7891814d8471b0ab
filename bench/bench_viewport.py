"""Frames per second of window/level, of scrolling cached slices, and of moving an image.

Peer: pyqtgraph's ImageItem with levels on the same array in a view of the same size.

    python3 bootstrap.py exec python bench/bench_viewport.py
"""

import os
import time
import warnings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.tile_view import Role, View
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget

TILE = (900, 900)
FRAMES = 60


def made_frame(rows: int, columns: int, seed: int = 0) -> PixelFrame:
    """A smooth image with noise, as int16 with a CT's rescale."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    values = 1000 + 800 * np.sin(x / columns * 9) * np.cos(y / rows * 7)
    stored = (values + random.normal(0, 20, (rows, columns))).astype(np.int16)
    return PixelFrame(stored, "CT", Rescale(1.0, -1024.0, "HU"), vois=(VoiWindow(40, 400),))


def median_ms(step, runs: int = FRAMES) -> float:
    for index in range(5):
        step(index)
    times = []
    for index in range(runs):
        started = time.perf_counter()
        step(index)
        times.append((time.perf_counter() - started) * 1e3)
    return float(np.median(times))


def tile() -> tuple[ViewportState, ViewportWidget]:
    state = ViewportState(Role.ACQUIRED)
    widget = ViewportWidget(state)
    widget.resize(*TILE)
    widget.show()
    QApplication.processEvents()  # what is not exposed is not painted
    return state, widget


def ours_window(frame: PixelFrame) -> float:
    state, widget = tile()
    state.show_frame(frame)

    def step(index: int) -> None:
        state.set_voi(VoiWindow(40 + index, 400 + 3 * index))
        widget.repaint()

    result = median_ms(step)
    widget.close()
    return result


def ours_scroll(frames: list[PixelFrame]) -> float:
    state, widget = tile()

    def step(index: int) -> None:
        state.show_frame(frames[index % len(frames)], index % len(frames))
        widget.repaint()

    result = median_ms(step)
    widget.close()
    return result


def ours_move(frame: PixelFrame) -> float:
    state, widget = tile()
    state.show_frame(frame)

    def step(index: int) -> None:
        state.set_view(View(1.5, (0.002 * index, 0.001 * index)))
        widget.repaint()

    result = median_ms(step)
    widget.close()
    return result


def peer(frames: list[PixelFrame], change) -> float:
    """pyqtgraph: `change(item, index)` sets levels or another image, then the view is painted."""
    pg.setConfigOption("imageAxisOrder", "row-major")
    view = pg.GraphicsLayoutWidget()
    view.resize(*TILE)
    box = view.addViewBox(lockAspect=True, invertY=True)
    item = pg.ImageItem(frames[0].stored, levels=(900, 1300), autoDownsample=True)
    box.addItem(item)
    view.show()
    QApplication.processEvents()

    def step(index: int) -> None:
        change(item, index)
        view.viewport().repaint()

    result = median_ms(step)
    view.close()
    return result


def main() -> None:
    warnings.simplefilter("ignore")
    _app = QApplication([])
    print(f"{'':36} {'ours':>14} {'pyqtgraph':>14} {'ratio':>7}")
    sizes = ((512, 512), (2048, 2048), (4096, 3328))
    for rows, columns in sizes:
        frame = made_frame(rows, columns)
        ours = ours_window(frame)
        other = peer([frame], lambda item, i: item.setLevels((900 + i, 1300 + 3 * i)))
        line(f"window/level {columns} x {rows}", ours, other)
    stack = [made_frame(512, 512, seed) for seed in range(20)]
    ours = ours_scroll(stack)
    other = peer(stack, lambda item, i: item.setImage(stack[i % 20].stored, autoLevels=False))
    line("scroll cached slices 512 x 512", ours, other)
    frame = made_frame(512, 512)
    print(f"{'move an enlarged image 512 x 512':36} {fps(ours_move(frame)):>14}")
    print("wanted: window/level at 60 per second or more at 512 x 512, 30 at 4096 x 3328")


def fps(ms: float) -> str:
    return f"{1000 / ms:.0f} /s {ms:.1f} ms"


def line(name: str, ours: float, other: float) -> None:
    print(f"{name:36} {fps(ours):>14} {fps(other):>14} {other / ours:6.2f}x")


if __name__ == "__main__":
    main()
