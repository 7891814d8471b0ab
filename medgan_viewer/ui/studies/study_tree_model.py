"""StudyTreeModel: patients, studies and display sets, synthetic sets, and what is not shown."""

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon, QStandardItem, QStandardItemModel

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import SkippedFile, StudyFacts, readable_name
from medgan_viewer.imaging.display import DisplayImage
from medgan_viewer.session.stacks import caption_of
from medgan_viewer.session.studies import StudyEntry
from medgan_viewer.session.translation import SyntheticSet
from medgan_viewer.ui.foreign_text import plain_tooltip
from medgan_viewer.ui.studies.thumbnail import thumbnail_pixmap
from medgan_viewer.ui.viewport.viewport_widget import SET_MIME

SET_ROLE = Qt.ItemDataRole.UserRole + 1
KEY_ROLE = Qt.ItemDataRole.UserRole + 2
MAX_SKIPPED_SHOWN = 500


class StudyTreeModel(QStandardItemModel):
    """Items keep their place when more files are found; the view keeps what was folded out."""

    def __init__(self) -> None:
        super().__init__()
        self._sets: dict[str, QStandardItem] = {}
        self._pictures: dict[str, tuple[DisplayImage | None, bool]] = {}
        self._numbers: dict[str, int] = {}
        self._identity_hidden = False
        self.pixel_ratio = 1.0

    def show(
        self,
        studies: Sequence[StudyEntry],
        synthetic: Sequence[SyntheticSet],
        skipped: Sequence[SkippedFile],
        *,
        identity_hidden: bool,
    ) -> list[DisplaySet]:
        """Bring the items up to date; return the display sets that are new."""
        self._identity_hidden = identity_hidden
        new: list[DisplaySet] = []
        kept: set[str] = set()
        for study in studies:
            number = self._numbers.setdefault(_patient_key(study.facts), len(self._numbers) + 1)
            new += self._show_study(study, number, kept)
        if synthetic:
            root = self._child(self.invisibleRootItem(), "synthetic", "Synthetic", kept)
            for made in synthetic:
                self._show_synthetic(root, made, kept)
        if skipped:
            self._show_skipped(skipped, kept)
        self._remove_others(self.invisibleRootItem(), kept)
        return new

    def set_picture(self, set_id: str, image: DisplayImage | None, *, synthetic: bool) -> None:
        """Show the thumbnail of a set; None where its image cannot be decoded."""
        self._pictures[set_id] = (image, synthetic)
        item = self._sets.get(set_id)
        if item is not None:
            item.setIcon(QIcon())
            self._show_picture(item, set_id, synthetic=synthetic)

    def index_of_set(self, set_id: str) -> QModelIndex:
        item = self._sets.get(set_id)
        return item.index() if item is not None else QModelIndex()

    def mimeTypes(self) -> list[str]:
        return [SET_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex | QPersistentModelIndex]) -> QMimeData:
        data = QMimeData()
        for index in indexes:
            set_id = index.data(SET_ROLE)
            if set_id:
                data.setData(SET_MIME, str(set_id).encode("utf-8"))
        return data

    # ---- items ----

    def _show_study(self, study: StudyEntry, number: int, kept: set[str]) -> list[DisplaySet]:
        facts = study.facts
        name = readable_name(facts.patient_name) or "No name"
        patient_text = f"{name}\n{facts.patient_id or 'no ID'}"
        if self._identity_hidden:
            patient_text = f"Patient {number}"
        patient_key = _patient_key(facts)
        patient = self._child(self.invisibleRootItem(), patient_key, patient_text, kept)
        patient.setToolTip(plain_tooltip(patient_text))
        date = facts.study_date
        shown_date = f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 else date
        if self._identity_hidden:
            shown_date = ""
        text = " · ".join(p for p in (shown_date, facts.study_description) if p) or "Study"
        key = f"study/{facts.patient_id}/{facts.study_uid}"
        parent = self._child(patient, key, text, kept)
        parent.setToolTip(plain_tooltip(text))
        new = []
        for display_set in study.display_sets:
            if display_set.uid not in self._sets:
                new.append(display_set)
            self._show_set(parent, display_set, kept)
        return new

    def _show_set(self, parent: QStandardItem, display_set: DisplaySet, kept: set[str]) -> None:
        caption = caption_of(display_set)
        count = len(display_set.frames)
        badge = " ⚠" if caption.badge else ""  # the tooltip says why
        mark = "SYNTHETIC · " if display_set.is_synthetic else ""
        text = f"{display_set.label}\n{mark}{display_set.modality} · {count}{badge}"
        set_id = display_set.uid
        item = self._child(parent, f"set/{set_id}", text, kept)
        self._sets[set_id] = item
        item.setData(set_id, SET_ROLE)
        item.setDragEnabled(True)
        reasons = "; ".join(display_set.geometry.reasons)
        images = f"{count} image{'s' if count != 1 else ''}"
        size = f"{images} of {display_set.columns} x {display_set.rows} pixels"
        parts = (caption.title, size, f"ordered by {caption.order_rule}", reasons)
        item.setToolTip(plain_tooltip("\n".join(part for part in parts if part)))
        self._show_picture(item, set_id, synthetic=display_set.is_synthetic)

    def _show_synthetic(self, parent: QStandardItem, made: SyntheticSet, kept: set[str]) -> None:
        text = f"{made.title}\nSYNTHETIC · {len(made.frames)}"
        item = self._child(parent, f"set/{made.set_id}", text, kept)
        item.setToolTip(plain_tooltip(f"{made.title}\n{len(made.frames)} images, not saved"))
        self._sets[made.set_id] = item
        item.setData(made.set_id, SET_ROLE)
        self._show_picture(item, made.set_id, synthetic=True)

    def _show_skipped(self, skipped: Sequence[SkippedFile], kept: set[str]) -> None:
        text = f"Not shown: {len(skipped)} file{'s' if len(skipped) != 1 else ''}"
        root = self._child(self.invisibleRootItem(), "skipped", text, kept)
        root.setToolTip("Files that hold no image this program can show, each with the reason")
        for entry in skipped[:MAX_SKIPPED_SHOWN]:
            # A file name may hold the patient's.
            name = "A file" if self._identity_hidden else entry.path.name or str(entry.path)
            path = "" if self._identity_hidden else f"{entry.path}\n"
            item = self._child(root, f"skipped/{entry.path}", f"{name} {entry.reason}", kept)
            item.setToolTip(plain_tooltip(f"{path}{entry.reason}"))
        left_out = len(skipped) - MAX_SKIPPED_SHOWN
        if left_out > 0:
            self._child(root, "skipped/more", f"and {left_out} more", kept)

    def _show_picture(self, item: QStandardItem, set_id: str, *, synthetic: bool) -> None:
        if not item.icon().isNull():
            return
        image, marked = self._pictures.get(set_id, (None, synthetic))
        sign = "–" if set_id in self._pictures else "…"
        pixmap = thumbnail_pixmap(image, synthetic=marked, sign=sign, pixel_ratio=self.pixel_ratio)
        item.setIcon(QIcon(pixmap))

    def _child(self, parent: QStandardItem, key: str, text: str, kept: set[str]) -> QStandardItem:
        """Return the child with this key, made at the end if it is new."""
        kept.add(key)
        for row in range(parent.rowCount()):
            child = parent.child(row)
            if child.data(KEY_ROLE) == key:
                if child.text() != text:
                    child.setText(text)
                return child
        item = QStandardItem(text)
        item.setEditable(False)
        item.setDragEnabled(False)
        item.setData(key, KEY_ROLE)
        parent.appendRow(item)
        return item

    def _remove_others(self, parent: QStandardItem, kept: set[str]) -> None:
        for row in range(parent.rowCount() - 1, -1, -1):
            child = parent.child(row)
            if child.data(KEY_ROLE) not in kept:
                self._forget_sets(child)
                parent.removeRow(row)
            else:
                self._remove_others(child, kept)

    def _forget_sets(self, item: QStandardItem) -> None:
        """Forget the sets of an item that is removed with all that is below it."""
        self._sets.pop(item.data(SET_ROLE) or "", None)
        for row in range(item.rowCount()):
            self._forget_sets(item.child(row))


def _patient_key(facts: StudyFacts) -> str:
    return f"patient/{facts.patient_id}/{facts.patient_name}"
