"""Sound packages that a test may spoil."""

import shutil

import pytest
import torch

from medgan_viewer.generators.package import open_package
from tests.package_factory import write_tiny_package


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Networks this small gain nothing from a second thread and wait for it on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def sound_packages(tmp_path_factory):
    root = tmp_path_factory.mktemp("sound")
    return {
        name: write_tiny_package(root / name, name) for name in ("stylegan2", "unet-translator")
    }


@pytest.fixture
def package(sound_packages, tmp_path):
    """Return a generator package."""
    return copied(sound_packages["stylegan2"], tmp_path)


@pytest.fixture
def translator(sound_packages, tmp_path):
    return copied(sound_packages["unet-translator"], tmp_path)


def copied(package, tmp_path):
    shutil.copytree(package.folder, tmp_path / package.id)
    return open_package(tmp_path / package.id)
