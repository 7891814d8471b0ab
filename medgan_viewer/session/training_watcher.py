"""RunWatcher: the one thread that reads and writes the folders of training runs."""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from medgan_viewer.errors import InputError, MedganError, unexpected
from medgan_viewer.files import is_there, write_atomically
from medgan_viewer.session.training_curves import CurveReader, LossCurve
from medgan_viewer.session.training_folder import (
    CONFIG_FILE,
    CURVES_FILE,
    LOG_FILE,
    TrainingRun,
    find_runs,
    read_run,
    write_launch,
    write_wish,
)
from medgan_viewer.session.training_order import TrainingOrder, config_bytes, slug
from medgan_viewer.session.training_process import DetachedProcess, start_detached
from medgan_viewer.session.training_sheets import SampleSheet, read_newest_sheet
from medgan_viewer.training.run_states import Wish

log = logging.getLogger(__name__)

INTERVAL_S = 1.0
MAX_NUMBER = 10_000
MAX_THREADS = 256


@dataclass(frozen=True, slots=True, eq=False)
class RunsSeen:
    """What a look into the runs folder found.

    Attributes
    ----------
    choice : revision of the choice whose curves and sheet are told
    curves, sheet : None when nothing new was found since the last look
    """

    runs: tuple[TrainingRun, ...]
    choice: int
    curves: tuple[LossCurve, ...] | None = None
    sheet: SampleSheet | None = None


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run of ours has a process now."""

    folder: Path


class RunWatcher:
    """Does what it is told in order, and looks at the runs every second while it watches."""

    def __init__(
        self,
        root: Path,
        command: Sequence[str],
        deliver: Callable[[RunsSeen | RunStarted | MedganError], None],
        interval_s: float = INTERVAL_S,
    ) -> None:
        """`deliver` is called on the thread and must return at once."""
        self._root = root
        self._command = tuple(command)
        self._deliver = deliver
        self._interval_s = interval_s
        self._changed = threading.Condition()
        self._tasks: deque[Callable[[], None]] = deque()
        self._watches = False
        self._look_soon = False
        self._closing = False
        self._choice: tuple[int, Path | None] = (0, None)
        # What follows is touched by the thread alone.
        self._processes: list[DetachedProcess] = []
        self._runs: dict[Path, TrainingRun] = {}
        self._read_choice = 0
        self._reader: CurveReader | None = None
        self._sheet: SampleSheet | None = None
        self._thread = threading.Thread(target=self._serve, name="medgan-training", daemon=True)
        self._thread.start()

    def watch(self, watches: bool) -> None:
        with self._changed:
            self._watches = self._look_soon = watches
            self._changed.notify()

    def choose(self, folder: Path) -> int:
        """Tell of the curves and the sheet of this run, from their beginning.

        Returns
        -------
        revision of this choice, above all earlier ones
        """
        with self._changed:
            self._choice = (self._choice[0] + 1, folder)
            self._look_soon = True
            self._changed.notify()
            return self._choice[0]

    def start(self, order: TrainingOrder) -> None:
        self._do(partial(self._start, order))

    def tell(self, folder: Path, wish: Wish) -> None:
        """Pause or stop a run, or let it go on, with a new process where it has none."""
        self._do(partial(self._tell, folder, wish))

    def close(self, timeout_s: float = 10.0) -> None:
        """Finish what was told, then end; the runs go on."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_s)

    def _do(self, task: Callable[[], None]) -> None:
        with self._changed:
            self._tasks.append(task)
            self._look_soon = True
            self._changed.notify()

    # ---- on the thread ----

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closing or self._tasks or self._look_soon,
                    self._interval_s if self._watches else None,
                )
                if self._closing and not self._tasks:
                    return
                looks, self._look_soon = self._look_soon or self._watches, False
                tasks, choice = list(self._tasks), self._choice
                self._tasks.clear()
            if looks:
                tasks.append(partial(self._look, *choice))
            for work in tasks:
                try:
                    work()
                except MedganError as error:
                    self._deliver(error)
                except Exception as error:  # the thread must outlive a bug, and the user see it
                    log.exception("training runs")
                    self._deliver(unexpected(error))

    def _look(self, choice: int, folder: Path | None) -> None:
        self._processes = [process for process in self._processes if process.poll() is None]
        if choice != self._read_choice:
            self._read_choice, self._sheet = choice, None
            self._reader = CurveReader(folder / CURVES_FILE) if folder is not None else None
        runs = find_runs(self._root, self._runs)
        self._runs = {run.folder: run for run in runs}
        seen = RunsSeen(tuple(runs), choice)
        if folder is not None and self._reader is not None:
            sheet = read_newest_sheet(folder, self._sheet)
            is_new = sheet is not self._sheet
            self._sheet = sheet
            seen = replace(seen, curves=self._reader.read(), sheet=sheet if is_new else None)
        self._deliver(seen)

    def _start(self, order: TrainingOrder) -> None:
        if not is_there(order.folder):
            raise InputError(
                problem=f"There is nothing at {order.folder}.",
                action="Choose the folder in which the training images lie.",
            )
        folder = self._new_folder(slug(order.name))
        content = config_bytes(order, folder.name, threads=min(os.cpu_count() or 1, MAX_THREADS))
        write_atomically(folder / CONFIG_FILE, content)
        self._launch(folder)

    def _new_folder(self, name: str) -> Path:
        """Make a folder that nobody has; with its number it is the id of the package, too."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            for number in range(1, MAX_NUMBER):
                folder = self._root / f"{name}-{number}"
                try:
                    folder.mkdir()
                except FileExistsError:
                    continue
                return folder
        except OSError as error:
            raise InputError(
                problem=f"No folder for the run can be made in {self._root}.",
                action="Check that there is room and that you may write there.",
                details=f"{type(error).__name__}: {error}",
            ) from error
        raise InputError(
            problem=f"There are too many runs with the name {name}.", action="Give another name."
        )

    def _tell(self, folder: Path, wish: Wish) -> None:
        run = read_run(folder)
        if run is None:
            raise InputError(
                problem=f"The run in {folder} is gone.", action="Choose another run of the list."
            )
        write_wish(folder, wish)
        if wish is Wish.RUN and not run.state.is_live:
            self._launch(folder, "--resume")

    def _launch(self, folder: Path, *options: str) -> None:
        write_wish(folder, Wish.RUN)
        command = [*self._command, "train", str(folder / CONFIG_FILE), "--out", str(folder)]
        before = time.time()
        process = start_detached([*command, *options], folder / LOG_FILE)
        self._processes.append(process)
        write_launch(folder, process.pid, before)
        self._deliver(RunStarted(folder))
