"""FoundHeaders: all headers that scans found, and the studies that they make."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from medgan_viewer.dicom.display_sets import DisplaySet, split_into_display_sets
from medgan_viewer.dicom.hierarchy import (
    InstanceHeader,
    Series,
    SkippedFile,
    StudyFacts,
    group_into_studies,
)
from medgan_viewer.dicom.scan import ScanBatch
from medgan_viewer.index.held import HeldFiles


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """A study and its display sets, in the order of the list."""

    facts: StudyFacts
    display_sets: tuple[DisplaySet, ...]


_Division = tuple[tuple[InstanceHeader, ...], tuple[DisplaySet, ...]]


@dataclass
class FoundHeaders:
    """All headers of this run of the program; touched by the scan thread alone."""

    headers: dict[Path, InstanceHeader] = field(default_factory=dict)
    skipped: dict[Path, SkippedFile] = field(default_factory=dict)
    held: HeldFiles = field(default_factory=HeldFiles)
    divided: dict[str, _Division] = field(default_factory=dict)

    def add(self, batch: ScanBatch) -> None:
        for header in batch.headers:
            self.headers[header.path] = header
            self.skipped.pop(header.path, None)
        for skipped in batch.skipped:
            self.skipped[skipped.path] = skipped
            self.headers.pop(skipped.path, None)  # it was an image before it changed
        for path in batch.gone:
            self.headers.pop(path, None)
            self.skipped.pop(path, None)

    def drop(self, studies: Iterable[StudyFacts]) -> None:
        """Forget studies that were taken off the list, until they are opened again."""
        keys = {(facts.patient_id, facts.study_uid) for facts in studies}
        gone = [
            path
            for path, header in self.headers.items()
            if (header.study.patient_id, header.study.study_uid) in keys
        ]
        for path in gone:
            del self.headers[path]
        self.held.forget(gone)

    def _divide(self, series: Series) -> tuple[DisplaySet, ...]:
        """Divide a series, unless it is the one that was divided last time."""
        facts = series.instances[0].study
        key = f"{facts.patient_id}/{facts.study_uid}/{series.facts.series_uid}"
        before = self.divided.get(key)
        if before is None or before[0] != series.instances:
            before = (series.instances, split_into_display_sets(series))
            self.divided[key] = before
        return before[1]

    def studies(self) -> tuple[tuple[StudyEntry, ...], tuple[SkippedFile, ...]]:
        """Return all studies, and what shows no image, copies among it."""
        studies, copies = group_into_studies(self.headers.values())
        entries = tuple(
            StudyEntry(
                study.facts,
                tuple(s for series in study.series for s in self._divide(series)),
            )
            for study in studies
        )
        skipped = {**self.skipped, **{copy.path: copy for copy in copies}}
        return entries, tuple(skipped.values())
