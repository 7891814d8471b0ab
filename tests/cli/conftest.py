"""The command line in this process: one pool for the tests of a module, tiny models installed."""

import json
import shutil
from dataclasses import dataclass

import pytest

from medgan_viewer.cli import main
from medgan_viewer.dicom import decoder
from tests.package_factory import write_tanh_translator, write_tiny_package


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """Return the one document on stdout; anything beside it is an error."""
        return json.loads(self.out)


@pytest.fixture(scope="module")
def module_pool():
    with decoder.DecoderPool(1) as pool:
        pool.warm_up()  # its threads are no leak of the first test
        yield pool


@pytest.fixture
def run(capsys, monkeypatch, module_pool):
    """Return a function that runs a command; the pool it opens is that of the module."""

    class SharedPool:
        def __init__(self, workers=2):
            """Starting a process for every command would take most of the time."""

        def __enter__(self):
            return module_pool

        def __exit__(self, *error):
            """The pool is closed after the module."""

    monkeypatch.setattr(decoder, "DecoderPool", SharedPool)

    def run_command(*arguments):
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ended(end.value.code or 0, captured.out, captured.err)

    return run_command


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory):
    """Return a folder with the packages tiny (two labels, two directions) and tiny-t1-to-t2."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny_package(folder / "tiny")
    write_tanh_translator(folder / "tiny-t1-to-t2")
    return folder


@pytest.fixture
def models(tiny_models, temporary_home):
    """Install the tiny models for one test; return the folder."""
    return shutil.copytree(tiny_models, temporary_home / "data" / "models")


@pytest.fixture
def refused(run):
    """Return a function that runs a command and checks how it was refused."""

    def check(code, names, *arguments):
        ended = run(*arguments)
        assert (ended.code, ended.out) == (code, "")
        assert "Traceback" not in ended.err
        assert "unexpected error" not in ended.err
        assert len(ended.err.splitlines()) == 1
        problem, _, action = ended.err.strip().rpartition(". ")
        assert names in problem
        assert action[:1].isupper()
        assert action.endswith(".")
        return ended.err

    return check
