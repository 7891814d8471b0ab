"""Reading torch's libraries in advance: quick, and never in the way of the import."""

import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from medgan_viewer.inference import preload
from medgan_viewer.inference.preload import preload_torch


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Return the folder of a made torch."""
    folder = tmp_path / "torch" / "lib"
    folder.mkdir(parents=True)
    spec = ModuleSpec("torch", None, origin=str(tmp_path / "torch" / "__init__.py"))
    monkeypatch.setattr(preload, "find_spec", lambda name: spec)
    return folder


def test_the_libraries_of_torch_are_read_and_no_others(library):
    (library / "libtorch_cpu.so").write_bytes(b"x" * 3_000_000)
    (library / "libother.so").write_bytes(b"x" * 50)

    assert preload_torch() == 3_000_000


def test_what_cannot_be_read_is_left_to_the_import(library):
    (library / "libtorch_cpu.so").mkdir()

    assert preload_torch() == 0


def test_without_torch_nothing_is_read(monkeypatch):
    monkeypatch.setattr(preload, "find_spec", lambda name: None)

    assert preload_torch() == 0


def test_torch_itself_is_not_imported():
    code = (
        "import sys; from medgan_viewer.inference.preload import preload_torch; "
        "preload_torch(); sys.exit('torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
