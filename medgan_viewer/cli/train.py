"""train: networks from a configuration file, resumed where an earlier run stopped."""

import logging
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from medgan_viewer.cli.shared import DeviceOption, JsonOption, print_json, say, source_argument
from medgan_viewer.errors import EXIT_CANCELLED, UsageError


def train(
    config: Annotated[Path, source_argument("TOML file; docs/training.md lists its entries.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the run; made if missing.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint in the folder of the run.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            readable=False,
            help="Folder that the configuration's data folder is relative to.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    max_minutes: Annotated[
        float | None, typer.Option("--max-minutes", help="Wall clock over all resumptions.")
    ] = None,
    piece: Annotated[
        float | None,
        typer.Option("--piece", help="Stop after so many minutes of this call; resume later."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, max=2**31 - 1)] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a model and write a model package; Ctrl+C keeps a checkpoint."""
    began = time.time()
    from medgan_viewer.training.config import parse_config, read_bytes
    from medgan_viewer.training.runner import RunOptions, run_training

    for option, minutes in (("--max-minutes", max_minutes), ("--piece", piece)):
        if minutes is not None and not 0 < minutes < math.inf:
            raise UsageError(f"{option} must be above 0.", f"Give for example {option} 30.")
    content = read_bytes(config)
    wanted = parse_config(content, config)
    changes: dict[str, object] = {}
    if max_minutes is not None:
        changes["max_minutes"] = max_minutes
    if seed is not None:
        changes["seed"] = seed
    loop = wanted.training.model_copy(update=changes)
    if loop.images is None and loop.max_minutes is None:
        raise UsageError(
            f"{config} says neither how many images nor how many minutes to train.",
            "Set images or max_minutes in [training], or give --max-minutes.",
        )
    wanted = wanted.model_copy(update={"training": loop})
    options = RunOptions(
        out=out or Path("runs") / wanted.model.id,
        data_root=data or config.parent,
        config_folder=config.parent,
        resume=resume,
        device=None if device == "auto" else device,
        piece_minutes=piece,
        config_text=content,
        began=began,
    )
    with _progress_on_stderr():
        result = run_training(wanted, options)
    package = None if result.package is None else str(result.package.folder)
    if as_json:
        print_json(
            {
                "finished": result.is_over,
                "images": result.images,
                "minutes": round(result.minutes, 2),
                "folder": str(result.folder),
                "package": package,
            }
        )
    elif package is not None:
        say(f"{result.images} images in {result.minutes:.1f} minutes. Package: {package}")
    if not result.is_over:
        say(
            f"Stopped after {result.images} images; the checkpoint is in {result.folder}. "
            "Go on with --resume.",
            is_error=True,
        )
        raise typer.Exit(EXIT_CANCELLED)


@contextmanager
def _progress_on_stderr() -> Iterator[None]:
    """Show what the training notes; without that, stderr gets warnings alone."""
    notes = logging.getLogger("medgan_viewer.training")
    notes.setLevel(logging.INFO)
    console = [each for each in logging.getLogger().handlers if each.get_name() == "medgan"]
    if any(each.level <= logging.INFO for each in console):  # shown already, by --log-level
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: record.levelno == logging.INFO)
    notes.addHandler(handler)
    try:
        yield
    finally:
        notes.removeHandler(handler)
