"""view: the window."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from medgan_viewer.cli.shared import known_device, source_argument
from medgan_viewer.errors import EXIT_INPUT, EXIT_PACKAGE, InputError, PackageError, UsageError
from medgan_viewer.files import is_file, status_of

SIDES = range(240, 16385)  # pixels


def view(
    paths: Annotated[list[Path] | None, source_argument("Files and folders to open.")] = None,
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
        if status_of(path) is None:
            raise InputError(f"{path} does not exist.", "Check the spelling of the path.")
    if screenshot is not None:
        from medgan_viewer.export.target import check_target

        opened_files = [path for path in paths or [] if is_file(path)]
        check_target(screenshot, overwrite=_is_picture(screenshot), source_paths=opened_files)
    _find_screen(is_picture=screenshot is not None)
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
    code = run(start)
    if code == EXIT_INPUT:
        _explain_missing_image(paths or [], screenshot)
    if code == EXIT_PACKAGE:
        raise PackageError(
            problem=f"The model {model or 'that was used last'} made no image.",
            action=f"Run 'medgan-viewer models verify {model or 'ID'}' for the reason.",
        )
    raise typer.Exit(code)


def _find_screen(*, is_picture: bool) -> None:
    """Let Qt do without a screen for a picture; else say that there is none, before Qt aborts."""
    known = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if not sys.platform.startswith("linux") or any(os.environ.get(name) for name in known):
        return
    if not is_picture:
        raise UsageError(
            problem="There is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set.",
            action="Start it in a desktop session, under xvfb-run, or with --screenshot FILE.png.",
        )
    os.environ["QT_QPA_PLATFORM"] = "offscreen"


def _is_picture(path: Path) -> bool:
    """Tell a picture of an earlier run, which is replaced, from what may be a source image."""
    try:
        with path.open("rb") as stream:
            return stream.read(8) == b"\x89PNG\r\n\x1a\n"
    except OSError:
        return False


def _explain_missing_image(paths: list[Path], screenshot: Path | None) -> NoReturn:
    """Say on the console what the window showed in a notice."""
    if screenshot is not None and not is_file(screenshot):
        raise InputError(
            problem=f"The picture {screenshot} could not be written.",
            action="Choose a folder in which you may write.",
        )
    opened = " ".join(map(str, paths)) or "the demonstration"
    raise InputError(
        problem=f"No image of {opened} could be shown.",
        action="Run 'medgan-viewer scan' with the same paths for the reasons.",
    )


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    sides = [int(side) for side in (width, height) if side.isdecimal()]
    if not (len(sides) == 2 and all(side in SIDES for side in sides)):
        raise UsageError(f"--size {text} is not a size.", "Write for example 1440x900.")
    return sides[0], sides[1]
