"""What a run does, what is wished of it, and which process it is: the words of its folder.

Those who only watch runs load this module, too, so it needs neither torch nor images.
"""

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class RunState(Enum):
    """What a run does, in the words of its status.json.

    INTERRUPTED is never written: it is what others find when the process is gone without a word.
    """

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_live(self) -> bool:
        """A process works on it, or waits."""
        return self in (RunState.STARTING, RunState.RUNNING, RunState.PAUSED)


class Wish(Enum):
    """What whoever steers the run wants of it: the word in its file `control`."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class ProcessEntry:
    """What proc(5) says of a process.

    Attributes
    ----------
    state : its letter; Z and X have ended
    since_boot_s : when it began, in seconds since the system did, which no clock changes
    """

    state: str
    since_boot_s: float


def read_process(pid: int) -> ProcessEntry | None:
    """Return what /proc says of a process; None without such a process, or without /proc."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
        fields = text.rpartition(")")[2].split()  # the name before may hold spaces and brackets
        return ProcessEntry(fields[0], int(fields[19]) / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return None
