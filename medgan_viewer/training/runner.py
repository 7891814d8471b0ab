"""A whole run: read the configuration and the data, train, write the package."""

import copy
import dataclasses
import logging
import platform
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from medgan_viewer import __version__
from medgan_viewer.errors import InputError, MedganError, unexpected
from medgan_viewer.files import write_atomically
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.training.config import CutModel, CycleGanModel, Pix2PixModel, TrainingConfig
from medgan_viewer.training.generator_material import GeneratorMaterial
from medgan_viewer.training.loop import Loop
from medgan_viewer.training.machine import Machine, start_machine
from medgan_viewer.training.material import FinishedRun, Material
from medgan_viewer.training.run_folder import RunFolder, RunStatus
from medgan_viewer.training.run_lock import locked
from medgan_viewer.training.run_states import RunState, Wish
from medgan_viewer.training.take_over import take_over
from medgan_viewer.training.translator_material import PairedMaterial, UnpairedMaterial

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line says beyond the configuration.

    Attributes
    ----------
    out : folder of the run
    data_root : folder that the data's folder is relative to
    config_folder : folder that start_from is relative to
    resume : go on from the checkpoint of the folder
    device : in place of the configuration's
    config_text : the configuration as it was given, which is kept beside the run
    began : seconds since 1970; what was asked of the run before then is forgotten
    piece_minutes : stop after so many minutes of this call; the schedule is that of the whole run
    """

    out: Path
    data_root: Path
    config_folder: Path
    resume: bool = False
    device: str | None = None
    config_text: bytes = b""
    began: float = field(default_factory=time.time)
    piece_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended; `package` is None when it was stopped early or is not the first process."""

    is_over: bool
    images: int
    minutes: float
    folder: Path
    package: ModelPackage | None


def run_training(config: TrainingConfig, options: RunOptions) -> RunResult:
    """Train and package, or resume.

    Raises
    ------
    MedganError
        Data, configuration or folder are not usable, or the run diverged; status.json says so too,
        unless the folder belongs to another run.
    """
    machine = start_machine(config.training, options.device)
    folder = RunFolder(options.out)
    if folder.checkpoint.exists() and not options.resume:
        raise InputError(
            f"{options.out} holds a run already.", "Give --resume, or another folder with --out."
        )
    with locked(options.out) if machine.is_first else nullcontext():
        try:
            return _run(config, options, machine, folder)
        except Exception as error:  # raised again; the window must see it, too
            if machine.is_first:
                shown = error if isinstance(error, MedganError) else unexpected(error)
                folder.write_failure(str(shown))
            raise


def _run(
    config: TrainingConfig, options: RunOptions, machine: Machine, folder: RunFolder
) -> RunResult:
    if machine.is_first:
        if options.config_text:
            write_atomically(folder.folder / "config.toml", options.config_text)
        folder.clear_wish(options.began)
        folder.write_status(RunStatus(RunState.STARTING, message="reading the data"))
    material = _material(config, options.data_root)
    for note in material.facts.notes:
        log.info("%s", note)
    torch.manual_seed(config.training.seed)
    family = material.build(machine)
    loop = Loop(config.training, family, machine, folder, options.piece_minutes)
    record = _record(config, machine, material)
    if folder.checkpoint.exists():
        record["started"] = _check_data(folder, record)
        loop.restore()
    else:
        if machine.is_first:
            folder.cut_curves(-1)  # of an earlier start that left no checkpoint
        if config.training.start_from is not None:
            source = options.config_folder / config.training.start_from
            log.info("%d tensors taken over from %s", take_over(family, source), source)
    if machine.is_first:
        folder.write_record(record)
    with _stopped_by_interrupt(folder):
        is_over = loop.run()
    package = None
    if is_over and machine.is_first:
        loop.report(RunState.RUNNING, "writing the package")
        curves = folder.curves.read_text(encoding="utf-8") if folder.curves.exists() else ""
        ended = {"images_seen": loop.images, "minutes": round(loop.minutes, 2), "curves": curves}
        run = FinishedRun(
            without_places(record) | ended,
            loop.images,
            loop.minutes,
            _hardware(record, machine),
            folder,
        )
        package = material.package(family, run)
    state = RunState.FINISHED if is_over else RunState.STOPPED
    loop.report(state, "" if package is None else str(package.folder))
    return RunResult(is_over, loop.images, loop.minutes, folder.folder, package)


def _material(config: TrainingConfig, data_root: Path) -> Material:
    match config.model:
        case Pix2PixModel():
            return PairedMaterial(config, data_root)
        case CycleGanModel() | CutModel():
            return UnpairedMaterial(config, data_root)
        case _:
            return GeneratorMaterial(config, data_root)


def _check_data(folder: RunFolder, record: dict[str, Any]) -> Any:
    """Refuse to go on with other data; return when the run began."""
    earlier = folder.read_record() or {}
    if earlier.get("data_fingerprint", record["data_fingerprint"]) != record["data_fingerprint"]:
        raise InputError(
            f"The data changed since the run in {folder.folder} began.",
            "Start a new run in another folder, or give the data of this run.",
        )
    return earlier.get("started", record["started"])


@contextmanager
def _stopped_by_interrupt(folder: RunFolder) -> Iterator[None]:
    """Let Ctrl+C stop the run at its next step, with a checkpoint; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        folder.ask(Wish.STOP)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _record(config: TrainingConfig, machine: Machine, material: Material) -> dict[str, Any]:
    """Return what run.json and the package say of the run."""
    facts = dataclasses.asdict(material.facts)
    return {
        "schema_version": 1,
        "config": config.model_dump(mode="json"),
        "data_fingerprint": facts.pop("fingerprint"),
        **facts,
        "code_version": code_version(),
        "torch_version": torch.__version__,
        "seed": config.training.seed,
        "processes": machine.share.world,
        "device": machine.device.type,
        "precision": "bfloat16" if machine.dtype is torch.bfloat16 else "float32",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def code_version() -> str:
    """Return the version, with the commit when the program runs from a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return __version__
    return f"{__version__}+{found.stdout.strip()}" if found.returncode == 0 else __version__


def without_places(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record for a package: nothing that names places on this machine, files or people.

    Folders that are not below the data root keep their last name only; notes name files.
    """
    config = copy.deepcopy(record["config"])
    for table, entry in (("data", "folder"), ("training", "start_from")):
        place = config[table].get(entry)
        if place is not None and (Path(place).is_absolute() or ".." in Path(place).parts):
            config[table][entry] = Path(place).name
    kept = {key: value for key, value in record.items() if key != "notes"}
    return {**kept, "config": config}


def _hardware(record: dict[str, Any], machine: Machine) -> str:
    world = machine.share.world
    several = f"{world} processes, " if world > 1 else ""
    if machine.device.type == "cuda":
        return f"{several}{torch.cuda.get_device_name()}, {record['precision']}"
    threads = torch.get_num_threads()
    cores = f"{threads} thread{'s' * (threads != 1)}"
    return f"{several}{platform.machine()} processor, {cores}, {record['precision']}"
