"""RowNumbers: the rows of folders and series in the index, made where they are missing."""

import os
import sqlite3
import time

from medgan_viewer.dicom.hierarchy import InstanceHeader


class RowNumbers:
    """Knows the numbers it has seen; they hold until another window removes the rows."""

    def __init__(self) -> None:
        self._folders: dict[str, int] = {}
        self._series: dict[tuple[str, bool], int] = {}

    def clear(self) -> None:
        """Ask the file anew."""
        self._folders.clear()
        self._series.clear()

    def forget_folder(self, folder: str) -> None:
        self._folders.pop(folder, None)

    def known_folder(self, db: sqlite3.Connection, folder: str) -> int | None:
        """Return the row of a folder; None for one that nothing was kept of."""
        if folder not in self._folders:
            query = "SELECT id FROM folder WHERE path = ?"
            found = db.execute(query, (os.fsencode(folder),)).fetchone()
            if found is None:
                return None
            self._folders[folder] = int(found[0])
        return self._folders[folder]

    def folder(self, db: sqlite3.Connection, folder: str) -> int:
        """Return the row of a folder, made if need be."""
        known = self.known_folder(db, folder)
        if known is None:
            db.execute("INSERT OR IGNORE INTO folder (path) VALUES (?)", (os.fsencode(folder),))
            known = self.known_folder(db, folder)
            assert known is not None
        return known

    def series(self, db: sqlite3.Connection, header: InstanceHeader, facts: str) -> int:
        """Return the row of a header's series, made with its study and patient if need be."""
        key = (facts, header.is_synthetic)
        if key not in self._series:
            self._series[key] = _series_row(db, header, facts)
        return self._series[key]


def _series_row(db: sqlite3.Connection, header: InstanceHeader, facts: str) -> int:
    series = header.series
    study = _study_row(db, header)
    db.execute(
        "INSERT OR IGNORE INTO series "
        "(study, uid, number, description, modality, is_synthetic, facts) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            study,
            plain_text(series.series_uid),
            _small(series.series_number),
            plain_text(series.series_description),
            plain_text(series.modality),
            header.is_synthetic,
            facts,
        ),
    )
    query = "SELECT id FROM series WHERE (study, facts, is_synthetic) = (?, ?, ?)"
    return int(db.execute(query, (study, facts, header.is_synthetic)).fetchone()[0])


def _study_row(db: sqlite3.Connection, header: InstanceHeader) -> int:
    facts = header.study
    whole = (facts.patient_id, facts.patient_name, facts.patient_birth_date, facts.patient_sex)
    patient = tuple(map(plain_text, whole))
    db.execute(
        "INSERT OR IGNORE INTO patient (patient_id, name, birth_date, sex) VALUES (?, ?, ?, ?)",
        patient,
    )
    own = (facts.study_uid, facts.study_date, facts.study_time, facts.study_description)
    db.execute(
        "INSERT OR IGNORE INTO study "
        "(patient, patient_id, uid, date, time, description, added_at, opened_at) "
        "VALUES ((SELECT id FROM patient WHERE (patient_id, name, birth_date, sex) "
        "= (?, ?, ?, ?)), ?, ?, ?, ?, ?, ?, 0)",
        (*patient, patient[0], *map(plain_text, own), time.time()),
    )
    query = "SELECT id FROM study WHERE patient_id = ? AND uid = ?"
    return int(db.execute(query, (patient[0], plain_text(facts.study_uid))).fetchone()[0])


def plain_text(text: str) -> str:
    """Return a text that SQLite takes: half of a surrogate pair is none."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _small(number: int | None) -> int | None:
    """Return a number that fits into SQLite's 64 bits."""
    return number if number is None or abs(number) < 1 << 63 else None
