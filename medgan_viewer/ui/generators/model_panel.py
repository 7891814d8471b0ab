"""ModelPanel: choose a model, read in plain words what it is."""

import textwrap
from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.generators.package import ModelPackage, Trust
from medgan_viewer.ui.foreign_text import CardView, PlainLabel, WrappedLabel, plain_tooltip
from medgan_viewer.ui.generators.figures_dialog import FiguresDialog

_TRUST_WORDS = {
    Trust.SIGNED: ("signed", "The signature fits and its key is trusted"),
    Trust.UNSIGNED: ("unsigned", "Nobody vouches for the origin of these weights"),
    Trust.CONVERTED: ("converted", "Converted from another program's checkpoint; unsigned"),
}


MAX_SAID = 230  # characters: more would leave the sliders no room in a small window


class ModelPanel(QWidget):
    """Chooser and card of one kind of model.

    Signals
    -------
    package_chosen(ModelPackage)
    folder_wanted() : the user wants to add a package from a folder
    """

    package_chosen = Signal(object)
    folder_wanted = Signal()

    def __init__(self, empty_text: str) -> None:
        super().__init__()
        self._packages: list[ModelPackage] = []
        self._shown: ModelPackage | None = None
        self._read_card: Callable[[], str] = str
        self._empty_text = empty_text
        self.chooser = QComboBox()
        self.chooser.setToolTip("Choose the model")
        self.chooser.setAccessibleName("Model")
        self.chooser.activated.connect(self._on_activated)
        self.add = QToolButton()
        self.add.setText("+")
        self.add.setToolTip("Add a model package from a folder")
        self.add.setAccessibleName("Add a model package")
        self.add.clicked.connect(self.folder_wanted)
        self.summary = WrappedLabel()
        self.summary.setObjectName("secondary")
        self.trust = PlainLabel()
        self.trust.setObjectName("secondary")
        self.card = QToolButton()
        self.card.setObjectName("flat")
        self.card.setText("Card…")
        self.card.setToolTip("Data, licence, figures and limits of this model")
        self.card.clicked.connect(self._show_card)
        self.figures = QToolButton()
        self.figures.setObjectName("flat")
        self.figures.setText("Figures…")
        self.figures.setToolTip("How good this model is on images it was not trained on")
        self.figures.clicked.connect(self._show_figures)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.chooser, 1)
        row.addWidget(self.add)
        foot = QHBoxLayout()
        foot.addWidget(self.trust)
        foot.addStretch(1)
        foot.addWidget(self.figures)
        foot.addWidget(self.card)
        line = QFrame()
        line.setObjectName("line")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.summary)
        column.addLayout(foot)
        column.addWidget(line)
        self.show_packages([], None)

    def show_packages(self, packages: Sequence[ModelPackage], chosen: ModelPackage | None) -> None:
        """List these packages with one chosen."""
        self._packages = list(packages)
        with QSignalBlocker(self.chooser):
            self.chooser.clear()
            for package in self._packages:
                self.chooser.addItem(package.manifest.name)
            index = self._packages.index(chosen) if chosen in self._packages else -1
            self.chooser.setCurrentIndex(index)
        self.chooser.setEnabled(bool(self._packages))
        self.show_package(chosen)

    def show_package(self, package: ModelPackage | None) -> None:
        self._shown = package
        self.card.setEnabled(package is not None)
        self.figures.setEnabled(package is not None)
        if package is None:
            self.summary.setText(self._empty_text)
            self.summary.setToolTip("")
            self.trust.clear()
            return
        manifest = package.manifest
        said = f"{manifest.summary} {manifest.limits}"
        self.summary.setText(_shortened(said))
        self.summary.setToolTip(plain_tooltip(said))
        word, reason = _TRUST_WORDS[package.trust]
        self.trust.setText(f"● {word}")
        self.trust.setToolTip(plain_tooltip(f"{reason}. Version {manifest.version}"))

    def set_card(self, read: Callable[[], str]) -> None:
        """Take what reads the text of the card when the user asks for it."""
        self._read_card = read

    def _on_activated(self, index: int) -> None:
        self.package_chosen.emit(self._packages[index])

    def _show_figures(self) -> None:
        if self._shown is not None:
            FiguresDialog(self._shown.manifest, self).open()

    def _show_card(self) -> None:
        if self._shown is None:
            return
        dialog = QDialog(self)
        dialog.setWindowTitle(f"Model card · {self._shown.title}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.resize(640, 640)
        text = CardView(self._read_card())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(dialog.reject)
        column = QVBoxLayout(dialog)
        column.addWidget(text)
        column.addWidget(buttons)
        dialog.open()


def _shortened(text: str) -> str:
    """Return the words that fit into the panel; the rest stands in tooltip and card."""
    return textwrap.shorten(text, MAX_SAID, placeholder=" …")
