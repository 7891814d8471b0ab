"""open_database: the index file, made or migrated; what is not ours to read is put aside.

The index is a cache of what files say, so a damaged one costs a scan and nothing else. It is never
deleted: it is renamed, and whoever opened it says so.
"""

import logging
import os
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from medgan_viewer.errors import MedganError
from medgan_viewer.index.schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 10.0  # another window writes for a few milliseconds at a time
_COMPANIONS = ("-wal", "-shm")


class IndexUnusableError(MedganError):
    """There can be no index here: the folder or the disk refuses it."""


class IndexDamagedError(Exception):
    """The file is no index of ours that this version reads; `reason` completes "The index ..."."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PutAside:
    """An index file that was renamed.

    Attributes
    ----------
    reason : completes "The index ..."
    path : where it is now
    """

    reason: str
    path: Path


def prepare_database(path: Path) -> PutAside | None:
    """Make the index file, or bring it to this version; put aside what cannot be used.

    Raises
    ------
    IndexUnusableError
        No file can be made there.
    """
    aside = None
    for _ in range(2):
        try:
            _make_private(path)
            with closing(connect(path)) as connection:
                _migrate(connection)
            return aside
        except IndexDamagedError as error:
            aside = put_aside(path, error.reason)
        except sqlite3.OperationalError as error:  # locked for long, disk full, read-only
            raise _unusable(path, error) from error
        except sqlite3.DatabaseError as error:
            log.warning("the study index is damaged: %s", error)
            aside = put_aside(path, "is damaged")
        except OSError as error:
            raise _unusable(path, error) from error
    raise _unusable(path, RuntimeError("a new file cannot be used either"))


def connect(path: Path) -> sqlite3.Connection:
    """Open the index for the calling thread; transactions are begun by hand."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")  # nothing in the file is executed
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def put_aside(path: Path, reason: str) -> PutAside:
    """Rename an index file and its companions; the next `prepare_database` makes a new one.

    Raises
    ------
    IndexUnusableError
        It cannot be renamed.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number = 0
    while (target := path.with_name(f"{path.stem}.aside-{stamp}-{number}{path.suffix}")).exists():
        number += 1
    try:
        path.replace(target)
        for end in _COMPANIONS:
            with suppress(FileNotFoundError):
                path.with_name(path.name + end).replace(target.with_name(target.name + end))
    except OSError as error:
        raise _unusable(path, error) from error
    return PutAside(reason, target)


def _make_private(path: Path) -> None:
    """Make an empty file that only the user may read; SQLite gives its companions the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _migrate(connection: sqlite3.Connection) -> None:
    if _is_current(connection):
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")  # a second window waits here, then finds it done
    try:
        if not _is_current(connection):
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            for script in MIGRATIONS[version:]:
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _is_current(connection: sqlite3.Connection) -> bool:
    """Tell whether nothing is to be done.

    Raises
    ------
    IndexDamagedError
        It is the file of another program, or of a newer version of this one.
    """
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner != APPLICATION_ID and tables:
        raise IndexDamagedError("was written by another program")
    if version > SCHEMA_VERSION:
        raise IndexDamagedError("was written by a newer version of this program")
    if owner == APPLICATION_ID and not tables:
        raise IndexDamagedError("is damaged")
    return bool(owner == APPLICATION_ID and version == SCHEMA_VERSION)


def _unusable(path: Path, error: Exception) -> IndexUnusableError:
    return IndexUnusableError(
        problem=f"The list of studies cannot be kept in {path.parent}.",
        action="Check the rights and the free space of that folder; images open all the same.",
        details=f"{type(error).__name__}: {error}",
    )
