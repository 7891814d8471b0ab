"""ComparePanel: how the pair is shown, and its figures in plain words."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.imaging.frame import SyntheticKind
from medgan_viewer.session.comparison import CompareMode, ComparisonState
from medgan_viewer.ui.foreign_text import PlainLabel

_BUTTONS = (
    (CompareMode.SIDE_BY_SIDE, "Beside", "Both images beside each other"),
    (CompareMode.SWIPE, "Swipe", "Both images in one place under a movable edge (Shift+W)"),
    (CompareMode.DIFFERENCE, "Difference", "Synthetic minus acquired, in colors (Shift+D)"),
)
_FIGURES = (
    ("mae", "Mean difference", "Mean absolute difference (MAE)", "{:.4g}"),
    ("rmse", "Typical error", "Root of the mean squared difference (RMSE)", "{:.4g}"),
    ("psnr_db", "Signal to error", "Peak signal-to-noise ratio (PSNR)", "{:.1f} dB"),
    ("ssim", "Likeness", "Structural similarity (SSIM), 1 is equal", "{:.3f}"),
    ("ms_ssim", "Likeness, all scales", "Multi-scale SSIM, 1 is equal", "{:.3f}"),
)


class ComparePanel(QWidget):
    """Bound to ComparisonState."""

    def __init__(self, state: ComparisonState) -> None:
        super().__init__()
        self._state = state
        self._values: dict[str, QLabel] = {}
        self.buttons: dict[CompareMode, QToolButton] = {}
        group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(4)
        for mode, text, tip in _BUTTONS:
            button = QToolButton()
            button.setObjectName("segment")
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(partial(state.set_mode, mode))
            group.addButton(button)
            row.addWidget(button)
            self.buttons[mode] = button
        self.note = PlainLabel()
        self.note.setWordWrap(True)
        self.note.setObjectName("secondary")
        table = QGridLayout()
        table.setHorizontalSpacing(12)
        table.setVerticalSpacing(2)
        for line, (key, text, tip, _) in enumerate(_FIGURES):
            name, value = PlainLabel(text), PlainLabel("–")
            name.setToolTip(tip)
            value.setToolTip(tip)
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            table.addWidget(name, line, 0)
            table.addWidget(value, line, 1)
            self._values[key] = value
        table.setColumnStretch(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addLayout(table)
        column.addWidget(self.note)
        state.mode_changed.connect(self._show_mode)
        state.result_changed.connect(self._show_result)
        self._show_mode()
        self._show_result()

    def _show_mode(self) -> None:
        self.buttons[self._state.mode].setChecked(True)

    def _show_result(self) -> None:
        result, obstacle = self._state.result, self._state.obstacle
        for key, _, _, form in _FIGURES:
            value = getattr(result, key) if result is not None else None
            unit = f" {result.unit}" if result is not None and key in ("mae", "rmse") else ""
            self._values[key].setText("–" if value is None else form.format(value) + unit.rstrip())
            self._values[key].setEnabled(not self._state.is_comparing)
        if obstacle is not None:
            self.note.setText(f"{obstacle.problem} {obstacle.action}")
        elif result is not None:
            self.note.setText(
                f"Acquired against synthetic, {result.pixels:,} pixels, range of values "
                f"{result.data_range.width:.4g} ({result.data_range.rule})." + self._caution()
            )
        elif self._state.is_comparing:
            self.note.setText("Comparing …")
        else:
            self.note.setText("Show an image on both sides to compare them.")

    def _caution(self) -> str:
        made = self._state.candidate.frame
        provenance = made.provenance if made is not None else None
        if provenance is None or provenance.kind is not SyntheticKind.TRANSLATED:
            return ""
        return (
            " A translation differs from its source on purpose: the figures tell how good it is "
            "only against an acquired image of the contrast that it imitates."
        )
