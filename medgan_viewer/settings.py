"""Settings: every option with title, limits and default, kept as one JSON document.

Read in app.py or the command line and handed down as plain arguments; nothing below reads it.
"""

import json
import logging
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medgan_viewer.errors import InputError
from medgan_viewer.files import write_atomically

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1


class Settings(BaseModel):
    """The user's options and the state of the window at the last close."""

    model_config = ConfigDict(frozen=True, extra="allow")

    schema_version: Literal[1] = 1
    cache_mib: Annotated[
        int, Field(ge=64, le=262_144, title="Memory for decoded images", description="MiB")
    ] = 1024
    device: Annotated[
        Literal["auto", "cuda", "mps", "xpu", "cpu"], Field(title="Device for networks")
    ] = "auto"
    show_hints: Annotated[bool, Field(title="Show the hints at the bottom")] = True
    last_folder: Annotated[str, Field(title="Folder opened last")] = ""
    mode: Annotated[
        Literal["browse", "generate", "translate", "compare"], Field(title="Mode at the last close")
    ] = "generate"
    source_mode: Annotated[
        Literal["generate", "translate"], Field(title="What Compare shows beside the real image")
    ] = "generate"
    hide_identity: Annotated[bool, Field(title="Hide patient identifiers")] = False
    columns: Annotated[int, Field(ge=1, le=3, title="Columns of the layout")] = 2
    rows: Annotated[int, Field(ge=1, le=3, title="Rows of the layout")] = 1
    link_scroll: Annotated[bool, Field(title="Scroll linked views together")] = True
    link_view: Annotated[bool, Field(title="Zoom linked views together")] = True
    link_position: Annotated[bool, Field(title="Move linked views together")] = True
    link_window: Annotated[bool, Field(title="Carry the window to views with the same values")] = (
        True
    )
    layouts: Annotated[
        dict[str, tuple[Annotated[int, Field(ge=1, le=3)], Annotated[int, Field(ge=1, le=3)]]],
        Field(max_length=200, title="Layout used last for each modality and body part"),
    ] = {}
    reference_lines: Annotated[bool, Field(title="Show reference lines")] = True
    left_panel: Annotated[bool, Field(title="Study panel is open")] = True
    right_panel: Annotated[bool, Field(title="Model panel is open")] = True
    cine_rate: Annotated[
        float, Field(ge=1, le=60, title="Images per second of cine where the file names no rate")
    ] = 15.0
    hidden_corner_parts: Annotated[
        tuple[str, ...], Field(max_length=50, title="Text over the images that is left out")
    ] = ()
    keys: Annotated[
        dict[str, tuple[str, ...]], Field(max_length=500, title="Keys changed by the user")
    ] = {}
    window_geometry: Annotated[str, Field(title="Place of the window")] = ""
    generator: Annotated[str, Field(title="Generator used last")] = "chest-xray"
    translator: Annotated[str, Field(title="Translator used last")] = "brain-t1-to-t2"
    package_folders: Annotated[
        tuple[str, ...], Field(max_length=100, title="Model packages opened by hand")
    ] = ()


def load_settings(path: Path) -> Settings:
    """Return the settings in `path`; what cannot be used is set to its default and logged.

    A file that cannot be read at all is kept beside the new one under the name *.unreadable.
    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, RecursionError) as error:
        log.warning("settings are not readable and were set aside: %s", type(error).__name__)
        _set_aside(path)
        return Settings()
    return _validated(document, path)


def _validated(document: Any, path: Path) -> Settings:
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        if not isinstance(document, dict) or document.get("schema_version", 1) != SCHEMA_VERSION:
            _set_aside(path)
            return Settings()
        refused = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}
        log.warning("settings out of their limits were reset: %s", ", ".join(sorted(refused)))
        kept = {name: value for name, value in document.items() if name not in refused}
        return Settings.model_validate(kept)


def save_settings(path: Path, settings: Settings) -> None:
    """Write the document atomically; InputError when the folder is not writable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            problem=f"The settings folder {path.parent} cannot be made.",
            action="Check the rights of your home folder.",
            details=str(error),
        ) from error
    # ASCII escapes, because a folder name on Linux may be no Unicode text.
    write_atomically(path, json.dumps(settings.model_dump(), indent=2).encode("ascii") + b"\n")


def _set_aside(path: Path) -> None:
    try:
        path.replace(path.with_suffix(".unreadable"))
    except OSError as error:
        log.warning("the old settings could not be set aside: %s", error.strerror)
