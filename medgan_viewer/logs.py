"""Log set-up: warnings on the console, everything in a rotating file only the user may read.

No patient identifiers go into a log: code logs counts, transfer syntaxes and salted path marks
(`path_mark`), never names, UIDs or whole paths.
"""

import faulthandler
import hashlib
import logging
import os
import secrets
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

_SALT = secrets.token_bytes(8)
_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"


class _PrivateFile(RotatingFileHandler):
    """Makes each file, those after a rollover too, readable by the user alone."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).touch(mode=0o600)
        return super()._open()


def path_mark(path: str | Path) -> str:
    """Return eight hex digits that stand for a path in this run's log."""
    return hashlib.sha256(_SALT + str(path).encode("utf-8", "surrogateescape")).hexdigest()[:8]


def set_up_logging(folder: Path, level: str = "WARNING") -> None:
    """Send warnings to stderr and everything to `folder`/medgan-viewer.log, once per process."""
    root = logging.getLogger()
    if any(handler.get_name() == "medgan" for handler in root.handlers):
        return
    console = logging.StreamHandler(sys.stderr)
    console.set_name("medgan")
    console.setLevel(level)
    console.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    root.addHandler(console)
    root.setLevel(min(logging.INFO, console.level))
    # pydicom quotes values of the file in its warnings.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "medgan-viewer.log"
        handler = _PrivateFile(path, maxBytes=2_000_000, backupCount=4, encoding="utf-8")
    except OSError as error:
        logging.getLogger(__name__).warning("no log file: %s", error.strerror)
        return
    handler.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(handler)


def enable_crash_file(folder: Path) -> Path | None:
    """Let faulthandler write native crashes to crash.log; return an earlier, filled one."""
    path = folder / "crash.log"
    earlier = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size:
            earlier = folder / "crash-previous.log"
            path.replace(earlier)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:
        return None
    faulthandler.enable(file=descriptor, all_threads=True)
    return earlier
