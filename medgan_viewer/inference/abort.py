"""Stopping a network between two layers, when nobody waits for its result any more."""

from types import TracebackType
from typing import Any

from torch import nn

from medgan_viewer.errors import RunAbortedError
from medgan_viewer.inference.jobs import ShouldStop

_LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


class StopBetweenLayers:
    """While the context lasts, every layer asks first and raises RunAbortedError when told to stop.

    Layers are those of torch and any module of ours that has weights of its own.
    """

    def __init__(self, network: nn.Module, should_stop: ShouldStop) -> None:
        self._network = network
        self._should_stop = should_stop
        self._handles: list[Any] = []

    def __enter__(self) -> None:
        for module in self._network.modules():
            if isinstance(module, _LAYERS) or isinstance(
                getattr(module, "weight", None), nn.Parameter
            ):
                self._handles.append(module.register_forward_pre_hook(self._ask))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _ask(self, module: nn.Module, inputs: object) -> None:
        if self._should_stop():
            raise RunAbortedError
