"""Errors a person can act on: what went wrong, then what to do about it.

Each kind has the exit code that the command line returns for it (docs/cli.md).
"""

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_PACKAGE = 4
EXIT_CANCELLED = 5


class MedganError(Exception):
    """What went wrong, then what to do about it.

    Attributes
    ----------
    problem : one sentence that names the file or object
    action : one sentence in the imperative
    details : technical text for the log and for the foldable part of the notice
    """

    exit_code = EXIT_BUG

    def __init__(self, problem: str, action: str, details: str = "") -> None:
        super().__init__(f"{problem} {action}")
        self.problem = problem
        self.action = action
        self.details = details

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.problem, self.action, self.details))


def _rebuild(kind: type[MedganError], problem: str, action: str, details: str) -> MedganError:
    """Make an error again on the other side of a process border."""
    error = kind.__new__(kind)
    MedganError.__init__(error, problem, action, details)
    return error


class InputError(MedganError):
    """An input file or folder is missing, unreadable or unsuitable."""

    exit_code = EXIT_INPUT


class PackageError(MedganError):
    """A model package is missing, damaged, untrusted or unsuitable for this input."""

    exit_code = EXIT_PACKAGE


class UsageError(MedganError):
    """A value given by the user does not fit the option it was given for."""

    exit_code = EXIT_USAGE


class CancelledError(MedganError):
    """The user stopped the work; what was finished is kept."""

    exit_code = EXIT_CANCELLED


class RunAbortedError(Exception):
    """Unwinds a computation whose result nobody waits for any more; never shown."""


def unexpected(error: BaseException) -> MedganError:
    """Wrap a bug so that the user sees it and the log keeps its kind and text."""
    return MedganError(
        problem=f"An unexpected error stopped this step ({type(error).__name__}).",
        action="Try again; if it happens again, report it with the log file.",
        details=f"{type(error).__name__}: {error}",
    )
