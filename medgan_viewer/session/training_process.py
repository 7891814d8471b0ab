"""Training processes: started so that they outlive the window, and found again by their number."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import medgan_viewer
from medgan_viewer.errors import InputError
from medgan_viewer.training.run_states import read_process

NICENESS = 5  # the window and the rest of the computer come first
SLACK_S = 3.0  # systems tell the start of a process in whole seconds
_SAME_S = 0.5
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def program_command() -> tuple[str, ...]:
    """Return what starts this program's command line, also from a frozen program."""
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    return (sys.executable, "-m", "medgan_viewer")


class DetachedProcess(subprocess.Popen[bytes]):
    """A process that may outlive this one."""

    def __del__(self) -> None:
        """Let it run; Popen would warn that nobody waited for it."""


def start_detached(command: Sequence[str], log: Path) -> DetachedProcess:
    """Start a command that no closing of window, terminal or session ends.

    Parameters
    ----------
    log : what it says is added to this file

    Raises
    ------
    InputError
        The log cannot be written, or the system starts no process.
    """
    environment = dict(os.environ)
    if getattr(sys, "frozen", False):
        # Else a one-file program would share the unpacked files of the window, and lose them.
        environment["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
        folder = log.parent
    else:
        # Python looks for modules there first: never among files of the user.
        folder = Path(medgan_viewer.__file__).resolve().parents[1]
    flags = 0
    if sys.platform == "win32":
        flags = (
            subprocess.DETACHED_PROCESS
            | subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        )
    try:
        with log.open("ab") as stream:
            process = DetachedProcess(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
                start_new_session=os.name == "posix",
                creationflags=flags,
            )
    except OSError as error:
        raise InputError(
            problem=f"The training process could not be started ({error.strerror}).",
            action=f"Check that there is room and that you may write in {log.parent}.",
            details=f"{type(error).__name__}: {error}",
        ) from error
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # it ended already, or the system does not let us
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    return process


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """A process that has not ended.

    Attributes
    ----------
    started : seconds since 1970; wrong by as much as the clock was set since then
    since_boot_s : the same since the system began, which no clock changes; None where the system
        does not tell
    """

    started: float
    since_boot_s: float | None = None


def is_running(pid: int, since_boot_s: float | None, seen: float) -> bool:
    """Tell whether a process still runs, and is the one that is meant: numbers are used again.

    Parameters
    ----------
    since_boot_s : when the process meant began, as in `RunningProcess`; None where unknown
    seen : a time, in seconds since 1970, at which it was there; one that began later is another
    """
    found = find_process(pid)
    if found is None:
        return False
    if since_boot_s is not None and found.since_boot_s is not None:
        return abs(since_boot_s - found.since_boot_s) < _SAME_S
    # A moment ago it was there, so it is believed even where the clock was set meanwhile.
    return found.started <= seen + SLACK_S or abs(time.time() - seen) < 4 * SLACK_S


def find_process(pid: int) -> RunningProcess | None:
    """Return what the system says of a process; None when there is none, or it has ended."""
    if not 0 < pid < 1 << 31:
        return None
    if sys.platform == "win32":
        return _ask_windows(pid)
    if Path("/proc/self/stat").exists():
        return _read_proc(pid)
    return _ask_ps(pid)


def _read_proc(pid: int) -> RunningProcess | None:
    process = read_process(pid)
    if process is None or process.state in ("Z", "X"):  # ended, and nobody has asked how
        return None
    try:
        system = Path("/proc/stat").read_text("utf-8", errors="replace")
    except OSError:
        return None
    boot = next(line for line in system.splitlines() if line.startswith("btime "))
    return RunningProcess(float(boot.split()[1]) + process.since_boot_s, process.since_boot_s)


def _ask_ps(pid: int) -> RunningProcess | None:
    """Ask ps, as on macOS; it answers "S    Mon Jun  2 10:00:00 2025"."""
    done = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        env={"LC_ALL": "C"},
        check=False,
    )
    words = done.stdout.split()
    if len(words) < 6 or words[0].startswith("Z"):
        return None
    # By hand: strptime reads the months of the user's language.
    hour, minute, second = map(int, words[4].split(":"))
    month = _MONTHS.index(words[2]) + 1
    day, year = int(words[3]), int(words[5])
    return RunningProcess(time.mktime((year, month, day, hour, minute, second, 0, 0, -1)))


if sys.platform == "win32":

    def _ask_windows(pid: int) -> RunningProcess | None:
        import ctypes
        from ctypes import wintypes

        query_limited_information, still_active = 0x1000, 259
        ticks_to_1970 = 116_444_736_000_000_000  # of 100 ns, since 1601
        kernel = ctypes.windll.kernel32
        kernel.OpenProcess.restype = wintypes.HANDLE
        handle = wintypes.HANDLE(kernel.OpenProcess(query_limited_information, False, pid))
        if not handle:
            return None
        try:
            code = wintypes.DWORD()
            times = [wintypes.FILETIME() for _ in range(4)]
            found = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
            if not found or code.value != still_active:
                return None
            if not kernel.GetProcessTimes(handle, *map(ctypes.byref, times)):
                return None
            created = (times[0].dwHighDateTime << 32) + times[0].dwLowDateTime
            return RunningProcess((created - ticks_to_1970) / 1e7)
        finally:
            kernel.CloseHandle(handle)
