import copy
from pathlib import Path

import pytest

from medgan_viewer.errors import (
    CancelledError,
    InputError,
    MedganError,
    PackageError,
    UsageError,
    unexpected,
)


class WeightsMismatchError(PackageError):
    """An error of a module, made from data instead of from texts."""

    def __init__(self, path: Path, expected_sha256: str) -> None:
        super().__init__(
            problem=f"{path.name} differs from the file its model card describes.",
            action=f"Replace {path}.",
            details=f"SHA-256 expected {expected_sha256}",
        )


def test_the_text_is_the_problem_and_then_the_action():
    error = MedganError("chest.dcm is empty.", "Copy it again.", details="0 bytes")

    assert str(error) == "chest.dcm is empty. Copy it again."


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [(MedganError, 1), (UsageError, 2), (InputError, 3), (PackageError, 4), (CancelledError, 5)],
)
def test_each_kind_has_the_exit_code_of_the_command_line(kind, exit_code):
    assert kind.exit_code == exit_code


def test_an_error_with_its_own_constructor_crosses_a_process_border():
    error = WeightsMismatchError(Path("models") / "weights.safetensors", "ab12")

    arrived = copy.copy(error)  # uses the same protocol as pickling

    assert type(arrived) is WeightsMismatchError
    assert (arrived.problem, arrived.action) == (error.problem, error.action)
    assert arrived.details == "SHA-256 expected ab12"
    assert arrived.exit_code == 4


def test_a_bug_keeps_its_kind_and_text_for_the_log():
    error = unexpected(KeyError("RescaleSlope"))

    assert "KeyError" in error.problem
    assert error.details == "KeyError: 'RescaleSlope'"
    assert error.exit_code == 1
