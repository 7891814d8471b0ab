"""IndexMemory: what a scan takes from the index and gives to it; used by one thread.

Outcomes are written in short transactions, so that two windows can scan at once. Trouble with the
index never stops a scan: from then on every file is read, and nothing is kept.
"""

import json
import logging
import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from medgan_viewer.dicom.decoder_messages import Contents, HeaderOutcome
from medgan_viewer.dicom.file_walk import Stamp
from medgan_viewer.dicom.header_records import (
    header_of,
    header_record,
    record_version,
    skipped_of,
    skipped_record,
    with_facts,
    without_facts,
)
from medgan_viewer.dicom.hierarchy import InstanceHeader, SkippedFile
from medgan_viewer.dicom.scan import is_transient
from medgan_viewer.index.database import connect
from medgan_viewer.index.rows import RowNumbers, plain_text

log = logging.getLogger(__name__)

_BATCH = 2000
_BATCH_S = 1.0

_INSERT = (
    "INSERT OR REPLACE INTO instance "
    "(folder, name, size, mtime_ns, series, sop_uid, frames, kind, record, version) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_RECALL = (
    "SELECT i.name, i.size, i.mtime_ns, i.kind, i.record, i.series FROM instance i "
    "WHERE i.folder = ? AND i.name BETWEEN ? AND ? AND i.version = ?"
)
_Row = tuple[Path, Stamp, HeaderOutcome]


class IndexMemory:
    """A FileMemory in the index file. Close it.

    Attributes
    ----------
    is_damaged : SQLite found the file to be broken; it has to be put aside
    """

    def __init__(self, path: Path) -> None:
        self.is_damaged = False
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[_Row] = []
        self._written = time.monotonic()
        self._rows = RowNumbers()
        self._facts: dict[int, tuple[Any, Any]] = {}  # study and series records by series row
        self._listed = ""
        try:
            self._connection = connect(path)
        except sqlite3.Error as error:
            self._give_up(error)

    def recall(
        self, folder: str, stamps: Mapping[str, Stamp]
    ) -> Mapping[str, HeaderOutcome | None]:
        """Return the outcomes of the files that are as they were; see FileMemory."""
        if self._connection is None or not stamps:
            return {}
        try:
            row = self._rows.known_folder(self._connection, folder)
            if row is None:
                return {}
            names = [os.fsencode(name) for name in stamps]
            found = self._connection.execute(
                _RECALL, (row, min(names), max(names), record_version())
            )
            known: dict[str, HeaderOutcome | None] = {}
            top = Path(folder)
            for raw_name, size, mtime_ns, kind, record, series in found:
                name = os.fsdecode(raw_name)
                if stamps.get(name) == (size, mtime_ns):
                    known[name] = self._outcome(top / name, kind, record, series)
            return known
        except sqlite3.Error as error:
            self._give_up(error)
        except (ValueError, TypeError, LookupError) as error:
            log.warning("records of the study index were not usable: %s", error)
        return {}

    def vanished(self, folder: str, names: frozenset[str]) -> tuple[Path, ...]:
        """Forget what is no longer in a folder, with all that was below it; see FileMemory."""
        if self._connection is None or folder == self._listed:
            return ()
        self._listed = folder
        try:
            self._flush()
            gone = []
            row = self._rows.known_folder(self._connection, folder)
            if row is not None:
                query = "SELECT name FROM instance WHERE folder = ?"
                rows = self._connection.execute(query, (row,)).fetchall()
                missing = [name for (name,) in rows if os.fsdecode(name) not in names]
                gone += [Path(folder, os.fsdecode(name)) for name in missing]
                self._write(
                    lambda db: db.executemany(
                        "DELETE FROM instance WHERE folder = ? AND name = ?",
                        [(row, name) for name in missing],
                    ),
                    is_needed=bool(missing),
                )
            gone += self._forget_folders(folder, names)
            return tuple(gone)
        except sqlite3.Error as error:
            self._give_up(error)
        return ()

    def remember(self, path: Path, stamp: Stamp, outcome: HeaderOutcome) -> None:
        """Keep an outcome, soon; see FileMemory."""
        if self._connection is None or is_transient(outcome):
            return
        self._waiting.append((path, stamp, outcome))
        if len(self._waiting) >= _BATCH or time.monotonic() - self._written > _BATCH_S:
            try:
                self._flush()
            except sqlite3.Error as error:
                self._give_up(error)

    def close(self) -> None:
        """Write what waits."""
        if self._connection is not None:
            try:
                self._flush()
            except sqlite3.Error as error:
                self._give_up(error)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _give_up(self, error: sqlite3.Error) -> None:
        """Work on without the index."""
        log.warning("the study index is not used any more: %s", error)
        self.is_damaged = self.is_damaged or not isinstance(
            error, sqlite3.OperationalError | sqlite3.IntegrityError | sqlite3.ProgrammingError
        )
        self._waiting.clear()
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    # ---- reading ----

    def _outcome(self, path: Path, kind: str, text: str, series: int | None) -> HeaderOutcome:
        record = json.loads(text)
        if kind == "skipped":
            return skipped_of(path, record)
        if kind == "contents":
            members, refused, note = record
            return Contents(
                path,
                tuple(Path(os.fsdecode(m.encode("latin-1"))) for m in members),
                tuple(SkippedFile(Path(os.fsdecode(p.encode("latin-1"))), r) for p, r in refused),
                note,
            )
        if series is None:
            raise ValueError("a header without a series")
        return header_of(path, with_facts(*self._facts_of(series), record))

    def _facts_of(self, series: int) -> tuple[Any, Any]:
        if series not in self._facts:
            assert self._connection is not None
            query = "SELECT facts FROM series WHERE id = ?"
            (text,) = self._connection.execute(query, (series,)).fetchone()
            study, own = json.loads(text)
            self._facts[series] = (tuple(study), tuple(own))
        return self._facts[series]

    # ---- writing ----

    def _flush(self) -> None:
        self._written = time.monotonic()
        rows, self._waiting = self._waiting, []
        if not rows:
            return
        try:
            self._write(lambda db: self._store(db, rows))
        except sqlite3.IntegrityError:  # another window removed the study meanwhile
            self._rows.clear()
            self._facts.clear()
            self._write(lambda db: self._store(db, rows))

    def _write(self, work: Any, *, is_needed: bool = True) -> None:
        """Do `work` in a transaction of its own."""
        if not is_needed or self._connection is None:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            work(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _store(self, db: sqlite3.Connection, rows: list[_Row]) -> None:
        version = record_version()
        values = []
        for path, (size, mtime_ns), outcome in rows:
            folder, name = os.path.split(str(path))
            series, sop_uid, frames = None, "", 0
            if isinstance(outcome, InstanceHeader):
                study, own, rest = without_facts(header_record(outcome))
                series = self._rows.series(db, outcome, _json((study, own)))
                kind, record = "header", rest
                sop_uid, frames = plain_text(outcome.sop_instance_uid), outcome.frame_count
            elif isinstance(outcome, SkippedFile):
                kind, record = "skipped", skipped_record(outcome)
            else:
                self._forget_members(db, outcome, (size, mtime_ns))
                kind = "contents"
                refused = [(_coded(s.path), s.reason) for s in outcome.refused]
                record = ([_coded(m) for m in outcome.members], refused, outcome.note)
            row = (self._rows.folder(db, folder), os.fsencode(name), size, mtime_ns, series)
            values.append((*row, sop_uid, frames, kind, _json(record), version))
        db.executemany(_INSERT, values)

    # ---- forgetting ----

    def _forget_folders(self, folder: str, names: frozenset[str]) -> list[Path]:
        """Forget the folders and archives below a folder whose place in it is gone."""
        assert self._connection is not None
        top = os.fsencode(folder).rstrip(b"/\\") + os.fsencode(os.sep)
        query = "SELECT id, path FROM folder WHERE path > ? AND path < ?"
        below = self._connection.execute(query, (top, top[:-1] + bytes([top[-1] + 1])))
        missing = [
            (row, path)
            for row, path in below.fetchall()
            if Path(os.fsdecode(path[len(top) :])).parts[0] not in names
        ]
        gone = []
        for row, path in missing:
            query = "SELECT name FROM instance WHERE folder = ?"
            files = self._connection.execute(query, (row,)).fetchall()
            gone += [Path(os.fsdecode(path), os.fsdecode(name)) for (name,) in files]
            self._rows.forget_folder(os.fsdecode(path))
        self._write(
            lambda db: db.executemany(
                "DELETE FROM folder WHERE id = ?", [(row,) for row, _ in missing]
            ),
            is_needed=bool(missing),
        )
        return gone

    def _forget_members(self, db: sqlite3.Connection, contents: Contents, stamp: Stamp) -> None:
        """Forget what an archive held before it changed."""
        top = os.fsencode(contents.path)
        db.execute(
            "DELETE FROM instance WHERE folder IN "
            "(SELECT id FROM folder WHERE path = ? OR (path > ? AND path < ?)) "
            "AND (size, mtime_ns) != (?, ?)",
            (top, top + b"/", top + b"0", *stamp),
        )


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _coded(path: Path) -> str:
    """Return a path as a text that JSON keeps, whatever its bytes are."""
    return os.fsencode(path).decode("latin-1")
