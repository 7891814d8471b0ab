"""MeasurementPanel: what was measured, as a list; go to it, rename it, values of a region."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QVBoxLayout, QWidget

from medgan_viewer.imaging.measure import SYNTHETIC_LINE, Measurement
from medgan_viewer.imaging.roi import RoiStatistics
from medgan_viewer.session.image_places import go_to_image, numbers_of
from medgan_viewer.session.session import Session
from medgan_viewer.ui.foreign_text import PlainLabel
from medgan_viewer.ui.measure.measurement_model import MeasurementModel
from medgan_viewer.ui.theme import ACCENT, SECONDARY, overlay_font

_HISTOGRAM_PX = 64


class HistogramView(QWidget):
    """The values of a region as bars, from the smallest to the largest."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: RoiStatistics | None = None
        self.setFixedHeight(_HISTOGRAM_PX)
        self.setAccessibleName("Histogram of the region")

    def show_statistics(self, statistics: RoiStatistics | None) -> None:
        self._shown = statistics
        self.setVisible(statistics is not None)
        if statistics is not None:
            unit = f" {statistics.unit}" if statistics.unit else ""
            self.setToolTip(
                f"{statistics.pixels} pixels, from {statistics.minimum:.6g} to "
                f"{statistics.maximum:.6g}{unit}; the highest bar has {max(statistics.histogram)}"
            )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._shown
        if shown is None:
            return
        with QPainter(self) as painter:
            text_height = 16.0
            area = QRectF(self.rect()).adjusted(0, 2, 0, -text_height)
            step = area.width() / len(shown.histogram)
            highest = max(shown.histogram)
            for index, count in enumerate(shown.histogram):
                height = area.height() * count / highest
                left, top = area.left() + step * index, area.bottom() - height
                painter.fillRect(QRectF(left, top, max(step - 1, 1), height), ACCENT)
            painter.setFont(overlay_font(11))
            painter.setPen(SECONDARY)
            line = QRectF(0, area.bottom(), self.width(), text_height)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, f"{shown.minimum:.6g}")
            end = f"{shown.maximum:.6g} {shown.unit}".rstrip()
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, end)


class MeasurementPanel(QWidget):
    """Bound to Annotations; hidden while there are none."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._session = session
        self.heading = PlainLabel("Measurements")
        self.heading.setObjectName("heading")
        self.model = MeasurementModel(session)
        self.list = _List(session)
        self.list.setModel(self.model)
        self.list.clicked.connect(self._on_clicked)
        self.list.activated.connect(self._on_clicked)
        self.values = PlainLabel()
        self.values.setObjectName("secondary")
        self.values.setWordWrap(True)
        self.histogram = HistogramView()
        self.note = PlainLabel()
        self.note.setObjectName("secondary")
        self.note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 8, 8)
        column.setSpacing(4)
        column.addWidget(self.heading)
        column.addWidget(self.list, 1)
        for widget in (self.values, self.histogram, self.note):
            column.addWidget(widget)
        for signal in (session.annotations.changed, session.measuring.ready):
            signal.connect(self._show)
        session.annotations.unsaved_changed.connect(self._show)
        session.studies.changed.connect(self._show)
        self._show()

    def sizeHint(self) -> QSize:
        return QSize(200, 260)

    def _show(self) -> None:
        annotations = self._session.annotations
        count = self.model.rowCount()
        self.setVisible(count > 0)
        if not count:
            return
        self.heading.setText(f"Measurements · {count}")
        self.note.setText(self._note(len(annotations.all) - count))
        chosen = annotations.selected
        index = self.model.index_of(chosen.uid) if chosen is not None else QModelIndex()
        with QSignalBlocker(self.list):
            if index.isValid():
                self.list.selectionModel().setCurrentIndex(
                    index, QItemSelectionModel.SelectionFlag.ClearAndSelect
                )
            else:
                self.list.clearSelection()
        self._show_values(numbers_of(self._session, chosen) if chosen is not None else None)

    def _note(self, elsewhere: int) -> str:
        """Say what is kept where."""
        has_unsaved = self._session.annotations.has_unsaved
        kept = "Kept on this computer. Ctrl+Alt+S saves DICOM files."
        lines = [kept if has_unsaved else "Saved as DICOM files."]
        if elsewhere:
            lines.append(f"{elsewhere} more on images that are not open.")
        return " ".join(lines)

    def _show_values(self, found: Measurement | None) -> None:
        statistics = found.statistics if found is not None else None
        self.histogram.show_statistics(statistics)
        lines = list(found.lines) if found is not None else []
        if statistics is not None:
            left_out = f", {statistics.excluded} left out" if statistics.excluded else ""
            place = -1 if lines[-1] == SYNTHETIC_LINE else len(lines)
            lines.insert(place, f"{statistics.pixels} pixels{left_out}")
        self.values.setText("\n".join(lines))
        self.values.setVisible(bool(lines))

    def _on_clicked(self, index: QModelIndex) -> None:
        annotation = self.model.annotation_at(index)
        if annotation is None:
            return
        self._session.annotations.select(annotation.uid)
        if not go_to_image(self._session, annotation.image):
            is_made = annotation.image.uid.startswith("synthetic:")
            self._session.notices.post_info(
                "The image of this measurement is not on screen.",
                "Bring the sliders back to where they were (Ctrl+Z)."
                if is_made
                else "Open the study in which it lies.",
            )


class _List(QListView):
    """Del deletes, F2 renames."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("Measurements")
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setUniformItemSizes(True)
        self.setSpacing(2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
        )
        self.setToolTip("Click: go to it. F2 or double click: rename. Del: delete.")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._session.annotations.remove_selected()
        else:
            super().keyPressEvent(event)


def stacked(upper: QWidget, lower: QWidget) -> QWidget:
    """Return two widgets below each other as one panel."""
    panel = QWidget()
    panel.setObjectName("panel")
    column = QVBoxLayout(panel)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(upper, 3)
    column.addWidget(lower, 2)
    return panel
