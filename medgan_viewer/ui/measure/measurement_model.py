"""MeasurementModel: the annotations on open images as rows, with numbers and place."""

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from medgan_viewer.imaging.annotation import Annotation
from medgan_viewer.imaging.frame import ImageId
from medgan_viewer.session.annotations import is_in_file
from medgan_viewer.session.image_places import ImagePlace, numbers_of, places_of
from medgan_viewer.session.session import Session

Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


class MeasurementModel(QAbstractListModel):
    """Bound to Annotations; editing a row renames it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._rows: tuple[Annotation, ...] = ()
        self._images: set[ImageId] = set()
        self._places: dict[ImageId, ImagePlace] = {}
        session.annotations.changed.connect(self._refresh)
        session.studies.changed.connect(self._find_places)
        session.measuring.ready.connect(self._tell_numbers)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        annotation = self._rows[index.row()]
        match role:
            case _Role.DisplayRole | _Role.ToolTipRole | _Role.AccessibleTextRole:
                return f"{self._title(annotation)}\n{self.place_text(annotation)}"
            case _Role.EditRole:
                return annotation.text
            case _:
                return None

    def setData(self, index: Index, value: Any, role: int = _Role.EditRole) -> bool:
        if role != _Role.EditRole or not index.isValid():
            return False
        self._session.annotations.rename(self._rows[index.row()].uid, str(value))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def annotation_at(self, index: Index) -> Annotation | None:
        return self._rows[index.row()] if index.isValid() else None

    def index_of(self, uid: str) -> QModelIndex:
        rows = (row for row, annotation in enumerate(self._rows) if annotation.uid == uid)
        return self.index(next(rows, -1))

    def place_text(self, annotation: Annotation) -> str:
        """Say where the image is."""
        place = self._places.get(annotation.image)
        if place is not None:
            mark = "SYNTHETIC · " if place.display_set.is_synthetic else ""
            return f"{mark}{place.text}"
        is_made = annotation.image.uid.startswith("synthetic:")
        return "SYNTHETIC image made here" if is_made else "computed view"

    def _title(self, annotation: Annotation) -> str:
        found = numbers_of(self._session, annotation)
        numbers = found.summary if found is not None else ""
        name = annotation.text or annotation.kind.value
        return f"{name} · {numbers}" if numbers else name

    def _refresh(self) -> None:
        images = {each.image for each in self._session.annotations.all}
        if images != self._images:
            self._images = images
            self._places = places_of(self._session, images)
        self._show_rows()

    def _find_places(self) -> None:
        if self._images:
            self._places = places_of(self._session, self._images)
            self._show_rows()

    def _show_rows(self) -> None:
        rows = tuple(
            each
            for each in self._session.annotations.all
            if each.image in self._places or not is_in_file(each.image)
        )
        same = [row.uid for row in rows] == [row.uid for row in self._rows]
        if not same:
            self.beginResetModel()
        self._rows = rows
        if not same:
            self.endResetModel()
        else:
            self._tell_numbers()

    def _tell_numbers(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
