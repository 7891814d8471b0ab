"""FiguresDialog: how good a model is, figure by figure, in plain words."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.generators.manifest import Manifest, Metric
from medgan_viewer.ui.foreign_text import PlainLabel

NOTHING = "Nobody has measured this model on held-out images: medgan-viewer evaluate does."


class FiguresDialog(QDialog):
    """Lists the figures of a manifest: the sentence first, then the number and its company."""

    def __init__(self, manifest: Manifest, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Figures · {manifest.name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 640)
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setSpacing(2)
        for metric in manifest.metrics:
            _add_metric(lines, metric)
        if not manifest.metrics:
            lines.addWidget(_label(NOTHING))
        lines.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(area)
        column.addWidget(buttons)


def number_words(metric: Metric) -> str:
    """Return a figure with its interval, its size and what it is compared with."""
    interval = ""
    if metric.interval is not None:
        low, high = metric.interval
        interval = f" ({low:.3g} to {high:.3g})"
    company = f"; {metric.compared_with}" if metric.compared_with else ""
    return f"{metric.name}: {metric.value:.3g}{interval}, n = {metric.n}{company}"


def _add_metric(lines: QVBoxLayout, metric: Metric) -> None:
    numbers = _label(number_words(metric))
    if metric.plain:
        lines.addWidget(_label(metric.plain))
        numbers.setObjectName("secondary")
    lines.addWidget(numbers)
    lines.addSpacing(10)


def _label(text: str) -> PlainLabel:
    label = PlainLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
