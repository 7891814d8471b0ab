"""TensorBoard event files of a run, for those who have its tools."""

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from medgan_viewer.errors import UsageError
from medgan_viewer.training.family import Sheet
from medgan_viewer.training.run_folder import marked_sheet


class _Writer(Protocol):
    """What is used of tensorboardX's SummaryWriter."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None: ...

    def add_image(
        self, tag: str, img_tensor: npt.NDArray[Any], global_step: int, *, dataformats: str
    ) -> None: ...

    def flush(self) -> None: ...


class EventFile:
    """Losses and sample sheets as TensorBoard reads them."""

    def __init__(self, folder: Path) -> None:
        self._writer = _open_writer(folder)

    def add_scalars(self, images: int, means: dict[str, float]) -> None:
        for name, mean in means.items():
            self._writer.add_scalar(name, mean, images)

    def add_sheet(self, images: int, sheet: Sheet) -> None:
        self._writer.add_image("samples", marked_sheet(sheet), images, dataformats="HW")
        self._writer.flush()


def _open_writer(folder: Path) -> _Writer:
    try:
        library = import_module("tensorboardX")
    except ImportError as error:
        raise UsageError(
            "TensorBoard event files need the package tensorboardX.",
            "Install medgan-viewer[tensorboard], or leave tensorboard out of the configuration.",
        ) from error
    writer: _Writer = library.SummaryWriter(str(folder))
    return writer
