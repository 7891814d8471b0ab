"""LatentPanel: seed, variety, mixture of labels, one slider per direction; bound to LatentState."""

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from medgan_viewer.generators.manifest import DirectionEntry
from medgan_viewer.latent.point import LatentPoint, normalized_weights
from medgan_viewer.session.latent import TRUNCATION_RANGE, LatentState
from medgan_viewer.ui.foreign_text import PlainLabel
from medgan_viewer.ui.latent.slider_row import SliderRow, SliderSpec, connect_row

FIRST_DIRECTIONS = 8
MAX_SHOWN_SEED = 2**31 - 1  # of QSpinBox


class LatentPanel(QWidget):
    """All controls of a generator; rebuilt when another generator is chosen."""

    def __init__(self, state: LatentState) -> None:
        super().__init__()
        self._state = state
        self._labels: dict[str, SliderRow] = {}
        self._directions: dict[str, SliderRow] = {}
        self._truncation: SliderRow | None = None
        self.seed = QSpinBox()
        self.noise = QCheckBox("Fine grain")
        self.noise.toggled.connect(state.set_noise)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(self._seed_row())
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._body)
        outer.addWidget(scroll, 1)
        outer.addLayout(self._reset_row())
        state.package_changed.connect(self._rebuild)
        state.point_changed.connect(self._show_point)
        self._rebuild()

    def label_row(self, name: str) -> SliderRow:
        return self._labels[name]

    def direction_row(self, name: str) -> SliderRow:
        return self._directions[name]

    # ---- fixed rows ----

    def _seed_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        caption = PlainLabel("Sample")
        caption.setToolTip("Number of the sample (seed): the same number gives the same image")
        row.addWidget(caption)
        self.seed.setRange(0, MAX_SHOWN_SEED)
        self.seed.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.seed.setKeyboardTracking(False)
        self.seed.setMinimumWidth(56)
        self.seed.setToolTip(caption.toolTip())
        self.seed.setAccessibleName("Sample number")
        self.seed.valueChanged.connect(self._state.set_seed)
        for text, tip, step in (("‹", "Previous sample", -1), ("›", "Next sample", 1)):
            button = _small_button(text, tip)
            button.clicked.connect(partial(self._step_seed, step))
            row.addWidget(button)
            if step < 0:
                row.addWidget(self.seed, 1)
        dice = _small_button("⚄", "Another sample at random (Shift+R)")
        dice.clicked.connect(lambda: self._state.roll_dice())
        row.addWidget(dice)
        return row

    def _reset_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.reset = QPushButton("Reset sliders")
        self.reset.setToolTip("Put everything but the sample back to its usual value")
        self.reset.clicked.connect(self._state.reset)
        row.addWidget(self.reset)
        row.addStretch(1)
        self.undo = _small_button("⟲", "Undo (Ctrl+Z)")
        self.redo = _small_button("⟳", "Redo (Ctrl+Y)")
        self.undo.clicked.connect(self._state.undo)
        self.redo.clicked.connect(self._state.redo)
        row.addWidget(self.undo)
        row.addWidget(self.redo)
        self._state.history_changed.connect(self._on_history_changed)
        self._on_history_changed()
        return row

    def _step_seed(self, step: int) -> None:
        self._state.set_seed(self._state.point.seed + step)

    def _on_history_changed(self) -> None:
        self.undo.setEnabled(self._state.can_undo)
        self.redo.setEnabled(self._state.can_redo)

    # ---- rows that depend on the generator ----

    def _rebuild(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                if widget is self.noise:
                    widget.setParent(None)
                else:
                    widget.deleteLater()
        self._labels.clear()
        self._directions.clear()
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(2)
        package = self._state.package
        self.setEnabled(package is not None)
        if package is not None:
            self._add_truncation()
            self._add_labels()
            self._add_directions()
            self._add_noise()
        self._column.addStretch(1)
        self._show_point(self._state.point)

    def _add(self, row: SliderRow) -> None:
        self._column.addWidget(row)

    def _add_truncation(self) -> None:
        low, high = TRUNCATION_RANGE
        usual = self._state.default_point().truncation
        row = SliderRow(
            SliderSpec(
                title="Typical ↔ Varied",
                tooltip="How far samples may stray from the typical image (truncation psi). "
                "0 is the most typical image, 1 the full variety of the training images; "
                "beyond 1 the network is less and less sure. Double click: the usual value.",
                low=low,
                high=high,
                rest=usual,
                step=0.05,
                decimals=2,
            )
        )
        connect_row(row, self._state.set_truncation, self._state.begin_edit, self._state.end_edit)
        self._truncation = row
        self._add(row)

    def _add_labels(self) -> None:
        labels = self._state.labels
        if not labels:
            return
        self._column.addWidget(_section("Finding"))
        for index, label in enumerate(labels):
            row = SliderRow(
                SliderSpec(
                    title=label.title,
                    tooltip=f"Part of {label.title} in the mixture; the others share the rest",
                    low=0.0,
                    high=1.0,
                    rest=1.0 if index == 0 else 0.0,
                    step=0.05,
                    suffix=" %",
                    factor=100.0,
                    decimals=0,
                )
            )
            connect_row(
                row,
                partial(self._state.set_label_weight, label.name),
                self._state.begin_edit,
                self._state.end_edit,
            )
            self._labels[label.name] = row
            self._add(row)

    def _add_directions(self) -> None:
        directions = self._state.directions
        if not directions:
            return
        heading = _section("What changes")
        heading.setToolTip(
            "Directions in the latent space of the model, in standard deviations (SD)"
        )
        self._column.addWidget(heading)
        hidden: list[SliderRow] = []
        for index, direction in enumerate(directions):
            row = SliderRow(
                SliderSpec(
                    title=direction.title,
                    tooltip=_tooltip(direction),
                    low=direction.range_sd[0],
                    high=direction.range_sd[1],
                    rest=0.0,
                    step=0.1,
                    decimals=2,
                )
            )
            connect_row(
                row,
                partial(self._state.set_offset, direction.name),
                self._state.begin_edit,
                self._state.end_edit,
            )
            self._directions[direction.name] = row
            self._add(row)
            if index >= FIRST_DIRECTIONS:
                row.hide()
                hidden.append(row)
        if hidden:
            self._add_more_button(hidden)

    def _add_more_button(self, hidden: list[SliderRow]) -> None:
        more = QToolButton()
        more.setCheckable(True)
        more.setText(f"{len(hidden)} more ▸")
        more.setToolTip("Show the weaker directions too")

        def show(checked: bool) -> None:
            for row in hidden:
                row.setVisible(checked)
            more.setText("Fewer ▾" if checked else f"{len(hidden)} more ▸")

        more.toggled.connect(show)
        self._column.addWidget(more)

    def _add_noise(self) -> None:
        self._column.addWidget(self.noise)
        package = self._state.package
        has_noise = package is not None and package.manifest.architecture.name != "fully-connected"
        self.noise.setEnabled(has_noise)
        self.noise.setToolTip(
            "Fine-grain noise that the network adds in each layer"
            if has_noise
            else "This network adds no noise"
        )

    def _show_point(self, point: LatentPoint) -> None:
        with QSignalBlocker(self.seed):
            self.seed.setValue(min(point.seed, MAX_SHOWN_SEED))
        with QSignalBlocker(self.noise):
            self.noise.setChecked(point.noise)
        if self._truncation is not None and self._state.package is not None:
            self._truncation.show_value(point.truncation)
        names = tuple(label.name for label in self._state.labels)
        weights = normalized_weights(names, point.label_weights)
        for name, weight in zip(names, weights, strict=True):
            if name in self._labels:
                self._labels[name].show_value(float(weight))
        self.reset.setEnabled(self._state.can_reset)
        for name, row in self._directions.items():
            row.show_value(point.offsets.get(name, 0.0))


def _tooltip(direction: DirectionEntry) -> str:
    parts = [direction.effect] if direction.effect else []
    if direction.explained is not None:
        parts.append(f"{direction.explained * 100:.1f} % of the variety of the model")
    parts.append(f"{direction.kind} direction {direction.name}, in SD; double click: zero")
    return ". ".join(part.rstrip(".") for part in parts)


def _section(title: str) -> QLabel:
    label = PlainLabel(title)
    label.setObjectName("section")
    label.setIndent(0)
    return label


def _small_button(text: str, tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tooltip)
    button.setAccessibleName(tooltip)
    button.setFixedWidth(26)
    return button
