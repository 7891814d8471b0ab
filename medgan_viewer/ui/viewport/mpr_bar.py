"""MprBar: above the planes of a reformatted series: slab, projection, how far reading is, close."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from medgan_viewer.imaging.slab import Projection, Slab
from medgan_viewer.session.mpr import MprViews
from medgan_viewer.ui.foreign_text import PlainLabel

MAX_SLAB_MM = 200.0
_WORDS = {
    Projection.MIP: "Brightest (MIP)",
    Projection.MINIP: "Darkest (MinIP)",
    Projection.MEAN: "Mean",
}


class MprBar(QFrame):
    """Visible while planes are open."""

    def __init__(self, mpr: MprViews) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._mpr = mpr
        self.title = PlainLabel()
        self.status = PlainLabel()
        self.thickness = QDoubleSpinBox()
        self.thickness.setRange(0, MAX_SLAB_MM)
        self.thickness.setDecimals(1)
        self.thickness.setSuffix(" mm")
        self.thickness.setSpecialValueText("one plane")
        self.thickness.setToolTip("Thickness of the slab around each plane")
        self.thickness.setAccessibleName("Slab thickness")
        self.thickness.setKeyboardTracking(False)
        self.projection = QComboBox()
        self.projection.setToolTip("How a slab becomes one image")
        self.projection.setAccessibleName("Projection of the slab")
        for projection, words in _WORDS.items():
            self.projection.addItem(words, projection)
        self.leave = QPushButton("Back to the stacks")
        self.leave.setToolTip("Close the planes (Ctrl+M)")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(8)
        row.addWidget(self.title, 1)
        row.addWidget(self.status)
        row.addWidget(_label("Slab", self.thickness))
        row.addWidget(self.thickness)
        row.addWidget(self.projection)
        row.addWidget(self.leave)
        self.thickness.valueChanged.connect(self._on_edited)
        self.projection.currentIndexChanged.connect(self._on_edited)
        self.leave.clicked.connect(mpr.close)
        mpr.opened_changed.connect(self._show)
        mpr.status_changed.connect(self._show)
        mpr.slab_changed.connect(self._show)
        self._show()

    def _on_edited(self) -> None:
        self._mpr.set_slab(Slab(self.thickness.value(), self.projection.currentData()))

    def _show(self) -> None:
        source = self._mpr.source
        self.setVisible(source is not None)
        self.title.setText("" if source is None else f"Planes of {source.display_set.label}")
        self.status.setText(self._mpr.status or "Shift + move: all planes to that point")
        slab = self._mpr.slab
        for widget in (self.thickness, self.projection):
            widget.blockSignals(True)
        self.thickness.setValue(slab.thickness_mm)
        self.projection.setCurrentIndex(list(_WORDS).index(slab.projection))
        for widget in (self.thickness, self.projection):
            widget.blockSignals(False)
        self.projection.setEnabled(slab.thickness_mm > 0)


def _label(text: str, buddy: QWidget) -> PlainLabel:
    label = PlainLabel()
    label.setText(text)
    label.setBuddy(buddy)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label
