"""Entry point: finds the subcommand, runs it, turns errors into exit codes."""

import logging
import multiprocessing
import os
import sys
import tempfile
from io import TextIOWrapper
from typing import Annotated

import typer

from medgan_viewer import __version__, paths
from medgan_viewer.cli.compare import compare
from medgan_viewer.cli.evaluate import evaluate
from medgan_viewer.cli.generate import generate
from medgan_viewer.cli.models import app as models
from medgan_viewer.cli.shared import say
from medgan_viewer.cli.study import probe, render, scan
from medgan_viewer.cli.train import train
from medgan_viewer.cli.translate import translate
from medgan_viewer.cli.view import view
from medgan_viewer.errors import EXIT_BUG, EXIT_CANCELLED, EXIT_DONE, MedganError, UsageError
from medgan_viewer.logs import set_up_logging

log = logging.getLogger(__name__)

HELP = "Browse real DICOM studies beside images that a generative network made. Not for diagnosis."

app = typer.Typer(
    name="medgan-viewer",
    help=HELP,
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("view")(view)
app.command("scan")(scan)
app.command("render")(render)
app.command("probe")(probe)
app.command("generate")(generate)
app.command("translate")(translate)
app.command("compare")(compare)
app.command("train")(train)
app.command("evaluate")(evaluate)
app.add_typer(models, name="models")

COMMANDS = (
    "view",
    "scan",
    "render",
    "probe",
    "generate",
    "translate",
    "compare",
    "train",
    "evaluate",
    "models",
)
_GLOBAL_WITH_VALUE = ("--log-level",)
_INTERRUPTED = 130  # what typer makes of Ctrl+C


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
    log_level: Annotated[str, typer.Option(help="Least severe message on stderr.")] = "WARNING",
    temp_home: Annotated[
        bool, typer.Option(help="Keep settings and logs in a new temporary folder.")
    ] = False,
) -> None:
    """Set up what all commands share."""
    if version:
        typer.echo(f"medgan-viewer {__version__}")
        raise typer.Exit(EXIT_DONE)
    if temp_home:
        os.environ["MEDGAN_HOME"] = tempfile.mkdtemp(prefix="medgan-viewer-")
    level = log_level.upper()
    if level not in logging.getLevelNamesMapping():
        raise UsageError(f"There is no level {log_level!r}.", "Use debug, info, warning or error.")
    set_up_logging(paths.log_folder(), level)


def main(argv: list[str] | None = None) -> None:
    """Run a command and exit with its code (medgan_viewer.errors)."""
    multiprocessing.freeze_support()
    # An explicit weights_only=True is refused by nothing, but nobody else shall turn it off.
    os.environ.pop("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", None)
    if isinstance(sys.stdout, TextIOWrapper):  # it is None in a program without a console
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the console cannot show
    arguments = with_command(sys.argv[1:] if argv is None else argv)
    try:
        app(arguments)
    except SystemExit as end:
        sys.exit(EXIT_CANCELLED if end.code == _INTERRUPTED else end.code)
    except MedganError as error:
        say(f"{error.problem} {error.action}", is_error=True)
        log.info("ended with %s: %r", type(error).__name__, error.details)
        sys.exit(error.exit_code)
    except Exception as error:  # the user gets one line, the log the traceback
        log.info("ended with an unexpected error", exc_info=True)  # errors go to stderr too
        say(f"An unexpected error: {type(error).__name__}: {error}", is_error=True)
        sys.exit(EXIT_BUG)


def with_command(arguments: list[str]) -> list[str]:
    """Put "view" before the arguments when they name no command: a path is enough to open it."""
    for index, argument in enumerate(arguments):
        if argument in ("--help", "--version"):
            return arguments
        if argument in _GLOBAL_WITH_VALUE or (index and arguments[index - 1] in _GLOBAL_WITH_VALUE):
            continue
        if argument == "--temp-home":
            continue
        if argument in COMMANDS:
            return arguments
        return [*arguments[:index], "view", *arguments[index:]]
    return [*arguments, "view"]
