"""How a study of the list is called, with identifiers and without."""

import time

from medgan_viewer.dicom.hierarchy import readable_name
from medgan_viewer.index.catalog import StudySummary, dashed_date


class PatientNumbers:
    """Numbers that stand for patients while identifiers are hidden; they stay while it runs."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, study: StudySummary) -> int:
        key = (study.facts.patient_id, study.facts.patient_name)
        return self._numbers.setdefault(key, len(self._numbers) + 1)


def patient_words(study: StudySummary, numbers: PatientNumbers, *, identity_hidden: bool) -> str:
    """Return the name, the ID where there is none, or a number in place of both."""
    if identity_hidden:
        return f"Patient {numbers.number(study)}"
    facts = study.facts
    return readable_name(facts.patient_name) or facts.patient_id or "No name"


def date_words(study: StudySummary, *, identity_hidden: bool) -> str:
    """Return the study date; nothing while identifiers are hidden, of which it is one."""
    return "" if identity_hidden else dashed_date(study.facts.study_date)


def modality_words(study: StudySummary) -> str:
    """Return the modalities, after the mark of a study that holds synthetic images."""
    found = ", ".join(study.modalities)
    return f"SYNTHETIC · {found}" if study.is_synthetic else found


def title_words(study: StudySummary) -> str:
    return study.facts.study_description or "Study"


def count_words(count: int, one: str, many: str = "") -> str:
    """Return "1 image", "12 images"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def used_words(study: StudySummary) -> str:
    """Return when the study was last used."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(study.used_at))


def series_words(study: StudySummary) -> str:
    """Return the display sets with their numbers of images, or the series while none is known."""
    if study.display_sets:
        return ", ".join(f"{s.label} ({s.images})" for s in study.display_sets)
    return ", ".join(study.series)
