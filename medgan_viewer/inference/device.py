"""Device choice with its reason, threads, and the precision that a device computes well."""

import logging
import os
from dataclasses import dataclass
from enum import Enum

import torch

from medgan_viewer.errors import UsageError

log = logging.getLogger(__name__)


class Preference(Enum):
    """What the user asked for."""

    AUTO = "auto"
    CUDA = "cuda"
    MPS = "mps"
    XPU = "xpu"
    CPU = "cpu"


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """Where networks run.

    Attributes
    ----------
    kind : torch's device type
    name : for people ("CPU, 2 threads")
    reason : why this device, in one sentence
    fast_dtype : lower precision that the device computes faster than float32; None when it has none
    """

    kind: str
    name: str
    reason: str
    fast_dtype: torch.dtype | None

    @property
    def device(self) -> torch.device:
        return torch.device(self.kind)


def choose_device(preference: Preference = Preference.AUTO) -> DeviceChoice:
    """Return the wished device, or the best there is.

    Raises
    ------
    UsageError
        A certain device was asked for and is not there.
    """
    found = {kind: _available(kind) for kind in (Preference.CUDA, Preference.XPU, Preference.MPS)}
    if preference is Preference.CPU:
        return _cpu("The CPU was asked for.")
    if preference is not Preference.AUTO:
        if not found[preference]:
            raise UsageError(
                problem=f"No {preference.value} device is available.",
                action="Choose 'auto' or 'cpu', or install the torch build for this device.",
            )
        return _accelerator(preference, "It was asked for.")
    for kind, available in found.items():
        if available:
            return _accelerator(kind, "It is the fastest device found.")
    return _cpu("No GPU that torch can use was found.")


def limit_threads(reserved: int = 1) -> int:
    """Leave cores to the window and the decoders where there are more than two; return the count.

    On two cores the network takes both: its kernels yield to the window, which needs little.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = cores or 1
    threads = cores - reserved if cores > 2 else cores
    torch.set_num_threads(threads)
    return threads


def _available(kind: Preference) -> bool:
    try:
        match kind:
            case Preference.CUDA:
                return torch.cuda.is_available()
            case Preference.XPU:
                return torch.xpu.is_available()
            case _:
                return torch.backends.mps.is_available()
    except (RuntimeError, AssertionError, OSError) as error:  # broken driver; the CPU is left
        log.warning("asking for %s failed: %s", kind.value, error)
        return False


def _accelerator(kind: Preference, reason: str) -> DeviceChoice:
    match kind:
        case Preference.CUDA:
            fast = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
            return DeviceChoice("cuda", torch.cuda.get_device_name(), reason, fast)
        case Preference.XPU:
            return DeviceChoice("xpu", torch.xpu.get_device_name(), reason, torch.bfloat16)
        case _:
            return DeviceChoice("mps", "Apple GPU", reason, torch.float16)


def _cpu(reason: str) -> DeviceChoice:
    fast = torch.bfloat16 if _cpu_multiplies_bf16() else None
    threads = torch.get_num_threads()
    name = f"CPU, {threads} thread{'' if threads == 1 else 's'}"
    return DeviceChoice("cpu", name, reason, fast)


def _cpu_multiplies_bf16() -> bool:
    """Say whether the processor has bfloat16 products in hardware; emulated ones are slower."""
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        probe = getattr(torch.cpu, name, None)
        if probe is not None and probe():
            return True
    return False
