"""Interactive requests, results and failures: frozen, picklable, with their revision."""

import time
from dataclasses import dataclass, field

from medgan_viewer.errors import MedganError
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.latent.point import LatentPoint


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Make the image of a latent point.

    Attributes
    ----------
    revision : goes up when the generator changes; results of an older one are not wanted any more
    created_s : time.monotonic() when the user asked
    """

    revision: int
    package: ModelPackage
    point: LatentPoint
    created_s: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time went, in milliseconds.

    Attributes
    ----------
    queued_ms : from the user's move to the start on the inference thread
    load_ms : reading and checking the weights; 0 when they were in memory
    infer_ms : latent arithmetic and network
    to_host_ms : result to integers in main memory
    """

    queued_ms: float = 0.0
    load_ms: float = 0.0
    infer_ms: float = 0.0
    to_host_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """A synthetic image and how it was computed.

    Attributes
    ----------
    device_note : device and precision in words ("CPU, bfloat16")
    fallback : what was given up to get a result ("GPU memory was full; computed on the CPU")
    """

    request: GenerationRequest
    frame: PixelFrame
    timings: Timings
    device_note: str
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class InferenceFailure:
    """Why a request gave no image."""

    request: GenerationRequest
    error: MedganError


Outcome = InferenceResult | InferenceFailure
