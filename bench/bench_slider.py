"""Slider to pixel: median and p95 over 200 moves, through the real worker and a real tile.

Peer: the same network run eagerly in float32 on the window's thread, as a simple program would.
Second table: networks of several sizes alone, and what part of this machine's matrix-product rate
their arithmetic reaches (wanted 60 %).

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
from medgan_viewer.generators.stylegan2 import NoiseMode, SynthesisNetwork, SynthesisSize
from medgan_viewer.imaging.frame import Provenance, SyntheticKind
from medgan_viewer.inference.fused_synthesis import FusedSynthesis
from medgan_viewer.inference.output import frame_of_output
from medgan_viewer.inference.request import Timings
from medgan_viewer.latent.point import sample_z
from medgan_viewer.session.generation import Latency
from medgan_viewer.session.session import Mode, Session
from medgan_viewer.session.session_options import SessionOptions
from medgan_viewer.session.tile_view import Role
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.viewport.viewport_widget import ViewportWidget

TILE = (640, 800)
PROVENANCE = Provenance(SyntheticKind.GENERATED, "benchmark")


def through_worker(package, moves: int) -> list[tuple[Latency, Timings]]:
    """Move one slider `moves` times, each after the last image was painted."""
    options = SessionOptions(package_roots=(paths.shipped_packages(),), decoders=1)
    session = Session(options, partial(make_engine, "auto"))
    widget = ViewportWidget(session.synthetic)
    widget.resize(*TILE)
    widget.show()
    found: list[tuple[Latency, Timings]] = []
    loop = QEventLoop()

    def on_measured(latency: Latency) -> None:
        found.append((latency, session.generation.last_result.timings))
        loop.quit()

    session.generation.latency_measured.connect(on_measured)
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


def network_alone(network: SynthesisNetwork, runs: int) -> dict[str, float]:
    """Median milliseconds of one image, as the worker runs it and eagerly in float32."""
    w_dim = network.size.w_dim
    ws = torch.randn(1, network.size.num_ws, w_dim)
    fused = FusedSynthesis(network, torch.bfloat16)
    ways = {
        "fused bfloat16": lambda: fused(ws, True, lambda: False),
        "eager float32": lambda: network(ws, NoiseMode.CONST, torch.float32),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    with torch.inference_mode():
        for index in range(runs + 3):
            for name, run in ways.items():
                started = time.perf_counter()
                run()
                if index >= 3:
                    times[name].append((time.perf_counter() - started) * 1e3)
    return {name: float(np.median(values)) for name, values in times.items()}


def show_networks(shipped: SynthesisNetwork | None) -> None:
    """Compare networks of several sizes; those with random weights stand for imported ones."""
    networks = {"shipped": shipped} if shipped is not None else {}
    for side, base in ((128, 16384), (256, 16384), (512, 16384)):
        networks[f"{side} px, channel base {base}"] = SynthesisNetwork(
            SynthesisSize(side, 1, 512, base)
        )
    rate = matrix_rate(torch.bfloat16)
    print(f"\nmatrix product in bfloat16: {rate / 1e9:.0f} Gflop/s")
    print(
        f"{'network alone':28} {'Gflop':>6} {'fused':>8} {'eager':>8} {'ratio':>6} {'of rate':>8}"
    )
    for name, network in networks.items():
        network = network.to(memory_format=torch.channels_last)
        times = network_alone(network, 30)
        flops = synthesis_flops(network)
        fused, eager = times["fused bfloat16"], times["eager float32"]
        part = flops / (fused / 1e3) / rate
        print(
            f"{name:28} {flops / 1e9:6.1f} {fused:5.1f} ms {eager:5.1f} ms "
            f"{eager / fused:7.2f}x {part:8.0%}"
        )


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "chest-xray"
    moves = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    package = resolve_package(model, [paths.user_packages(), paths.shipped_packages()])
    _app = QApplication([])
    ours = through_worker(package, moves)
    peer = eager_on_window_thread(package, moves)
    totals = [latency.total_ms for latency, _ in ours]
    note = ours[0][0].device_note
    print(f"{package.title}, {note}, {moves} moves, tile {TILE[0]} x {TILE[1]}\n")
    print(f"{'slider to pixel [ms]':42} {'median':>8} {'p95':>8}")
    rows = {
        "ours, total": totals,
        "  waiting for the worker": [latency.wait_ms for latency, _ in ours],
        "  network": [timings.infer_ms for _, timings in ours],
        "  to main memory, as integers": [timings.to_host_ms for _, timings in ours],
        "  to the window, rendered and painted": [latency.display_ms for latency, _ in ours],
        "peer, eager float32 on the window's thread": peer,
    }
    for name, values in rows.items():
        print(f"{name:42} {np.median(values):8.2f} {np.percentile(values, 95):8.2f}")
    ratio = np.median(peer) / np.median(totals)
    print(f"\npeer / ours: {ratio:.2f} x (wanted 2)")
    synthesis = getattr(load_network(package), "synthesis", None)
    show_networks(synthesis if isinstance(synthesis, SynthesisNetwork) else None)


if __name__ == "__main__":
    main()
