"""StudyFilter: which studies of the list are asked for."""

from dataclasses import dataclass

from medgan_viewer.dicom.hierarchy import readable_name
from medgan_viewer.index.catalog import StudySummary


@dataclass(frozen=True, slots=True)
class StudyFilter:
    """All conditions have to hold; an empty one holds for every study.

    Attributes
    ----------
    text : words, each of which has to stand somewhere in name, ID, date, modality or description
    modality : one of the study's, as CT
    date_from, date_to : of the study, YYYYMMDD, both included
    """

    text: str = ""
    modality: str = ""
    date_from: str = ""
    date_to: str = ""

    def matches(self, study: StudySummary, *, identity_hidden: bool = False) -> bool:
        """Tell whether a study is asked for.

        While identifiers are hidden, words are not looked for in them: finding a study by a name
        would tell whose it is.
        """
        if self.modality and self.modality not in study.modalities:
            return False
        date = study.facts.study_date
        if not identity_hidden:
            if self.date_from and not self.date_from <= date:
                return False
            if self.date_to and not (date and date <= self.date_to):
                return False
        words = self.text.casefold().split()
        if not words:
            return True
        found = searchable_text(study, identity_hidden=identity_hidden)
        return all(word in found for word in words)


def searchable_text(study: StudySummary, *, identity_hidden: bool) -> str:
    """Return what words are looked for in, in lower case."""
    facts = study.facts
    parts = [facts.study_description, *study.modalities, *study.series]
    parts += [display_set.label for display_set in study.display_sets]
    if not identity_hidden:
        name = facts.patient_name
        date = facts.study_date
        parts += [name, name.replace("^", " "), readable_name(name), facts.patient_id]
        parts += [date, dashed_date(date)]
    return "\n".join(parts).casefold()


def dashed_date(date: str) -> str:
    """Return 2024-01-02 for 20240102, and anything else as it is."""
    is_date = len(date) == 8 and date.isdecimal()
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if is_date else date
