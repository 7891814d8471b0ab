"""StackFeeder: brings the planes of a display set into a tile as the user scrolls."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import FrameRef, readable_name
from medgan_viewer.errors import MedganError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.session.loading import FrameLoader
from medgan_viewer.session.tile_view import Caption
from medgan_viewer.session.viewports import ViewportState

PROGRESS_INTERVAL_MS = 150


def caption_of(display_set: DisplaySet) -> Caption:
    """Return who and what a display set shows, for the corners of its tile."""
    study = display_set.study
    name = readable_name(study.patient_name) or "no name"
    birth = f"born {_date(study.patient_birth_date)}" if study.patient_birth_date else ""
    number = " · ".join(part for part in (study.patient_id or "no ID", birth) if part)
    verdict = display_set.geometry
    plane = display_set.planes[0]
    badge = "" if verdict.verdict in ("regular", "none") else verdict.verdict
    return Caption(
        identity=(name, number, _date(study.study_date)),
        title=" · ".join(part for part in (display_set.modality, display_set.label) if part),
        order_rule=display_set.order_rule,
        badge=badge,
        patient=study.patient_id or study.patient_name,
        space="" if plane is None else plane.frame_of_reference_uid,
        is_synthetic=display_set.is_synthetic,
    )


def spans_of(flags: Sequence[bool]) -> tuple[tuple[int, int], ...]:
    """Return (first, last) of every run of true flags, 0-based, both included."""
    spans: list[tuple[int, int]] = []
    for index, flag in enumerate(flags):
        if not flag:
            continue
        if spans and spans[-1][1] == index - 1:
            spans[-1] = (spans[-1][0], index)
        else:
            spans.append((index, index))
    return tuple(spans)


def _date(text: str) -> str:
    if len(text) == 8 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


class StackFeeder(QObject):
    """One tile and the display set it shows.

    Signals
    -------
    set_changed() : another display set, or none
    index_changed(int) : the plane that is on screen
    """

    set_changed = Signal()
    index_changed = Signal(int)

    def __init__(self, viewport: ViewportState, loader: FrameLoader) -> None:
        super().__init__()
        self.viewport = viewport
        self._loader = loader
        self._set: DisplaySet | None = None
        self._direction = 1
        self._at_start = False
        viewport.index_wanted.connect(self.go_to)
        loader.frame_loaded.connect(self._on_loaded)
        loader.frame_failed.connect(self._on_failed)
        self._progress = QTimer(self)  # not at every frame: a large stack has thousands
        self._progress.setSingleShot(True)
        self._progress.setInterval(PROGRESS_INTERVAL_MS)
        self._progress.timeout.connect(self._tell_loaded)
        loader.cache_changed.connect(self._on_cache_changed)

    @property
    def display_set(self) -> DisplaySet | None:
        return self._set

    def close(self) -> None:
        """Tell nothing any more of what is loaded."""
        self._progress.stop()

    def show(self, display_set: DisplaySet, index: int | None = None) -> None:
        """Show another display set, its middle plane first."""
        self._set = display_set
        count = len(display_set.frames)
        start = count // 2 if index is None else min(max(index, 0), count - 1)
        self.viewport.start_stack(caption_of(display_set), count, start, "Loading …")
        self.set_changed.emit()
        self.go_to(start)
        self._tell_loaded()
        self._at_start = index is None

    def update(self, display_set: DisplaySet) -> None:
        """Take over a stack to which images were added.

        The plane on screen stays if the user has scrolled; else the new middle is shown.
        """
        before = self._set
        if before is None or display_set.frames == before.frames:
            return
        shown = before.frames[self.viewport.wanted]
        self._set = display_set
        index = display_set.frames.index(shown) if shown in display_set.frames else 0
        count = len(display_set.frames)
        self.viewport.resize_stack(caption_of(display_set), count, index)
        self.set_changed.emit()
        if self._at_start:
            self.go_to(count // 2)
            self._at_start = True

    def clear(self, message: str) -> None:
        self._set = None
        self._loader.pin(id(self), None)
        self._loader.plan(id(self), (), 0, 1)
        self.viewport.clear(message)
        self.set_changed.emit()

    def go_to(self, index: int) -> None:
        """Show plane `index` now if it is in memory, else as soon as it is."""
        display_set = self._set
        if display_set is None or not 0 <= index < len(display_set.frames):
            return
        self._at_start = False
        before = self.viewport.wanted
        self._direction = -1 if index < before else 1
        ref = display_set.frames[index]
        self._loader.pin(id(self), ref)
        frame = self._loader.get(ref)
        if frame is not None:
            self._show(frame, index)
        else:
            self.viewport.expect(index, f"loading {index + 1} / {len(display_set.frames)}")
            self._loader.request(ref)
        self._loader.plan(id(self), display_set.frames, index, self._direction)

    def _on_cache_changed(self) -> None:
        if self._set is not None and not self._progress.isActive():
            self._progress.start()

    def _tell_loaded(self) -> None:
        """Tell the tile which planes are in memory."""
        frames = self._set.frames if self._set is not None else ()
        self.viewport.set_loaded(spans_of([self._loader.has(ref) for ref in frames]))

    def _show(self, frame: PixelFrame, index: int) -> None:
        self.viewport.show_frame(frame, index)
        self.index_changed.emit(index)

    @property
    def wanted_ref(self) -> FrameRef | None:
        """The plane that is on screen or on its way there."""
        if self._set is None or not self._set.frames:
            return None
        return self._set.frames[self.viewport.wanted]

    def _on_loaded(self, ref: FrameRef, frame: PixelFrame) -> None:
        if ref == self.wanted_ref:
            self._show(frame, self.viewport.wanted)

    def _on_failed(self, ref: FrameRef, error: MedganError) -> None:
        if ref == self.wanted_ref:
            self.viewport.show_message(f"{error.problem}\n\n{error.action}")
