"""RightPanel: what belongs to the mode: models and sliders, translation, figures."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from medgan_viewer.errors import MedganError
from medgan_viewer.generators.manifest import Task
from medgan_viewer.generators.package import ModelPackage, read_card
from medgan_viewer.session.session import Mode, Session
from medgan_viewer.ui.compare.compare_panel import ComparePanel
from medgan_viewer.ui.generators.model_panel import ModelPanel
from medgan_viewer.ui.generators.translation_panel import TranslationPanel
from medgan_viewer.ui.latent.latent_panel import LatentPanel

NO_GENERATOR = "No generator is installed. Add the folder of a model package with +."
NO_TRANSLATOR = "No translator is installed. Add the folder of a model package with +."


class RightPanel(QWidget):
    """Shows the parts of the mode and hides the others.

    Signals
    -------
    package_folder_wanted()
    """

    package_folder_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._session = session
        self.generators = ModelPanel(NO_GENERATOR)
        self.translators = ModelPanel(NO_TRANSLATOR)
        self.latent = LatentPanel(session.latent)
        self.translation = TranslationPanel(session.translation)
        self.compare = ComparePanel(session.comparison)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for widget in (self.compare, self.generators, self.translators):
            column.addWidget(widget)
        column.addWidget(self.latent, 1)
        column.addWidget(self.translation, 1)
        for panel in (self.generators, self.translators):
            panel.package_chosen.connect(session.choose_package)
            panel.folder_wanted.connect(self.package_folder_wanted)
        session.mode_changed.connect(self._show_mode)
        session.library.packages_changed.connect(self._show_packages)
        session.latent.package_changed.connect(self._show_packages)
        session.translation.state_changed.connect(self._show_packages)
        self._shown: tuple[object, ...] = ()
        self._show_mode()
        self._show_packages()

    def _show_mode(self) -> None:
        mode, source = self._session.mode, self._session.source_mode
        self.compare.setVisible(mode is Mode.COMPARE)
        generating = source is Mode.GENERATE
        self.generators.setVisible(generating)
        self.latent.setVisible(generating)
        self.translators.setVisible(not generating)
        self.translation.setVisible(not generating)

    def _show_packages(self) -> None:
        library = self._session.library
        generator, translator = self._session.latent.package, self._session.translation.package
        state = (library.packages, generator, translator)
        if state == self._shown:
            return
        self._shown = state
        for panel, packages, chosen in (
            (self.generators, library.generators, generator),
            (self.translators, library.of_task(Task.TRANSLATE), translator),
        ):
            panel.show_packages(packages, chosen)
            panel.set_card(partial(_card, chosen))


def _card(package: ModelPackage | None) -> str:
    if package is None:
        return ""
    try:
        return read_card(package)
    except MedganError as error:
        return f"{error.problem} {error.action}"
