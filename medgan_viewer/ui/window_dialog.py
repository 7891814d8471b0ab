"""WindowDialog: center and width of the window as numbers, applied while they are typed."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.imaging.voi import VoiLut, VoiWindow
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.ui.foreign_text import PlainLabel

LARGEST = 1e7


class WindowDialog(QDialog):
    """Bound to one tile; follows it when the window is dragged meanwhile."""

    def __init__(self, tile: ViewportState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Window by numbers")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._tile = tile
        self.center = _box("Center of the window")
        self.width_box = _box("Width of the window")
        self.width_box.setMinimum(1.0)
        self.ends = PlainLabel()
        form = QFormLayout()
        form.addRow("Center", self.center)
        form.addRow("Width", self.width_box)
        form.addRow("From – to", self.ends)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(buttons)
        for box in (self.center, self.width_box):
            box.valueChanged.connect(self._on_typed)
        tile.voi_changed.connect(self._show)
        tile.content_changed.connect(self._show)
        self._show()

    def _window(self) -> VoiWindow | None:
        frame, voi = self._tile.frame, self._tile.voi
        if frame is None or frame.is_color or voi is None:
            return None
        return voi.as_window() if isinstance(voi, VoiLut) else voi

    def _show(self) -> None:
        window = self._window()
        for box in (self.center, self.width_box):
            box.setEnabled(window is not None)
        if window is None:
            self.ends.setText("this image has no window")
            return
        frame = self._tile.frame
        unit = f" {frame.unit}" if frame is not None and frame.unit else ""
        for box, value in ((self.center, window.center), (self.width_box, window.width)):
            box.setSuffix(unit)
            if abs(box.value() - value) >= 0.005:
                with QSignalBlocker(box):  # showing a value is not a user edit
                    box.setValue(value)
        low, high = window.center - window.width / 2, window.center + window.width / 2
        self.ends.setText(f"{low:.6g} – {high:.6g}{unit}")

    def _on_typed(self) -> None:
        if self._window() is not None:
            self._tile.set_voi(VoiWindow(self.center.value(), self.width_box.value()))


def _box(name: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(-LARGEST, LARGEST)
    box.setDecimals(2)
    box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    box.setAccessibleName(name)
    box.setToolTip(name)
    return box
