"""RecentList: the studies used last, each one click away."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from medgan_viewer.index.catalog import StudySummary
from medgan_viewer.session.session import Session
from medgan_viewer.ui.foreign_text import PlainLabel, plain_tooltip
from medgan_viewer.ui.studies.study_words import (
    PatientNumbers,
    count_words,
    date_words,
    modality_words,
    patient_words,
    title_words,
)

SHOWN = 5


class RecentList(QWidget):
    """Bound to the study index; empty and hidden until something was opened.

    Signals
    -------
    list_wanted() : all studies
    """

    list_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._numbers = PatientNumbers()
        self.buttons: list[QPushButton] = []
        self._heading = PlainLabel("Recent")
        self._heading.setObjectName("secondary")
        self.all = QPushButton("All studies…")
        self.all.setToolTip("Search all studies that were ever opened (Ctrl+B)")
        self.all.clicked.connect(self.list_wanted)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 12, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self._heading)
        self._column.addWidget(self.all)
        session.index.changed.connect(self._refresh)
        session.identity_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        for button in self.buttons:
            self._column.removeWidget(button)
            button.deleteLater()
        studies = self._session.index.recent[:SHOWN]
        self.buttons = [self._button(study) for study in studies]
        for place, button in enumerate(self.buttons, start=1):
            self._column.insertWidget(place, button)
        for widget in (self._heading, self.all):
            widget.setVisible(bool(studies))

    def _button(self, study: StudySummary) -> QPushButton:
        hidden = self._session.identity_hidden
        name = patient_words(study, self._numbers, identity_hidden=hidden)
        parts = (date_words(study, identity_hidden=hidden), modality_words(study))
        text = f"{name}\n{' · '.join(part for part in parts if part)}"
        button = QPushButton(text.replace("&", "&&"))
        button.setObjectName("recent")
        button.setStyleSheet("text-align: left; padding: 4px 8px;")
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        images = count_words(study.images, "image")
        button.setToolTip(plain_tooltip(f"{name}\n{title_words(study)}\n{images}"))
        button.clicked.connect(partial(_open, self._session, study.study_id))
        return button


def _open(session: Session, study_id: int, _checked: bool = False) -> None:
    session.index.open_study(study_id)
