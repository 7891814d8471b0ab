"""From a fresh checkout to a running program: makes .venv beside this file, then starts there.

    python3 bootstrap.py run [ARGUMENT ...]        open the viewer; arguments as for medgan-viewer
    python3 bootstrap.py test [ARGUMENT ...]       run every check; arguments go to pytest
    python3 bootstrap.py exec NAME [ARGUMENT ...]  run a tool of the environment: python, ruff, ...

The first start downloads the dependencies and takes some minutes; later ones start at once.
"""

import sys

if sys.version_info[:2] < (3, 11):  # an older Python cannot evaluate what follows
    sys.exit(
        "medgan-viewer needs Python 3.11 or newer; this is Python {}.{}. Install a newer one and "
        "start with it, for example: python3.11 bootstrap.py run".format(*sys.version_info[:2])
    )

import contextlib
import csv
import hashlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from installer import qt_system

ROOT = Path(__file__).resolve().parent
INSTALLING = "installing"

CHECKS = (
    ("lint", "ruff", "check", "."),
    ("format", "ruff", "format", "--check", "."),
    ("types", "mypy"),
    ("imports", "lint-imports", "--no-logo"),
    ("tests", "pytest", "--cov", "--cov-report=term"),
)


class CannotStartError(Exception):
    """What stands in the way, what to do about it, and the exit code that says so."""

    def __init__(self, problem: str, action: str, exit_code: int = 1) -> None:
        super().__init__(f"{problem}\n{action}")
        self.exit_code = exit_code


def say(text: str) -> None:
    """Print to stderr: stdout belongs to the program that is started."""
    print(text, file=sys.stderr, flush=True)


# The environment


def tool_of(environment: Path, name: str) -> Path:
    """Return where an executable of the environment lies; it may be missing."""
    if os.name == "nt":
        return environment / "Scripts" / f"{name}.exe"
    return environment / "bin" / name


def identity_of(root: Path) -> str:
    """Return what an environment cannot survive a change of: Python's minor version and place."""
    return f"{sys.version_info[0]}.{sys.version_info[1]} {root}"


def fingerprint_of(root: Path) -> str:
    """Return a digest of the files that say what has to be installed."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def read_stamp(environment: Path) -> tuple[str, str]:
    """Return identity and fingerprint of the last install; empty texts when there was none."""
    try:
        lines = (environment / "bootstrap.stamp").read_text("utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    return (lines[0], lines[1]) if len(lines) == 2 else ("", "")


def write_stamp(environment: Path, identity: str, fingerprint: str) -> None:
    part = environment / "bootstrap.stamp.part"
    part.write_text(f"{identity}\n{fingerprint}\n", "utf-8")
    part.replace(environment / "bootstrap.stamp")


def prepare(root: Path = ROOT) -> Path:
    """Return the environment of the checkout, made, brought up to date or repaired if need be."""
    environment = root / ".venv"
    wanted = (identity_of(root), fingerprint_of(root))

    def is_ready() -> bool:
        return read_stamp(environment) == wanted and tool_of(environment, "python").exists()

    if not is_ready():
        with locked(root / ".venv.lock") as lock:
            if not is_ready():  # another start may have done it meanwhile
                install(root, environment, wanted, lock)
    return environment


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold a lock that the system gives back when its holders end, however they end."""
    with path.open("a") as stream:
        if sys.platform == "win32":
            import msvcrt

            while True:
                with contextlib.suppress(OSError):  # it gives up after ten seconds
                    msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl

            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another start is installing; waiting for it to end.")
                fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream.fileno()


def install(root: Path, environment: Path, wanted: tuple[str, str], lock: int) -> None:
    identity, fingerprint = wanted
    stamped_identity, stamped_fingerprint = read_stamp(environment)
    if stamped_identity not in (identity, "") or not has_pip(environment):
        make_environment(environment)
    elif stamped_fingerprint == INSTALLING:
        say("The last install was interrupted; repairing it.")
        for site_packages in environment.glob("[Ll]ib*/**/site-packages"):
            drop_incomplete(site_packages)
    write_stamp(environment, identity, INSTALLING)
    run_pip(root, environment, lock)
    write_stamp(environment, identity, fingerprint)


def has_pip(environment: Path) -> bool:
    """Tell whether the environment has a working pip for the Python that runs this file."""
    code = "import sys, pip; sys.exit('%d.%d' % sys.version_info[:2] != sys.argv[1])"
    version = identity_of(environment).split()[0]
    command = [str(tool_of(environment, "python")), "-c", code, version]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_environment(environment: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise CannotStartError(
            "This Python cannot make environments: its venv package is not installed.",
            "On Debian and Ubuntu: sudo apt-get install python3-venv; then start again.",
        )
    say(f"Making {environment}.")
    # Of an environment's own Python, the one it was made with: --clear removes the former.
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, "-m", "venv", "--clear", str(environment)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        say(made.stdout + made.stderr)
        raise CannotStartError(
            f"{environment} could not be made.",
            "Read the lines above, free space or change permissions, then start again.",
        )


def drop_incomplete(site_packages: Path) -> None:
    """Make pip forget packages whose files are not all there, so that it installs them again."""
    for leftover in site_packages.glob("~*"):  # pip's name for what it is about to replace
        shutil.rmtree(leftover, ignore_errors=True)
    for info in site_packages.glob("*.dist-info"):
        if not is_complete(info):
            shutil.rmtree(info)


def is_complete(info: Path) -> bool:
    """Tell whether every file that a package's RECORD lists is there with its size."""
    try:
        with (info / "RECORD").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        return all(
            (info.parent / path).stat().st_size == int(size) for path, _, size in rows if size
        )
    except (OSError, ValueError):
        return False


def run_pip(root: Path, environment: Path, lock: int) -> None:
    say("Installing the dependencies; the first time this takes some minutes.")
    command = [str(tool_of(environment, "python")), "-m", "pip", "install", "--no-input"]
    command += ["--progress-bar", "off", "-e", ".[dev]"]
    # As variables, because these also pin what pip fetches to build the package itself (newer
    # versions of pip read the second name for that).
    constraints = (root / "constraints.txt").as_uri()
    pins = {"PIP_CONSTRAINT": constraints, "PIP_BUILD_CONSTRAINT": constraints, "PIP_USER": "0"}
    lines = []
    with subprocess.Popen(
        command,
        cwd=root,
        env={**environment_variables(environment), **pins},
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # A pip that outlives a killed start keeps the next one waiting instead of racing it.
        pass_fds=(lock,) if os.name == "posix" else (),
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            if line.lstrip().startswith(("Collecting", "Downloading", "Installing")):
                say(f"  {line.strip()[:100]}")
    log_path = environment / "pip.log"
    log_path.write_text("".join(lines), "utf-8")
    if pip.returncode:
        say("".join(lines[-12:]))
        raise CannotStartError(
            f"pip could not install the dependencies; all it said is in {log_path}.",
            "Read the lines above, check the network and the free disk space, then start again;"
            " with a very new Python, start with an older one (python3.11 bootstrap.py ...).",
        )


# The three commands


def environment_variables(environment: Path) -> dict[str, str]:
    variables = {name: text for name, text in os.environ.items() if name != "PYTHONHOME"}
    variables["VIRTUAL_ENV"] = str(environment)
    variables["PATH"] = os.pathsep.join(
        (str(tool_of(environment, "python").parent), variables.get("PATH", os.defpath))
    )
    return variables


def start(command: list[str], variables: dict[str, str]) -> int:
    """Become `command` where the system can do that; otherwise wait for its exit code."""
    if os.name == "posix":
        os.execve(command[0], command, variables)
    return subprocess.call(command, env=variables)


def run(arguments: list[str]) -> int:
    environment = prepare()
    variables = environment_variables(environment)
    if qt_system.opens_window(arguments):
        variables |= qt_system.platform_for(arguments, variables)
        if not qt_system.has_screen(variables):
            raise CannotStartError(
                "There is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set.",
                qt_system.SCREEN_ADVICE,
                exit_code=2,
            )
        refuse_missing_libraries(variables)
    # -P: a file that happens to lie in the current folder must not pass for one of our modules.
    command = [str(tool_of(environment, "python")), "-P", "-m", "medgan_viewer", *arguments]
    return start(command, variables)


def refuse_missing_libraries(variables: dict[str, str]) -> None:
    missing = qt_system.missing_libraries(variables)
    if missing:
        names = ", ".join(library.name for library in missing)
        raise CannotStartError(
            f"Qt needs system libraries that are missing: {names}.",
            qt_system.library_advice(missing),
        )


def test(arguments: list[str]) -> int:
    environment = prepare()
    variables = environment_variables(environment)
    try:
        refuse_missing_libraries({"QT_QPA_PLATFORM": "xcb"})
    except CannotStartError as error:
        say(f"Tests of the window will fail. {error}")
    variables["QT_QPA_PLATFORM"] = "offscreen"
    summary = []
    for name, tool, *rest in CHECKS:
        say(f"== {name}")
        command = [str(tool_of(environment, tool)), *rest]
        command += arguments if name == "tests" else []
        began = time.monotonic()
        passed = subprocess.call(command, cwd=ROOT, env=variables) == 0
        seconds = time.monotonic() - began
        summary.append(f"{name:<8} {'passed' if passed else 'FAILED'} {seconds:6.1f} s")
    say("\n".join(("== summary", *summary)))
    return int(any("FAILED" in line for line in summary))


def execute(arguments: list[str]) -> int:
    if not arguments:
        raise CannotStartError("exec needs the name of a tool.", __doc__ or "", exit_code=2)
    environment = prepare()
    tool = tool_of(environment, arguments[0])
    if not tool.exists():
        raise CannotStartError(
            f"There is no {arguments[0]} in {tool.parent}.",
            f"Install it there, for example: python3 bootstrap.py exec pip install {arguments[0]}",
            exit_code=2,
        )
    return start([str(tool), *arguments[1:]], environment_variables(environment))


COMMANDS = {"run": run, "test": test, "exec": execute}


def main(arguments: list[str]) -> int:
    command = COMMANDS.get(arguments[0]) if arguments else None
    if command is None:
        say((__doc__ or "").strip())
        return 0 if arguments[:1] in (["--help"], ["-h"]) else 2
    try:
        return command(arguments[1:])
    except CannotStartError as error:
        say(str(error))
        return error.exit_code
    except OSError as error:
        say(f"{error}\nCheck that you may write in {ROOT} and that its disk has space.")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
