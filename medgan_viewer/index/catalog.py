"""Catalog: the studies of the index as a list; removing takes them off it, never off the disk."""

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import StudyFacts, readable_name
from medgan_viewer.index.database import connect
from medgan_viewer.index.rows import plain_text

_STUDIES = """
SELECT s.id, p.patient_id, p.name, p.birth_date, p.sex, s.uid, s.date, s.time, s.description,
    s.added_at, s.opened_at
FROM study s JOIN patient p ON p.id = s.patient
ORDER BY max(s.opened_at, s.added_at) DESC, s.id DESC
"""
_SERIES = """
SELECT r.study, r.uid, r.description, r.modality, r.is_synthetic, sum(i.frames), min(i.folder)
FROM series r JOIN instance i ON i.series = r.id
GROUP BY r.id ORDER BY r.number IS NULL, r.number, r.id
"""


@dataclass(frozen=True, slots=True)
class SetSummary:
    """A display set as the list shows it."""

    label: str
    modality: str
    images: int
    badge: str
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A study as the list shows it.

    Attributes
    ----------
    study_id : row in the index
    modalities : each once, in order of series
    series : descriptions, each once
    display_sets : empty while none of its series was taken apart yet
    images : number of frames
    is_synthetic : it holds a synthetic image
    added_at, opened_at : seconds since 1970; opened_at is 0 when no image of it was ever shown
    folder : where the first of its files lies
    search_text : what words are looked for in, in lower case
    open_text : the same without whatever tells who the patient is
    """

    study_id: int
    facts: StudyFacts
    modalities: tuple[str, ...]
    series: tuple[str, ...]
    display_sets: tuple[SetSummary, ...]
    images: int
    is_synthetic: bool
    added_at: float
    opened_at: float
    folder: Path
    search_text: str
    open_text: str

    @property
    def used_at(self) -> float:
        return max(self.added_at, self.opened_at)


class Catalog:
    """Reads and changes the list; opens the file for each call, on any thread.

    Every method raises sqlite3.Error for a file that cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def studies(self) -> tuple[StudySummary, ...]:
        """Return all studies with images, used last first."""
        with closing(connect(self._path)) as db:
            db.execute("BEGIN")  # one state of the file for all queries
            rows = db.execute(_STUDIES).fetchall()
            series: dict[int, list[tuple[object, ...]]] = {}
            for row in db.execute(_SERIES):
                series.setdefault(row[0], []).append(row[1:])
            folders = dict(db.execute("SELECT id, path FROM folder"))
            sets: dict[int, list[SetSummary]] = {}
            for study, *values in db.execute(
                "SELECT study, label, modality, images, badge, is_synthetic "
                "FROM display_set ORDER BY study, place"
            ):
                label, modality, images, badge, is_synthetic = values
                summary = SetSummary(label, modality, images, badge, bool(is_synthetic))
                sets.setdefault(study, []).append(summary)
        return tuple(
            _summary(row, series[row[0]], sets.get(row[0], ()), folders)
            for row in rows
            if row[0] in series
        )

    def files_of(self, study_id: int) -> tuple[Path, ...]:
        """Return the files of a study, folder by folder."""
        query = (
            "SELECT f.path, i.name FROM instance i JOIN folder f ON f.id = i.folder "
            "JOIN series r ON r.id = i.series WHERE r.study = ? ORDER BY f.path, i.name"
        )
        with closing(connect(self._path)) as db:
            found = db.execute(query, (study_id,)).fetchall()
        return tuple(Path(os.fsdecode(folder), os.fsdecode(name)) for folder, name in found)

    def remove(self, study_ids: Iterable[int]) -> None:
        """Take studies off the list; their files stay on the disk and can be opened again."""
        with closing(connect(self._path)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("DELETE FROM study WHERE id = ?", [(number,) for number in study_ids])
            db.execute("DELETE FROM patient WHERE id NOT IN (SELECT patient FROM study)")
            db.execute("DELETE FROM folder WHERE id NOT IN (SELECT folder FROM instance)")
            db.execute("COMMIT")

    def mark_opened(self, facts: StudyFacts) -> None:
        """Note that an image of a study is on screen."""
        with closing(connect(self._path)) as db:
            db.execute(
                "UPDATE study SET opened_at = ? WHERE patient_id = ? AND uid = ?",
                (time.time(), plain_text(facts.patient_id), plain_text(facts.study_uid)),
            )

    def store_display_sets(
        self, studies: Sequence[tuple[StudyFacts, Sequence[DisplaySet]]]
    ) -> None:
        """Keep how studies fall into display sets, in place of what was kept before."""
        with closing(connect(self._path)) as db:
            db.execute("BEGIN IMMEDIATE")
            for facts, display_sets in studies:
                key = (plain_text(facts.patient_id), plain_text(facts.study_uid))
                query = "SELECT id FROM study WHERE patient_id = ? AND uid = ?"
                found = db.execute(query, key).fetchone()
                if found is None:
                    continue
                db.execute("DELETE FROM display_set WHERE study = ?", found)
                db.executemany(
                    "INSERT OR REPLACE INTO display_set VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [(found[0], *_values(place, s)) for place, s in enumerate(display_sets)],
                )
            db.execute("COMMIT")


def _values(place: int, display_set: DisplaySet) -> tuple[str | int, ...]:
    verdict = display_set.geometry.verdict
    return (
        plain_text(display_set.uid),
        place,
        plain_text(display_set.label),
        plain_text(display_set.modality),
        len(display_set.frames),
        "" if verdict in ("regular", "none") else verdict,
        display_set.is_synthetic,
    )


def _summary(
    row: tuple[object, ...],
    series: Sequence[tuple[object, ...]],
    display_sets: Sequence[SetSummary],
    folders: dict[int, bytes],
) -> StudySummary:
    study_id, patient_id, name, birth_date, sex, uid, date, clock, description, *times = row
    texts = map(str, (patient_id, name, birth_date, sex, uid, date, clock, description))
    _, descriptions, modalities, synthetic, images, first = zip(*series, strict=True)
    added_at, opened_at = times
    facts = StudyFacts(*texts)
    kinds = tuple(dict.fromkeys(str(m) for m in modalities if m))
    names = tuple(dict.fromkeys(str(d) for d in descriptions if d))
    labels = (display_set.label for display_set in display_sets)
    open_text = "\n".join((facts.study_description, *kinds, *names, *labels)).casefold()
    return StudySummary(
        study_id=int(str(study_id)),
        facts=facts,
        modalities=kinds,
        series=names,
        display_sets=tuple(display_sets),
        images=sum(int(str(count)) for count in images),
        is_synthetic=any(synthetic),
        added_at=float(str(added_at)),
        opened_at=float(str(opened_at)),
        folder=Path(os.fsdecode(folders[min(int(str(f)) for f in first)])),
        search_text=f"{open_text}\n{_identifying_text(facts)}",
        open_text=open_text,
    )


def _identifying_text(facts: StudyFacts) -> str:
    name, date = facts.patient_name, facts.study_date
    parts = (name, name.replace("^", " "), readable_name(name), facts.patient_id)
    return "\n".join((*parts, date, dashed_date(date))).casefold()


def dashed_date(date: str) -> str:
    """Return 2024-01-02 for 20240102, and anything else as it is."""
    is_date = len(date) == 8 and date.isdecimal()
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if is_date else date
