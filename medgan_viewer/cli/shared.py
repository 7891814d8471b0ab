"""What several commands need: options, package folders, printing, cancelling."""

import json
import math
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from medgan_viewer import paths
from medgan_viewer.errors import CancelledError, UsageError

DEVICES = ("auto", "cuda", "mps", "xpu", "cpu")
# C0 but for the tab, DEL and C1; line separators; what turns the direction of the text.
_OBEYED = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def known_device(name: str | None) -> str | None:
    """Return the name of a device; UsageError when there is no such one."""
    if name is not None and name not in DEVICES:
        raise UsageError(f"There is no device {name!r}.", f"Use one of {', '.join(DEVICES)}.")
    return name


def source_argument(help_text: str) -> Any:
    """Declare a file or folder to read.

    Whether it can be read is left to the reader, who says so with exit code 3; typer would end
    with 2.
    """
    return typer.Argument(help=help_text, readable=False)


JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for the results; made if missing.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]
DeviceOption = Annotated[
    str, typer.Option("--device", help="auto, cuda, mps, xpu or cpu.", callback=known_device)
]
BurnInOption = Annotated[
    bool,
    typer.Option(
        "--burn-in/--no-burn-in",
        help="Write SYNTHETIC into the pixels of DICOM and PNG files, or leave the pixels as they "
        "are, for measurements; the marks in the header are always there.",
    ),
]


def package_roots() -> list[Path]:
    """Return the folders with model packages, the user's first."""
    return [paths.user_packages(), paths.shipped_packages()]


def print_json(document: Any) -> None:
    """Print a document in ASCII: the encoding of a pipe can be any, and paths must survive it."""
    typer.echo(json.dumps(document, indent=2).replace("\x7f", "\\u007f"))


def say(line: str, *, is_error: bool = False) -> None:
    """Print one line; characters that a terminal would obey stand there by their number.

    Names and descriptions come from files that anybody may have written.
    """
    shown = _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
    typer.echo(shown, err=is_error)


@contextmanager
def cancellable(what_is_kept: str) -> Iterator[None]:
    """Turn Ctrl+C into an error with its exit code that says what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        raise CancelledError("Stopped.", what_is_kept) from None


class Progress:
    """A line on stderr that counts up; nothing when stderr is not a terminal."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown = False

    def update(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{self._title} {done} / {total} ")
            sys.stderr.flush()
            self._shown = True

    def finish(self) -> None:
        if self._shown:
            sys.stderr.write("\n")


def parse_pairs(
    entries: list[str], option: str, lowest: float = -math.inf, highest: float = math.inf
) -> dict[str, float]:
    """Read NAME=NUMBER entries of an option; UsageError for those that are none or beyond."""
    pairs = {}
    for entry in entries:
        name, equals, number = entry.partition("=")
        try:
            pairs[name] = float(number)
        except ValueError:
            equals = ""
        if not equals or not math.isfinite(pairs[name]):
            raise UsageError(
                problem=f"{option} {entry} is not of the form NAME=NUMBER.",
                action=f"Write for example {option} {name or 'name'}=0.5.",
            )
        if pairs[name] < lowest:
            raise UsageError(
                problem=f"{option} {entry} is too low.",
                action=f"Give a number of {lowest:g} or more.",
            )
        if pairs[name] > highest:
            raise UsageError(
                problem=f"{option} {entry} is too high.",
                action=f"Give a number of {highest:g} or less.",
            )
    return pairs
