"""StudyFilter: which studies of the list are asked for."""

from dataclasses import dataclass

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
        found = study.open_text if identity_hidden else study.search_text
        return all(word in found for word in words)
