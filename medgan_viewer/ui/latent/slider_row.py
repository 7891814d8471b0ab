"""SliderRow: a name, a slider and a number that can be typed, for one value of the state."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QSizePolicy, QWidget

from medgan_viewer.ui.foreign_text import PlainLabel, plain_tooltip
from medgan_viewer.ui.latent.value_slider import ValueSlider


@dataclass(frozen=True, slots=True)
class SliderSpec:
    """What a row says and which numbers it allows.

    Attributes
    ----------
    rest : value of a double click, with a mark on the slider
    step : of a key press or wheel notch
    factor : shown number = value x factor ("62 %" for 0.62)
    """

    title: str
    tooltip: str
    low: float
    high: float
    rest: float
    step: float
    suffix: str = ""
    factor: float = 1.0
    decimals: int = 1


class SliderRow(QWidget):
    """Shows and edits one number; keeps no value of its own.

    Signals
    -------
    value_edited(float)
    drag_started(), drag_ended()
    """

    value_edited = Signal(float)
    drag_started = Signal()
    drag_ended = Signal()

    def __init__(self, spec: SliderSpec) -> None:
        super().__init__()
        self._spec = spec
        self.slider = ValueSlider(spec.low, spec.high, spec.rest, spec.step)
        self.slider.setToolTip(plain_tooltip(spec.tooltip))
        self.slider.setAccessibleName(spec.title)
        self.name = PlainLabel(spec.title)
        self.name.setToolTip(plain_tooltip(spec.tooltip))
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.number = QDoubleSpinBox()
        self.number.setRange(spec.low * spec.factor, spec.high * spec.factor)
        self.number.setDecimals(spec.decimals)
        self.number.setSingleStep(spec.step * spec.factor)
        self.number.setSuffix(spec.suffix)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.number.setFixedWidth(66)
        self.number.setKeyboardTracking(False)
        self.number.setAccessibleName(f"{spec.title}, number")
        self.number.setToolTip(plain_tooltip(f"{spec.title}: type a number"))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 2)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.name, 0, 0, 1, 2)
        grid.addWidget(self.slider, 1, 0)
        grid.addWidget(self.number, 1, 1)
        grid.setColumnStretch(0, 1)
        self.slider.value_moved.connect(self.value_edited)
        self.slider.drag_started.connect(self.drag_started)
        self.slider.drag_ended.connect(self.drag_ended)
        self.number.valueChanged.connect(self._on_typed)
        self.show_value(spec.rest)

    def show_value(self, value: float) -> None:
        """Show a value that comes from the state; nothing is emitted."""
        self.slider.show_value(value)
        with QSignalBlocker(self.number):
            self.number.setValue(value * self._spec.factor)

    def set_unavailable(self, reason: str) -> None:
        """Gray the row and say why."""
        self.setEnabled(False)
        self.slider.setToolTip(reason)
        self.name.setToolTip(reason)
        self.number.setToolTip(reason)

    def _on_typed(self, number: float) -> None:
        self.drag_started.emit()
        self.value_edited.emit(number / self._spec.factor)
        self.drag_ended.emit()


def connect_row(
    row: SliderRow,
    edit: Callable[[float], None],
    begin: Callable[[], None],
    end: Callable[[], None],
) -> None:
    """Bind a row to a setter and to the beginning and end of an edit."""
    row.value_edited.connect(edit)
    row.drag_started.connect(begin)
    row.drag_ended.connect(end)
