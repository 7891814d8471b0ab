"""PreferencesDialog: memory for images, text over them, cine; changes hold at once."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.session.display_options import CINE_RATES
from medgan_viewer.session.session import Session
from medgan_viewer.session.tile_look import CORNER_PARTS
from medgan_viewer.ui.foreign_text import PlainLabel

CACHE_MIB = (64, 262_144)


class PreferencesDialog(QDialog):
    """Bound to the session's loader and display options."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self.memory = QSpinBox()
        self.memory.setRange(*CACHE_MIB)
        self.memory.setSuffix(" MiB")
        self.memory.setSingleStep(256)
        self.memory.setKeyboardTracking(False)  # not for every digit of a number being typed
        self.memory.setAccessibleName("Memory for decoded images")
        self.memory.setToolTip("Decoded images are kept up to this size; those on screen always")
        self.memory.setValue(session.loader.budget_bytes >> 20)
        self.used = PlainLabel()
        self.rate = QDoubleSpinBox()
        self.rate.setRange(*CINE_RATES)
        self.rate.setDecimals(1)
        self.rate.setSuffix(" images per second")
        self.rate.setAccessibleName("Cine rate where the file names none")
        self.rate.setToolTip("Cine takes the rate of the file; this one where it names none")
        self.rate.setValue(session.display.cine_rate)
        images = QGroupBox("Images")
        form = QFormLayout(images)
        form.addRow("Memory", self.memory)
        form.addRow("In use", self.used)
        form.addRow("Cine", self.rate)
        texts = QGroupBox("Text over the images")
        lines = QVBoxLayout(texts)
        self.parts: dict[str, QCheckBox] = {}
        for part, title in CORNER_PARTS.items():
            box = QCheckBox(title)
            box.setToolTip(f"Show over the images: {title.lower()}")
            box.setChecked(part not in session.display.hidden_parts)
            box.toggled.connect(self._on_parts)
            lines.addWidget(box)
            self.parts[part] = box
        note = PlainLabel("Warnings, losses of fidelity and the mark of synthetic images stay.")
        note.setObjectName("secondary")
        note.setWordWrap(True)
        lines.addWidget(note)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (images, texts, buttons):
            column.addWidget(widget)
        self.memory.valueChanged.connect(self._on_memory)
        self.rate.valueChanged.connect(session.display.set_cine_rate)
        session.loader.cache_changed.connect(self._show_used)
        self._show_used()

    def _on_memory(self, mib: int) -> None:
        self._session.loader.set_budget(mib << 20)
        self._show_used()

    def _on_parts(self) -> None:
        hidden = [part for part, box in self.parts.items() if not box.isChecked()]
        self._session.display.hide_parts(hidden)

    def _show_used(self) -> None:
        loader = self._session.loader
        share = 100 * loader.size_bytes / max(loader.budget_bytes, 1)
        self.used.setText(f"{loader.size_bytes / 2**20:.0f} MiB ({share:.0f} %)")
