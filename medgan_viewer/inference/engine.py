"""Engine: from latent points and source images to synthetic frames.

Holds the loaded networks; knows no threads and no Qt.
"""

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from weakref import WeakValueDictionary

import torch
from torch import nn

from medgan_viewer.errors import MedganError, RunAbortedError
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.inference.device import DeviceChoice, Preference, choose_device
from medgan_viewer.inference.generation import generate_image
from medgan_viewer.inference.jobs import ShouldStop
from medgan_viewer.inference.loaded import LoadedNetwork, NetworkCache
from medgan_viewer.inference.output import frame_of_output, generated_provenance
from medgan_viewer.inference.request import GenerationRequest, InferenceResult, Timings

log = logging.getLogger(__name__)

DEFAULT_BUDGET_BYTES = 2 << 30

Result = TypeVar("Result")


class Engine:
    """Runs networks on one device; falls back to the CPU when the device's memory is full."""

    def __init__(
        self,
        choice: DeviceChoice | None = None,
        *,
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        dtype: torch.dtype | None = None,
    ) -> None:
        """`dtype` forces a precision; None lets each network use the device's fast one if close."""
        self.choice = choice or choose_device()
        self._dtype = dtype
        self._networks = NetworkCache(budget_bytes)
        # Packages that did not fit, by folder; an entry goes with its network, when others need
        # the room in main memory, and the device is tried again.
        self._on_cpu: WeakValueDictionary[Path, nn.Module] = WeakValueDictionary()

    def load(self, package: ModelPackage) -> tuple[LoadedNetwork, bool]:
        """Return the network of a package, and whether it had to be read from disk."""
        return self._networks.get(package, self._choice_for(package), self._dtype)

    def run(self, request: GenerationRequest, should_stop: ShouldStop) -> InferenceResult:
        """Return the image of a request.

        Raises
        ------
        MedganError
            The package is damaged or unsuitable, or the network gave no usable image.
        RunAbortedError
            should_stop() turned true.
        """
        if should_stop():
            raise RunAbortedError

        def attempt(loaded: LoadedNetwork, load_ms: float) -> InferenceResult:
            started = time.perf_counter()
            output = generate_image(loaded, request.point, should_stop)
            inferred = time.perf_counter()
            provenance = generated_provenance(loaded, request.point)
            frame = frame_of_output(output.numpy(), loaded.manifest.output, provenance)
            done = time.perf_counter()
            timings = Timings(0.0, load_ms, (inferred - started) * 1e3, (done - inferred) * 1e3)
            return InferenceResult(request, frame, timings, loaded.device_note)

        result, fallback = self.with_fallback(request.package, attempt)
        return replace(result, fallback=fallback)

    @torch.inference_mode()
    def with_fallback(
        self, package: ModelPackage, attempt: Callable[[LoadedNetwork, float], Result]
    ) -> tuple[Result, str]:
        """Call `attempt` with the network and the milliseconds that its loading took.

        If the device's memory is full, the call is made again with the network on the CPU, where
        the package then stays as long as it is in memory.

        Returns
        -------
        what `attempt` gave, and a sentence that says what was given up; empty when nothing was
        """
        note = f"The memory of {self.choice.name} was full; this was computed on the CPU."
        started = time.perf_counter()
        choice = self._choice_for(package)
        try:
            loaded, is_new = self._networks.get(package, choice, self._dtype)
            load_ms = (time.perf_counter() - started) * 1e3 if is_new else 0.0
            return attempt(loaded, load_ms), "" if choice is self.choice else note
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
            text = str(error)  # the error itself would keep the networks alive in a log record
            log.warning("memory of %s is full: %s", choice.name, text)
        # Outside the except block: the traceback would keep the tensors alive.
        self._networks.clear()
        gc.collect()
        if choice.kind == "cpu":
            raise _out_of_memory(package)
        _empty_cache(self.choice.kind)
        on_cpu, _ = self._networks.get(package, choose_device(Preference.CPU), self._dtype)
        self._on_cpu[package.folder] = on_cpu.network
        return attempt(on_cpu, 0.0), note

    def _choice_for(self, package: ModelPackage) -> DeviceChoice:
        return choose_device(Preference.CPU) if package.folder in self._on_cpu else self.choice


def _is_out_of_memory(error: Exception) -> bool:
    """Say whether memory ran out; on the CPU and on Apple GPUs only torch's text tells."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return "DefaultCPUAllocator" in str(error) or "out of memory" in str(error)


def _empty_cache(kind: str) -> None:
    module = getattr(torch, kind, None)
    if module is not None and hasattr(module, "empty_cache"):
        module.empty_cache()


def _out_of_memory(package: ModelPackage) -> MedganError:
    return MedganError(
        problem=f"The main memory is too small for {package.title}.",
        action="Close other programs or open studies, or choose a smaller model.",
    )
