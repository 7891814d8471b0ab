"""Slider to pixel: median and p95 over 200 moves, through the real worker and a real tile.

Peer: the same network run eagerly in float32 on the window's thread, as a simple program would.
Second figure: what part of this machine's matrix-product rate the network's arithmetic reaches.

    python3 bootstrap.py exec python bench/bench_slider.py [MODEL] [MOVES]
"""

import os
import sys
import time
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import torch
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from medgan_viewer import paths
from medgan_viewer.app import make_engine
from medgan_viewer.generators.package import resolve_package
from medgan_viewer.generators.registry import load_network
from medgan_viewer.generators.stylegan2 import NoiseMode, SynthesisNetwork
from medgan_viewer.imaging.frame import Provenance, SyntheticKind
from medgan_viewer.inference.output import frame_of_output
from medgan_viewer.latent.point import sample_z
from medgan_viewer.session.generation import Latency
from medgan_viewer.session.session import Mode, Session, SessionOptions
from medgan_viewer.session.viewports import Role, ViewportState
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget

TILE = (640, 800)
PROVENANCE = Provenance(SyntheticKind.GENERATED, "benchmark")


def through_worker(package, moves: int) -> list[Latency]:
    """Move one slider `moves` times, each after the last image was painted."""
    options = SessionOptions(package_roots=(paths.shipped_packages(),), decoders=1)
    session = Session(options, partial(make_engine, "auto"))
    widget = ViewportWidget(session.synthetic)
    widget.resize(*TILE)
    widget.show()
    found: list[Latency] = []
    loop = QEventLoop()
    session.generation.latency_measured.connect(found.append)
    session.generation.latency_measured.connect(lambda _: loop.quit())
    session.latent.set_package(package)
    session.set_mode(Mode.GENERATE)
    loop.exec()
    session.latent.begin_edit()
    name = package.manifest.directions[0].name
    for index in range(moves + 20):
        QTimer.singleShot(
            0, partial(session.latent.set_offset, name, 2.5 * np.sin(index / 9) + 0.01)
        )
        loop.exec()
    session.latent.end_edit()
    widget.close()
    session.close()
    return found[21:]


def eager_on_window_thread(package, moves: int) -> list[float]:
    """The peer: latent, network in float32 and painting, one after the other on one thread."""
    network = load_network(package)
    tile = ViewportState(Role.SYNTHETIC)
    widget = ViewportWidget(tile)
    widget.resize(*TILE)
    widget.show()
    QApplication.processEvents()  # what is not exposed is not painted
    labels = torch.zeros(1, network.label_count)
    if network.label_count:
        labels[0, 0] = 1
    z = torch.from_numpy(sample_z(0, network.z_dim)).unsqueeze(0)
    times = []
    for index in range(moves + 5):
        started = time.perf_counter()
        with torch.no_grad():
            w = network.map_latent(z * (1 + 0.1 * np.sin(index / 9)), labels)
            ws = w.unsqueeze(1).repeat(1, network.num_ws, 1)
            image = network.synthesize(ws, NoiseMode.CONST, torch.float32)[0].numpy()
        tile.show_frame(frame_of_output(image, package.manifest.output, PROVENANCE))
        widget.repaint()
        times.append((time.perf_counter() - started) * 1e3)
    widget.close()
    return times[5:]


def synthesis_flops(network: SynthesisNetwork) -> float:
    """Multiplications and additions of the convolutions for one image."""
    size, total = network.size, 0.0
    for side in size.block_sides:
        channels = size.channels(side)
        total += 2 * channels * channels * 9 * side * side
        total += 2 * channels * size.image_channels * side * side
        if side > 4:  # transposed, stride 2: every input pixel meets every weight once
            total += 2 * channels * size.channels(side // 2) * 9 * (side // 2) ** 2
    return total


def matrix_rate(dtype: torch.dtype, side: int = 2048, runs: int = 15) -> float:
    """Best rate of a square matrix product, in operations per second."""
    a, b = torch.randn(side, side).to(dtype), torch.randn(side, side).to(dtype)
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        torch.mm(a, b)
        times.append(time.perf_counter() - started)
    return 2 * side**3 / float(np.median(times))


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "chest-xray"
    moves = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    package = resolve_package(model, [paths.user_packages(), paths.shipped_packages()])
    _app = QApplication([])
    ours = through_worker(package, moves)
    peer = eager_on_window_thread(package, moves)
    totals = [latency.total_ms for latency in ours]
    print(f"{package.title}, {ours[0].device_note}, {moves} moves, tile {TILE[0]} x {TILE[1]}\n")
    print(f"{'slider to pixel [ms]':42} {'median':>8} {'p95':>8}")
    rows = {
        "ours, total": totals,
        "  waiting for the worker": [x.timings.queued_ms for x in ours],
        "  network": [x.timings.infer_ms for x in ours],
        "  to main memory, as integers": [x.timings.to_host_ms for x in ours],
        "  to the window, rendered and painted": [x.display_ms for x in ours],
        "peer, eager float32 on the window's thread": peer,
    }
    for name, values in rows.items():
        print(f"{name:42} {np.median(values):8.2f} {np.percentile(values, 95):8.2f}")
    ratio = np.median(peer) / np.median(totals)
    print(f"\npeer / ours: {ratio:.2f} x (wanted 2)")
    synthesis = getattr(load_network(package), "synthesis", None)
    if isinstance(synthesis, SynthesisNetwork):
        note = ours[0].device_note
        dtype = torch.bfloat16 if "bfloat16" in note else torch.float32
        rate, flops = matrix_rate(dtype), synthesis_flops(synthesis)
        reached = flops / (np.median([x.timings.infer_ms for x in ours]) / 1e3)
        print(
            f"network: {flops / 1e9:.2f} Gflop an image, {reached / 1e9:.0f} Gflop/s; matrix "
            f"product in {str(dtype)[6:]}: {rate / 1e9:.0f} Gflop/s; part {reached / rate:.0%} "
            "(wanted 60 %)"
        )


if __name__ == "__main__":
    main()
