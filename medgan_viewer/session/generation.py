"""GenerationController: sliders to requests, results to the synthetic tile, and their latency."""

import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.inference.request import (
    GenerationRequest,
    InferenceFailure,
    InferenceResult,
)
from medgan_viewer.latent.point import LatentPoint
from medgan_viewer.session.inference import InferenceService
from medgan_viewer.session.latent import LatentState
from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.tile_view import Caption
from medgan_viewer.session.viewports import ViewportState


@dataclass(frozen=True, slots=True)
class Latency:
    """From the user's move to the screen, in milliseconds.

    Attributes
    ----------
    wait_ms : until the network starts: in the queue, and once for torch and the device to start
    load_ms, run_ms : reading the weights; network and result to main memory
    display_ms : from the delivered frame to the end of its painting
    """

    wait_ms: float
    load_ms: float
    run_ms: float
    display_ms: float
    total_ms: float
    device_note: str


class GenerationController(QObject):
    """Keeps the synthetic tile in step with the latent state while it is active.

    Signals
    -------
    latency_measured(Latency) : after an image was painted
    busy_changed(bool) : a request is on its way
    """

    latency_measured = Signal(object)
    busy_changed = Signal(bool)

    def __init__(
        self,
        service: InferenceService,
        latent: LatentState,
        viewport: ViewportState,
        notices: NoticeBoard,
    ) -> None:
        super().__init__()
        self._service = service
        self._latent = latent
        self._viewport = viewport
        self._notices = notices
        self._active = False
        self._revision = 0
        self._busy = False
        self._last: InferenceResult | None = None
        self._told_fallback = ""
        self._arrived_s = 0.0
        latent.point_changed.connect(self._on_point_changed)
        latent.package_changed.connect(self._on_package_changed)
        service.result.connect(self._on_result)
        service.failure.connect(self._on_failure)
        viewport.painted.connect(self._on_painted)

    @property
    def is_active(self) -> bool:
        return self._active

    @property
    def is_busy(self) -> bool:
        return self._busy

    @property
    def last_result(self) -> InferenceResult | None:
        return self._last

    def activate(self) -> None:
        """Show the image of the current sliders from now on."""
        self._active = True
        self._start_anew()

    def deactivate(self) -> None:
        """Leave the tile alone; what is on its way is dropped."""
        self._active = False
        self._revision = self._service.new_revision()
        self._set_busy(False)

    def _start_anew(self) -> None:
        package = self._latent.package
        self._revision = self._service.new_revision()
        self._last = None
        self._told_fallback = ""
        if package is None:
            self._viewport.clear("Choose a model on the right to make an image.")
            return
        caption = Caption(title=f"{package.manifest.output.modality} · invented, no patient")
        self._viewport.start_stack(caption, 0, 0, f"Loading {package.manifest.name} …")
        self._request(package, self._latent.point)

    def _request(self, package: ModelPackage, point: LatentPoint) -> None:
        self._set_busy(True)
        self._service.submit(GenerationRequest(self._revision, package, point))

    def _on_package_changed(self) -> None:
        if self._active:
            self._start_anew()

    def _on_point_changed(self, point: LatentPoint) -> None:
        package = self._latent.package
        if self._active and package is not None:
            self._request(package, point)

    def _on_result(self, result: InferenceResult) -> None:
        if not self._active or result.request.revision != self._revision:
            return
        self._last = result
        self._arrived_s = time.monotonic()
        self._set_busy(result.request.point != self._latent.point)
        self._viewport.show_frame(result.frame)
        if result.fallback and result.fallback != self._told_fallback:
            self._notices.post_warning(result.fallback, "Close other programs that use the GPU.")
        self._told_fallback = result.fallback

    def _on_failure(self, failure: InferenceFailure) -> None:
        if not self._active or failure.request.revision != self._revision:
            return
        self._set_busy(False)
        self._notices.post_error(failure.error)
        if self._last is None:
            self._viewport.show_message(f"{failure.error.problem}\n\n{failure.error.action}")
        else:
            self._viewport.set_waiting("not made: see the message above")

    def _on_painted(self, frame: object) -> None:
        result = self._last
        if result is None or result.frame is not frame or not self._active:
            return
        now_s = time.monotonic()
        total_ms = (now_s - result.request.created_s) * 1e3
        display_ms = (now_s - self._arrived_s) * 1e3
        load_ms = result.timings.load_ms
        run_ms = result.timings.infer_ms + result.timings.to_host_ms
        wait_ms = max(total_ms - display_ms - load_ms - run_ms, 0.0)
        self.latency_measured.emit(
            Latency(wait_ms, load_ms, run_ms, display_ms, total_ms, result.device_note)
        )

    def _set_busy(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)
