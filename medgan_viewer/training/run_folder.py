"""RunFolder: what a run leaves on disk, and how others steer it.

docs/training.md lists the files. The window and `evaluate` read them; only `control` is written by
others.
"""

import contextlib
import csv
import json
import logging
import math
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from medgan_viewer.errors import InputError
from medgan_viewer.evaluation.contact_sheet import png_of
from medgan_viewer.files import write_atomically
from medgan_viewer.training.family import SYNTHETIC, Sheet
from medgan_viewer.training.run_states import RunState, Wish, read_process

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunStatus:
    """One look at a run; status.json holds it with the process and the time."""

    state: RunState
    images: int = 0
    images_wanted: int | None = None
    minutes: float = 0.0
    max_minutes: float | None = None
    images_per_second: float = 0.0
    phase: str = ""
    message: str = ""


CURVES_HEADER = ("images", "minutes", "loss", "mean")
MARK_ROWS, MARK_COLUMNS = 18, 80  # pixels that the mark needs


class RunFolder:
    """Paths and files of one run.

    Raises
    ------
    InputError
        The folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last = RunStatus(RunState.STARTING)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "sheets").mkdir(exist_ok=True)
        except OSError as error:
            raise _not_writable(folder, error) from error

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def curves(self) -> Path:
        return self.folder / "curves.csv"

    @property
    def package(self) -> Path:
        return self.folder / "package"

    def write_status(self, status: RunStatus) -> None:
        """Say what the run does; a disk that is full does not end it for that."""
        self._last = status
        process = read_process(os.getpid())
        document = asdict(status) | {
            "state": status.state.value,
            "pid": os.getpid(),
            "pid_started": None if process is None else process.since_boot_s,
            "updated": time.time(),
        }
        # Complete or not at all, but without waiting for the disk: the next one comes in a second.
        part = self.folder / ".status.json.part"
        try:
            part.write_text(json.dumps(document), encoding="utf-8")
            part.replace(self.folder / "status.json")
        except OSError as error:
            log.warning("status.json could not be written: %s", error.strerror)

    def write_failure(self, message: str) -> None:
        """Say that the run failed where the last status was."""
        self.write_status(replace(self._last, state=RunState.FAILED, message=message))

    def write_record(self, record: dict[str, Any]) -> None:
        text = json.dumps(record, indent=2) + "\n"
        write_atomically(self.folder / "run.json", text.encode())

    def read_record(self) -> dict[str, Any] | None:
        """Return run.json; None when there is none that can be read."""
        try:
            record = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None

    def wish(self) -> Wish:
        """Return what `control` asks for; anything unknown means to go on."""
        try:
            return Wish((self.folder / "control").read_text(encoding="utf-8").strip())
        except (OSError, ValueError):
            return Wish.RUN

    def clear_wish(self, before: float) -> None:
        """Forget a wish of an earlier start: the run is meant to run.

        Parameters
        ----------
        before : seconds since 1970; a later wish is for this start, and holds
        """
        control = self.folder / "control"
        with contextlib.suppress(FileNotFoundError):
            if control.stat().st_mtime < before:
                control.unlink()

    def ask(self, wish: Wish) -> None:
        """Write a wish as others would; the run follows it at its next step."""
        (self.folder / "control").write_text(f"{wish.value}\n", encoding="utf-8")

    def append_curves(self, images: int, minutes: float, means: dict[str, float]) -> None:
        is_new = not self.curves.exists()
        try:
            with self.curves.open("a", newline="", encoding="utf-8") as stream:
                writer = csv.writer(stream, lineterminator="\n")
                if is_new:
                    writer.writerow(CURVES_HEADER)
                for name, mean in means.items():
                    writer.writerow((images, f"{minutes:.3f}", name, f"{mean:.6g}"))
        except OSError as error:
            raise _not_writable(self.folder, error) from error

    def cut_curves(self, images: int) -> None:
        """Drop what was written after a checkpoint, before the run goes on from it.

        Lines that are no points, such as the half of one that was being written, are dropped, too.
        """
        try:
            text = self.curves.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise _not_writable(self.folder, error) from error
        whole = text[: text.rfind("\n") + 1].splitlines()
        rows = [row for row in csv.reader(whole) if _is_point(row) and int(row[0]) <= images]
        lines = [",".join(row) for row in (CURVES_HEADER, *rows)]
        write_atomically(self.curves, ("\n".join(lines) + "\n").encode())

    def save_sheet(self, images_seen: int, sheet: Sheet) -> Path:
        path = self.folder / "sheets" / f"{images_seen:08d}.png"
        write_atomically(path, sheet_png(sheet))
        return path


def sheet_png(sheet: Sheet) -> bytes:
    """Return a marked sheet as a PNG that says Synthetic: YES, so that no run trains on it."""
    return png_of(marked_sheet(sheet), {})


def marked_sheet(sheet: Sheet) -> npt.NDArray[np.uint8]:
    """Lay pictures out as one 8-bit picture, a line of text above all rows of one caption."""
    n, rows, width = sheet.images.shape
    lines = -(-n // sheet.columns)
    captions = sheet.captions or (SYNTHETIC,) * lines
    font = ImageFont.load_default(size=13)
    text_columns = max(8 + math.ceil(font.getlength(caption)) for caption in captions)
    columns = max(sheet.columns * width, MARK_COLUMNS, text_columns)
    gray = np.rint(np.clip(sheet.images * 127.5 + 127.5, 0, 255)).astype(np.uint8)
    parts: list[npt.NDArray[np.uint8]] = []
    for line, caption in zip(range(lines), captions, strict=True):
        if line == 0 or caption != captions[line - 1]:
            strip = Image.new("L", (columns, MARK_ROWS), 0)
            ImageDraw.Draw(strip).text((4, 1), caption, fill=255, font=font)
            parts.append(np.asarray(strip))
        canvas = np.zeros((rows, columns), np.uint8)
        for place, image in enumerate(gray[line * sheet.columns : (line + 1) * sheet.columns]):
            canvas[:, place * width : (place + 1) * width] = image
        parts.append(canvas)
    return np.concatenate(parts)


def _is_point(row: list[str]) -> bool:
    """Say whether a line of the curves is images, minutes, a name and a mean."""
    try:
        images, minutes, _, mean = row
        return int(images) >= 0 and math.isfinite(float(minutes)) and math.isfinite(float(mean))
    except ValueError:
        return False


def _not_writable(folder: Path, error: OSError) -> InputError:
    return InputError(
        f"The folder {folder} of the run cannot be written ({error.strerror}).",
        "Choose a folder with free space in which you may write.",
        f"{type(error).__name__}: {error}",
    )
