"""CurvePanel: the loss curves with their legend, which also says values and hides lines."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.session.training_curves import LossCurve
from medgan_viewer.ui.foreign_text import PlainLabel, plain_tooltip
from medgan_viewer.ui.training.axis import short_number
from medgan_viewer.ui.training.curve_plot import CurvePlot, line_sample

ENTRY_PX = 190
LEFT_OUT = "without values of 0 and below"


class CurvePanel(QWidget):
    """Bound to nothing: shows what it is given, and remembers which lines are hidden."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: Sequence[LossCurve] = ()
        self._entries: dict[str, QCheckBox] = {}
        self.plot = CurvePlot()
        self.plot.cursor_moved.connect(self._show_values)
        self.place = PlainLabel()
        self.place.setObjectName("secondary")
        self.place.setToolTip("Where the mouse is, and what a logarithmic axis cannot show")
        self.logarithmic = _segment("Log", "Losses on a logarithmic axis: small ones are seen too")
        self.linear = _segment("Linear", "Losses on a linear axis")
        self._group = QButtonGroup(self)
        for button in (self.logarithmic, self.linear):
            self._group.addButton(button)
        self.logarithmic.toggled.connect(self._on_axis)
        self.logarithmic.setChecked(True)  # losses of one run differ by orders of magnitude
        heading = PlainLabel("Losses")
        heading.setObjectName("heading")
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(heading)
        head.addSpacing(8)
        head.addWidget(self.place, 1)
        head.addWidget(self.logarithmic)
        head.addWidget(self.linear)
        self._legend = QGridLayout()
        self._legend.setHorizontalSpacing(8)
        self._legend.setVerticalSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.plot, 1)
        column.addLayout(self._legend)

    def show_curves(self, curves: Sequence[LossCurve]) -> None:
        """Show these curves; a line that was hidden by name stays hidden."""
        self._curves = curves
        names = [curve.name for curve in curves]
        if names != list(self._entries):
            self._make_entries(names)
        self.plot.show_curves(curves)
        self._show_values()

    def _make_entries(self, names: Sequence[str]) -> None:
        hidden = {name for name, box in self._entries.items() if not box.isChecked()}
        for box in self._entries.values():
            self._legend.removeWidget(box)
            box.deleteLater()
        self._entries = {}
        for index, name in enumerate(names):
            box = QCheckBox()
            box.setIcon(QIcon(line_sample(index, self.devicePixelRatioF())))
            box.setIconSize(line_sample(index, 1.0).size())
            box.setChecked(name not in hidden)
            box.setToolTip(plain_tooltip(f"Show or hide {name}; the number is its last mean"))
            box.setAccessibleName(f"Show {name}")
            box.toggled.connect(self._on_toggled)
            self._entries[name] = box
        self._arrange()
        self._on_toggled()

    def _arrange(self) -> None:
        columns = max(self.width() // ENTRY_PX, 1)
        for box in self._entries.values():
            self._legend.removeWidget(box)
        for index, box in enumerate(self._entries.values()):
            self._legend.addWidget(box, index // columns, index % columns)
        for column in range(self._legend.columnCount()):
            self._legend.setColumnStretch(column, int(column < columns))

    def _on_toggled(self) -> None:
        hidden = (name for name, box in self._entries.items() if not box.isChecked())
        self.plot.hide_curves(frozenset(hidden))
        self._show_values()

    def _on_axis(self, is_logarithmic: bool) -> None:
        self.plot.set_logarithmic(is_logarithmic)
        self._show_values()

    def _show_values(self) -> None:
        """Write the values under the mouse beside the names, else the last ones."""
        cursor = self.plot.cursor_images
        for curve in self._curves:
            at = -1 if cursor is None else int(np.argmin(np.abs(curve.images - cursor)))
            name = curve.name.replace("&", "&&")  # else it would mark a key
            self._entries[curve.name].setText(f"{name}  {short_number(float(curve.means[at]))}")
        longest = max(self._curves, key=lambda curve: len(curve.images), default=None)
        if cursor is None or longest is None:
            self.place.setText(LEFT_OUT if self.plot.leaves_out else "")
            return
        minutes = float(np.interp(cursor, longest.images, longest.minutes))
        self.place.setText(f"at {cursor:,.0f} images, {minutes:.1f} min")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() // ENTRY_PX != event.oldSize().width() // ENTRY_PX:
            self._arrange()


def _segment(text: str, tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tooltip)
    button.setCheckable(True)
    return button
