"""TensorBoard event files: optional, and asked for by name when the package is missing."""

import sys
import types

import numpy as np
import pytest

from medgan_viewer.errors import UsageError
from medgan_viewer.training.event_files import EventFile
from medgan_viewer.training.family import Sheet
from medgan_viewer.training.run_folder import MARK_ROWS
from tests.training.made_images import family_of, loop_of


class RememberingWriter:
    """Stands for tensorboardX's SummaryWriter."""

    def __init__(self, folder):
        self.folder = folder
        self.scalars, self.images = [], []
        RememberingWriter.newest = self

    def add_scalar(self, tag, scalar_value, global_step):
        self.scalars.append((tag, scalar_value, global_step))

    def add_image(self, tag, img_tensor, global_step, *, dataformats):
        self.images.append((tag, img_tensor.shape, global_step, dataformats))

    def flush(self):
        pass


@pytest.fixture
def tensorboard(monkeypatch):
    module = types.ModuleType("tensorboardX")
    module.SummaryWriter = RememberingWriter
    monkeypatch.setitem(sys.modules, "tensorboardX", module)
    return RememberingWriter


@pytest.fixture
def no_tensorboard(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)  # importing it fails


def test_without_the_package_its_name_is_told(no_tensorboard, tmp_path):
    with pytest.raises(UsageError, match=r"tensorboardX.*medgan-viewer\[tensorboard\]"):
        EventFile(tmp_path)


def test_a_run_that_asks_for_event_files_without_the_package_does_not_begin(
    no_tensorboard, tmp_path
):
    with pytest.raises(UsageError, match="tensorboardX"):
        loop_of(family_of("dcgan"), tmp_path, 2, tensorboard=True)


def test_a_run_that_does_not_ask_needs_no_package(no_tensorboard, tmp_path):
    assert loop_of(family_of("dcgan"), tmp_path, 1).run()


def test_losses_and_marked_sheets_are_written_by_images_seen(tensorboard, tmp_path):
    events = EventFile(tmp_path)

    events.add_scalars(40, {"l1": 0.5})
    events.add_sheet(40, Sheet(np.zeros((2, 64, 64), np.float32), 2))

    assert tensorboard.newest.folder == str(tmp_path)
    assert tensorboard.newest.scalars == [("l1", 0.5, 40)]
    assert tensorboard.newest.images == [("samples", (MARK_ROWS + 64, 128), 40, "HW")]


def test_a_run_writes_the_points_of_its_curves_as_events(tensorboard, tmp_path):
    loop_of(family_of("dcgan"), tmp_path, 2, tensorboard=True).run()

    assert {tag for tag, _, _ in tensorboard.newest.scalars} == {"judge", "told apart", "deceit"}
    assert tensorboard.newest.folder == str(tmp_path / "events")
    assert [images for _, _, images, _ in tensorboard.newest.images] == [8]
