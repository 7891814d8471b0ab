"""Jobs of the batch lane: long work cut into steps of one image, with progress and cancel."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from medgan_viewer.errors import MedganError

ShouldStop = Callable[[], bool]

_job_ids = itertools.count(1)


def new_job_id() -> int:
    """Return a number that no other job of this run of the program has."""
    return next(_job_ids)


class JobState(Enum):
    """Where a job stands; the last three are final."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class Job(Protocol):
    """Work for the batch lane.

    Attributes
    ----------
    job_id : unique in this run of the program
    title : for people ("Translating T1 sag")
    total : number of steps
    """

    job_id: int
    title: str
    total: int

    def step(self, engine: Any, index: int, should_stop: ShouldStop) -> object:
        """Do step `index` and return what it made, or None; RunAbortedError when stopped."""
        ...


class CallJob:
    """A job of one step that needs no network, such as writing a file."""

    def __init__(self, title: str, call: Callable[[], object]) -> None:
        self.job_id = new_job_id()
        self.title = title
        self.total = 1
        self._call = call

    def step(self, engine: Any, index: int, should_stop: ShouldStop) -> object:
        return self._call()


@dataclass(frozen=True, slots=True)
class JobProgress:
    """What the lane reports after every step and every change of state.

    Attributes
    ----------
    done : steps finished
    made : what the last step returned
    error : why a failed job failed
    """

    job_id: int
    title: str
    state: JobState
    done: int
    total: int
    made: object = None
    error: MedganError | None = None
