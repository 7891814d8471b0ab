"""view: the window."""

from pathlib import Path
from typing import Annotated

import typer

from medgan_viewer.cli.shared import known_device
from medgan_viewer.errors import InputError, UsageError


def view(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files and folders to open.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Id or folder of a model.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Open the demonstration.")] = False,
    screenshot: Annotated[
        Path | None, typer.Option("--screenshot", help="Save the window as PNG, then quit.")
    ] = None,
    size: Annotated[str | None, typer.Option("--size", help="WIDTHxHEIGHT of the window.")] = None,
    mode: Annotated[
        str | None, typer.Option("--mode", help="browse, generate, translate or compare.")
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="Device for networks.", callback=known_device)
    ] = None,
) -> None:
    """Open the window."""
    for path in paths or []:
        if not path.exists():
            raise InputError(f"{path} does not exist.", "Check the spelling of the path.")
    from medgan_viewer.app import Start, run

    start = Start(
        paths=tuple(paths or ()),
        model=model,
        demo=demo,
        screenshot=screenshot,
        size=_size(size),
        mode=mode,
        device=device,
    )
    raise typer.Exit(run(start))


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 320 <= int(width) <= 16384):
        raise UsageError(f"--size {text} is not a size.", "Write for example 1440x900.")
    return int(width), int(height)
