"""Machine: device, precision and processes of a run, through Lightning Fabric."""

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from medgan_viewer.errors import UsageError
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.training.config import LoopConfig
from medgan_viewer.training.draw import Share

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run computes.

    Attributes
    ----------
    fabric : launched; its processes share the gradients
    dtype : of convolutions
    channels_last : memory layout of images and weights
    compiled : whether networks go through torch.compile
    """

    fabric: Fabric
    dtype: torch.dtype
    channels_last: bool = True
    compiled: bool = False

    @property
    def device(self) -> torch.device:
        return self.fabric.device

    @property
    def share(self) -> Share:
        return Share(self.fabric.global_rank, self.fabric.world_size)

    @property
    def is_first(self) -> bool:
        return self.fabric.is_global_zero

    def autocast(self) -> AbstractContextManager[None]:
        """Return the context in which convolutions run in `dtype`."""
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.dtype is not torch.float32
        )

    def place(self, network: Network) -> Network:
        """Move a network to the device, in the layout that its convolutions like."""
        network.to(self.device)
        if self.channels_last:
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.compiled:
            network.compile()
        return network

    def laid_out(self, images: Tensor) -> Tensor:
        """Bring (batch, channels, rows, columns) into the layout of the networks."""
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        return images.contiguous(memory_format=layout)

    def descend(
        self, loss: Tensor, optimizer: torch.optim.Optimizer, parameters: Sequence[nn.Parameter]
    ) -> bool:
        """Take one step of an optimiser along the gradients of all processes.

        Returns
        -------
        False if the loss or a gradient was not finite; the step is left out then, everywhere
        """
        return self.descend_all(loss, [optimizer], parameters)

    def descend_all(
        self,
        loss: Tensor,
        optimizers: Sequence[torch.optim.Optimizer],
        parameters: Sequence[nn.Parameter],
    ) -> bool:
        """Take one step of several optimisers along one loss."""
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        gradients = [p.grad for p in parameters if p.grad is not None]
        self._average(gradients)
        # A difference to a target that is no number has the gradient 0, hence the loss, too.
        if not _are_finite([*gradients, self.mean(loss.detach())]):
            return False
        for optimizer in optimizers:
            optimizer.step()
        return True

    def mean(self, value: Tensor) -> Tensor:
        """Return the mean of a tensor over all processes."""
        # The exchange writes into what it is given.
        return value if self.fabric.world_size == 1 else self._exchange(value.clone())

    def _average(self, gradients: Sequence[Tensor]) -> None:
        """Bring the gradients of all processes to their mean, in one exchange."""
        if self.fabric.world_size == 1 or not gradients:
            return
        flat = self._exchange(torch.cat([gradient.flatten() for gradient in gradients]))
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
            start += gradient.numel()

    def _exchange(self, value: Tensor) -> Tensor:
        mean = self.fabric.all_reduce(value, reduce_op="mean")
        assert isinstance(mean, Tensor)
        return mean


def start_machine(config: LoopConfig, device: str | None = None) -> Machine:
    """Join the processes that torchrun started, or work alone.

    Raises
    ------
    UsageError
        The device is not there, or does not compute in the wished precision.
    """
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    choice = choose_device(Preference(device or config.device))
    if choice.kind == "xpu":
        raise UsageError("Nothing can be trained on an xpu device yet.", "Choose cuda or cpu.")
    has_bf16 = choice.fast_dtype is torch.bfloat16
    if config.precision == "bf16" and choice.kind != "cpu" and not has_bf16:
        raise UsageError(f"{choice.name} has no bfloat16.", "Set precision to auto or fp32.")
    low = config.precision == "bf16" or (config.precision == "auto" and has_bf16)
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    world = int(os.environ.get("WORLD_SIZE", "1"))
    fabric = Fabric(
        accelerator=choice.kind if choice.kind in ("cuda", "mps") else "cpu",
        devices=local,
        num_nodes=max(world // local, 1),
        strategy="ddp" if world > 1 else "auto",
        precision="32-true",  # autocast is ours: only convolutions run in bfloat16
    )
    fabric.launch()
    if fabric.device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    return Machine(fabric, torch.bfloat16 if low else torch.float32, compiled=config.compile)


def _are_finite(gradients: Iterable[Tensor]) -> bool:
    norms = torch._foreach_norm(list(gradients))
    return bool(torch.isfinite(torch.stack(norms)).all()) if norms else True
