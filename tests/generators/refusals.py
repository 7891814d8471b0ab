"""What every hostile package must end in: a PackageError with the reason, quickly."""

import time

import pytest

from medgan_viewer.errors import EXIT_PACKAGE, PackageError
from medgan_viewer.generators.package import open_package, read_card
from medgan_viewer.generators.registry import load_network
from medgan_viewer.generators.weights import read_direction_vectors

QUICK_S = 2.0


def load_all(package):
    """Read everything that the program reads of a package before it runs the network."""
    opened = open_package(package.folder)
    read_card(opened)
    read_direction_vectors(opened)
    return load_network(opened)


def refusal(package, reason):
    """Return the error; fail when there is none, it is of another kind, or it takes long."""
    started = time.monotonic()
    with pytest.raises(PackageError, match=reason) as caught:
        load_all(package)
    assert time.monotonic() - started < QUICK_S
    assert caught.value.exit_code == EXIT_PACKAGE
    assert caught.value.action
    assert len(caught.value.problem) < 600
    return caught.value
