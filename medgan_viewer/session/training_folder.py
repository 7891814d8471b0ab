"""TrainingRun: what the folder of a training run says of it, whoever started it.

Everything here is read from files that another process writes at the same time, so that any of them
may be missing, half written or from an earlier start of the same run.
"""

import json
import re
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from medgan_viewer.files import is_file, write_atomically
from medgan_viewer.session.training_order import plain_name
from medgan_viewer.session.training_process import find_process, is_running
from medgan_viewer.training.run_states import RunState, Wish

CONFIG_FILE = "config.toml"
STATUS_FILE = "status.json"
CURVES_FILE = "curves.csv"
CONTROL_FILE = "control"
LOG_FILE = "log.txt"
LAUNCH_FILE = "launch.json"  # of the window: which process it started last, and when
PACKAGE_FOLDER = "package"
MAX_DOCUMENT_BYTES = 1 << 20
MAX_LOG_BYTES = 4096
MAX_RUNS = 200
_MAX_TEXT = 2000

DIED_EARLY = "The training ended before it began; the details show its last words."
DIED = (
    "The training process ended without a word: it was killed, or the computer was switched off. "
    "Resume goes on from its last checkpoint."
)


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One run as its folder shows it.

    Attributes
    ----------
    family, resolution : of the configuration; empty and 0 where it cannot be read
    wish : what the process was told last
    images, images_wanted : seen so far, and in all; None without such a limit
    minutes, max_minutes : of training so far, over all its starts, and the budget
    images_per_second : lately
    phase : what it is at, in its own words
    message : what went wrong, and what to do
    details : the last lines of its log where it ended by itself
    package : folder of the finished model package
    started : when its process was started last, seconds since 1970
    """

    folder: Path
    name: str
    state: RunState
    family: str = ""
    resolution: int = 0
    wish: Wish = Wish.RUN
    images: int = 0
    images_wanted: int | None = None
    minutes: float = 0.0
    max_minutes: float | None = None
    images_per_second: float = 0.0
    phase: str = ""
    message: str = ""
    details: str = ""
    package: Path | None = None
    started: float = 0.0

    @property
    def can_pause(self) -> bool:
        return self.state in (RunState.STARTING, RunState.RUNNING) and self.wish is Wish.RUN

    @property
    def can_resume(self) -> bool:
        """It waits or is about to, or its process is gone before the end."""
        if self.state.is_live:
            return self.wish is Wish.PAUSE or (
                self.state is RunState.PAUSED and self.wish is not Wish.STOP
            )
        return self.state is not RunState.FINISHED

    @property
    def can_stop(self) -> bool:
        return self.state.is_live and self.wish is not Wish.STOP


@dataclass(frozen=True, slots=True)
class _Launch:
    pid: int
    pid_started: float | None
    before: float
    after: float


def find_runs(root: Path, before: Mapping[Path, TrainingRun]) -> list[TrainingRun]:
    """Return the runs below a folder, newest first; none where it cannot be read.

    Parameters
    ----------
    before : what was found the last time, by folder
    """
    try:
        folders = [path for path in root.iterdir() if path.is_dir()]
    except OSError:
        return []
    runs = [run for folder in folders if (run := read_run(folder, before.get(folder)))]
    return sorted(runs, key=lambda run: (-run.started, run.folder.name))[:MAX_RUNS]


def read_run(folder: Path, before: TrainingRun | None = None) -> TrainingRun | None:
    """Return what the folder of a run says; None when it is no such folder.

    While its status is half written, what was found the last time holds.
    """
    config, started = _config(folder / CONFIG_FILE)
    status = read_document(folder / STATUS_FILE)
    launch = _read_launch(folder)
    if config is None and status is None:
        return None
    if status is None and before is not None and is_file(folder / STATUS_FILE):
        return before
    status = status or {}
    state, says = _state(status, launch)
    message = _text(status, "message") if says else ""
    details = ""
    if state in (RunState.FAILED, RunState.INTERRUPTED):
        details = log_tail(folder / LOG_FILE)
        message = message if says and state is RunState.FAILED else ""
        message = message or (DIED if state is RunState.INTERRUPTED else _last_words(details))
    model = (config or {}).get("model")
    model = model if isinstance(model, dict) else {}
    package = folder / PACKAGE_FOLDER
    return TrainingRun(
        folder=folder,
        name=plain_name(_text(model, "name")) or plain_name(folder.name),
        state=state,
        family=_text(model, "family")[:40],
        resolution=int(_number(model, "resolution") or 0),
        wish=_wish(folder / CONTROL_FILE),
        images=int(_number(status, "images") or 0),
        images_wanted=_whole(_number(status, "images_wanted")),
        minutes=_number(status, "minutes") or 0.0,
        max_minutes=_number(status, "max_minutes") or _budget(config),
        images_per_second=_number(status, "images_per_second") or 0.0,
        phase=_text(status, "phase")[:200],
        message=message,
        details=details,
        package=package if is_file(package / "manifest.json") else None,
        started=started,
    )


def write_wish(folder: Path, wish: Wish) -> None:
    """Tell the process of a run what to do; InputError when the folder is not writable."""
    write_atomically(folder / CONTROL_FILE, f"{wish.value}\n".encode("ascii"))


def write_launch(folder: Path, pid: int, before: float) -> None:
    """Note down the process that was just started; `before` is a time just before that."""
    found = find_process(pid)
    started = None if found is None else found.since_boot_s
    document = {"pid": pid, "pid_started": started, "before": before, "after": time.time()}
    write_atomically(folder / LAUNCH_FILE, json.dumps(document).encode("ascii"))


def read_document(path: Path) -> dict[str, Any] | None:
    """Return a JSON object; None where there is none, or none that can be read yet."""
    try:
        document = json.loads(_bytes(path))
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def log_tail(path: Path) -> str:
    """Return the last lines of a log, without what would steer a terminal."""
    try:
        with path.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(stream.tell() - MAX_LOG_BYTES, 0))
            content = stream.read(MAX_LOG_BYTES)
    except OSError:
        return ""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", content.decode("utf-8", errors="replace"))
    lines = ["".join(c for c in line if c.isprintable()).rstrip() for line in text.splitlines()]
    return "\n".join([line for line in lines if line][-20:])


def _state(status: dict[str, Any], launch: _Launch | None) -> tuple[RunState, bool]:
    """Return the state, and whether the status is that of the start that counts."""
    updated = _number(status, "updated") or 0.0
    if launch is not None and updated < launch.before:  # that process has not said anything yet
        alive = is_running(launch.pid, launch.pid_started, launch.after)
        return (RunState.STARTING if alive else RunState.FAILED), False
    try:
        state = RunState(status.get("state"))
    except ValueError:
        return RunState.INTERRUPTED, False
    pid = int(_number(status, "pid") or 0)
    if state.is_live and not is_running(pid, _number(status, "pid_started"), updated):
        return RunState.INTERRUPTED, True
    return state, True


def _last_words(details: str) -> str:
    """Return the line in which the program says why it ended, or a sentence in its place."""
    lines = details.splitlines()
    return lines[-1][:_MAX_TEXT] if lines else DIED_EARLY


def _config(path: Path) -> tuple[dict[str, Any] | None, float]:
    """Return the configuration and when it was written, which each start of a process does."""
    try:
        written = path.stat().st_mtime
        return tomllib.loads(_bytes(path).decode("utf-8")), written
    except FileNotFoundError:
        return None, 0.0
    except (OSError, ValueError, RecursionError):
        return {}, 0.0


def _budget(config: dict[str, Any] | None) -> float | None:
    training = (config or {}).get("training")
    return _number(training, "max_minutes") if isinstance(training, dict) else None


def _read_launch(folder: Path) -> _Launch | None:
    document = read_document(folder / LAUNCH_FILE) or {}
    pid, before, after = (_number(document, key) for key in ("pid", "before", "after"))
    if pid is None or before is None or after is None:
        return None
    return _Launch(int(pid), _number(document, "pid_started"), before, after)


def _wish(path: Path) -> Wish:
    try:
        with path.open("rb") as stream:
            return Wish(stream.read(16).decode("ascii", errors="replace").strip())
    except (OSError, ValueError):
        return Wish.RUN


def _bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(content) > MAX_DOCUMENT_BYTES:
        raise ValueError("too large")
    return content


def _number(document: dict[str, Any], key: str) -> float | None:
    """Return a number that is not negative, else None; NaN and numbers beyond reason are none."""
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) and 0 <= value < 1e15 else None


def _whole(value: float | None) -> int | None:
    return int(value) if value else None


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return value[:_MAX_TEXT] if isinstance(value, str) else ""
