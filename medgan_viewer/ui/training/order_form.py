"""OrderForm: what a new training run is to learn, from what and for how long."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.session.training_order import (
    MAX_MINUTES,
    MAX_NAME,
    MAX_SEED,
    RESOLUTIONS,
    DataKind,
    ModelFamily,
    TrainingOrder,
    kinds_for,
    plain_name,
)
from medgan_viewer.ui.foreign_text import PlainLabel

FAMILY_WORDS = {
    ModelFamily.VAE_GAN: (
        "VAE-GAN",
        "Learns from few images and in short runs, and takes real images in; fine detail is soft.",
    ),
    ModelFamily.STYLEGAN2: (
        "StyleGAN2",
        "Makes the sharpest pictures, but wants thousands of images and hours on a GPU.",
    ),
    ModelFamily.DCGAN: (
        "DCGAN",
        "A plain convolutional GAN of 2016: quick to train, and a mark for others to beat.",
    ),
    ModelFamily.FULLY_CONNECTED: (
        "Fully connected",
        "Two dense layers that know nothing of neighbouring pixels: the baseline for teaching.",
    ),
    ModelFamily.PIX2PIX: (
        "pix2pix",
        "Turns one contrast into another; needs both contrasts of the same slices.",
    ),
    ModelFamily.CYCLEGAN: (
        "CycleGAN",
        "Turns one contrast into another and back; the images need not be pairs.",
    ),
    ModelFamily.CUT: (
        "CUT",
        "Turns one contrast into another, one way only and quicker than CycleGAN; no pairs needed.",
    ),
}
KIND_WORDS = {
    DataKind.IMAGES: (
        "Pictures (PNG, JPEG, TIFF)",
        "Labels come from labels.csv in the folder, or from the names of its sub-folders.",
    ),
    DataKind.DICOM: ("DICOM images", "All series of one modality, also in sub-folders."),
    DataKind.NIFTI: ("NIfTI volumes", "Volumes are cut into slices; one file is one patient."),
    DataKind.PREPARED: ("Prepared file (.npz)", "One file that this program prepared before."),
    DataKind.PAIRED: ("Pairs of contrasts (.npz)", "One file a person, with both contrasts."),
}
TITLE_PX = 68  # also while the longest title is hidden
NO_FOLDER = "Choose the folder with your images."
NO_NAME = "Give the model a name."
NO_CONTRASTS = "Name two different contrasts."


class OrderForm(QWidget):
    """Fields with a sentence each, and Start.

    Signals
    -------
    order_given(TrainingOrder)
    """

    order_given = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.folder = QLineEdit()
        self.folder.setPlaceholderText("Folder with images")
        self.browse = QToolButton()
        self.browse.setText("…")
        self.browse.clicked.connect(self.choose_folder)
        self.family = QComboBox()
        for family, (title, _) in FAMILY_WORDS.items():
            self.family.addItem(title, family)
        self.family_words = _sentence()
        self.kind = QComboBox()
        self.kind_words = _sentence()
        self.resolution = QComboBox()
        for side in RESOLUTIONS:
            self.resolution.addItem(f"{side} x {side} pixels", side)
        self.resolution.setCurrentIndex(RESOLUTIONS.index(128))
        self.source, self.target = QLineEdit("t1"), QLineEdit("t2")
        self.minutes = _number(1, MAX_MINUTES, 30)
        self.minutes.setSuffix(" min")
        self.seed = _number(0, MAX_SEED, 1)
        self.name = QLineEdit()
        self.name.setMaxLength(MAX_NAME)
        self.name.setPlaceholderText("Name of the model")
        self.start = QPushButton("Start training")
        self.obstacle = _sentence()
        self._grid = QGridLayout()
        self._lay_out()
        self._name_all()
        self.family.currentIndexChanged.connect(self._show_family)
        self.kind.currentIndexChanged.connect(self._show_kind)
        for text in (self.folder, self.name, self.source, self.target):
            text.textChanged.connect(self._check)
        self.start.clicked.connect(self._give)
        self.name.returnPressed.connect(self.start.click)
        self._show_family()
        self._check()

    def _lay_out(self) -> None:
        place = QHBoxLayout()
        place.setSpacing(4)
        place.addWidget(self.folder, 1)
        place.addWidget(self.browse)
        contrasts = QHBoxLayout()
        contrasts.setSpacing(4)
        contrasts.addWidget(self.source)
        self._arrow = PlainLabel("→")
        contrasts.addWidget(self._arrow)
        contrasts.addWidget(self.target)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(0, TITLE_PX)
        self._size_title, self._contrast_title = PlainLabel("Size"), PlainLabel("Contrasts")
        rows: tuple[tuple[QWidget | None, QWidget | QHBoxLayout], ...] = (
            (PlainLabel("Folder"), place),
            (PlainLabel("Model"), self.family),
            (None, self.family_words),
            (PlainLabel("Data"), self.kind),
            (None, self.kind_words),
            (self._size_title, self.resolution),
            (self._contrast_title, contrasts),
            (PlainLabel("Time"), self.minutes),
            (PlainLabel("Seed"), self.seed),
            (PlainLabel("Name"), self.name),
            (None, self.start),
            (None, self.obstacle),
        )
        for line, (title, content) in enumerate(rows):
            if title is not None:
                self._grid.addWidget(title, line, 0)
            if isinstance(content, QHBoxLayout):
                self._grid.addLayout(content, line, 1)
            else:
                self._grid.addWidget(content, line, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._grid)

    def _name_all(self) -> None:
        for widget, name, tip in (
            (self.folder, "Data folder", "Folder or prepared file with the training images"),
            (self.browse, "Choose the data folder", "Choose the data folder"),
            (self.family, "Model family", "The kind of network, and how it is trained"),
            (self.kind, "Kind of data", "What lies in the data folder"),
            (self.resolution, "Size", "Side of the images; twice the side is four times the work"),
            (self.source, "Contrast to start from", "Its name in the data, or its label"),
            (self.target, "Contrast to make", "Its name in the data, or its label"),
            (self.minutes, "Time budget", "The training ends after so many minutes of work"),
            (self.seed, "Seed", "The same data, seed and images give the same weights on a CPU"),
            (self.name, "Name of the model", "Shown in the list of models"),
            (self.start, "Start training", "Train in a process of its own, which goes on when "
             "the window is closed"),
        ):  # fmt: skip
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
            # The panel is narrow: no choice may be wider than it.
            if isinstance(widget, QComboBox):
                widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    # ---- what is chosen ----

    def order(self) -> TrainingOrder:
        """Return what the fields say."""
        return TrainingOrder(
            name=plain_name(self.name.text()),
            folder=Path(self.folder.text().strip()).expanduser().absolute(),
            kind=self.kind.currentData(),
            family=self.family.currentData(),
            resolution=self.resolution.currentData(),
            max_minutes=float(self.minutes.value()),
            seed=self.seed.value(),
            source=self.source.text().strip(),
            target=self.target.text().strip(),
        )

    def choose_folder(self) -> None:
        """Ask for the data; a run without a name gets that of the folder or file."""
        if self.kind.currentData() is DataKind.PREPARED:
            chosen, _ = QFileDialog.getOpenFileName(
                self, "Choose a prepared file", "", "Prepared data (*.npz)"
            )
        else:
            chosen = QFileDialog.getExistingDirectory(
                self, "Choose the folder with training images"
            )
        if chosen:
            self.folder.setText(chosen)
            if not self.name.text():
                self.name.setText(plain_name(Path(chosen).stem.replace("_", " ")))

    def _show_family(self) -> None:
        family = self.family.currentData()
        self.family_words.setText(FAMILY_WORDS[family][1])
        before = self.kind.currentData()
        kinds = kinds_for(family)
        with QSignalBlocker(self.kind):
            self.kind.clear()
            for kind in kinds:
                self.kind.addItem(KIND_WORDS[kind][0], kind)
            self.kind.setCurrentIndex(kinds.index(before) if before in kinds else 0)
        of_generators = (self._size_title, self.resolution)
        of_translators = (self._contrast_title, self.source, self._arrow, self.target)
        for widgets, are_shown in (
            (of_generators, not family.is_translator),
            (of_translators, family.is_translator),
        ):
            for widget in widgets:
                widget.setVisible(are_shown)
        self._show_kind()
        self._check()

    def _show_kind(self) -> None:
        self.kind_words.setText(KIND_WORDS[self.kind.currentData()][1])

    def _check(self) -> None:
        """Say what is missing; Start waits for it."""
        contrasts = {self.source.text().strip(), self.target.text().strip()} - {""}
        obstacle = ""
        if not self.folder.text().strip():
            obstacle = NO_FOLDER
        elif self.family.currentData().is_translator and len(contrasts) < 2:
            obstacle = NO_CONTRASTS
        elif not plain_name(self.name.text()):
            obstacle = NO_NAME
        self.obstacle.setText(obstacle)
        self.start.setEnabled(not obstacle)

    def _give(self) -> None:
        self.order_given.emit(self.order())


def _sentence() -> PlainLabel:
    label = PlainLabel()
    label.setWordWrap(True)
    label.setObjectName("secondary")
    return label


def _number(low: int, high: int, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setValue(value)
    box.lineEdit().setTextMargins(4, 0, 4, 0)
    return box
