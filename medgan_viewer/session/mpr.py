"""MprViews: axial, coronal and sagittal planes through one series, sampled in the background."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, Signal

from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.volume import (
    build_resampled_volume,
    build_volume,
    resample_obstacle,
    volume_obstacle,
)
from medgan_viewer.errors import CancelledError, InputError, MedganError
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import SpacingSource, Vector
from medgan_viewer.imaging.reformat import Orientation, plane_stack
from medgan_viewer.imaging.slab import Slab
from medgan_viewer.imaging.voi import Voi
from medgan_viewer.imaging.volume import Volume
from medgan_viewer.session.background import LatestWins
from medgan_viewer.session.loading import FrameLoader
from medgan_viewer.session.plane_feeder import PlaneFeeder, PlaneSource
from medgan_viewer.session.stacks import caption_of
from medgan_viewer.session.volume_reading import read_volume

MAX_VOLUME_BYTES = 6 << 30


@dataclass(frozen=True, slots=True, eq=False)
class MprSource:
    """The series that planes are laid through.

    Attributes
    ----------
    frames : images computed for its planes, in its order; None takes those of the files
    is_resampled : the user asked for a regular grid where the stack has none
    """

    display_set: DisplaySet
    frames: tuple[PixelFrame, ...] | None = None
    is_resampled: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    volume: Volume
    vois: tuple[Voi, ...]


def mpr_obstacle(source: MprSource) -> InputError | None:
    """Return why no planes can be laid through a series, in plain words; None if they can.

    One or two missing slices are interpolated, which each image says.
    """
    display_set = source.display_set
    size_bytes = 2 * len(display_set.frames) * display_set.rows * display_set.columns
    if size_bytes > MAX_VOLUME_BYTES:
        return InputError(
            problem=f"{display_set.label} needs {size_bytes / 2**30:.0f} GiB as one volume.",
            action="View it slice by slice.",
        )
    if source.is_resampled:
        return resample_obstacle(display_set)
    return volume_obstacle(display_set, fill_gaps=True)


_build_filled = partial(build_volume, fill_gaps=True)


class MprViews(QObject):
    """Three tiles with planes of one volume, and the point where they cross.

    Signals
    -------
    opened_changed() : planes of another series, or none
    status_changed() : how far reading is, or why it failed
    slab_changed()
    center_changed() : the point where the planes cross
    """

    opened_changed = Signal()
    status_changed = Signal()
    slab_changed = Signal()
    center_changed = Signal()
    _delivered = Signal(int, object)
    _progressed = Signal(int, int, int)

    def __init__(self, pool: DecoderPool, loader: FrameLoader) -> None:
        super().__init__()
        self._pool = pool
        self._loader = loader
        self.feeders = tuple(PlaneFeeder(orientation) for orientation in Orientation)
        self.tiles = tuple(feeder.viewport for feeder in self.feeders)
        self._source: MprSource | None = None
        self._volume: Volume | None = None
        self._slab = Slab()
        self._center: Vector | None = None
        self._status = ""
        self._run = self._ticket = 0
        self._reader: LatestWins[_Read] | None = None
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)
        self._progressed.connect(self._on_progressed, Qt.ConnectionType.QueuedConnection)
        for feeder in self.feeders:
            feeder.scrolled.connect(self._on_scrolled)

    @property
    def is_open(self) -> bool:
        return self._source is not None

    @property
    def source(self) -> MprSource | None:
        return self._source

    @property
    def slab(self) -> Slab:
        return self._slab

    @property
    def status(self) -> str:
        """What is being done, or why there is nothing to see; empty when all is there."""
        return self._status

    @property
    def center_mm(self) -> Vector | None:
        """Where the planes cross, LPS; None until the volume is there."""
        return self._center

    @property
    def space(self) -> str:
        """Frame of reference of the planes; empty until the volume is there."""
        return self._volume.frame_of_reference_uid if self._volume is not None else ""

    def open(self, source: MprSource) -> None:
        """Read a series, without an obstacle, into a volume and show its planes."""
        self.close()
        self._source = source
        self._run += 1
        run, total = self._run, len(source.display_set.frames)
        caption = caption_of(source.display_set)
        for feeder in self.feeders:
            feeder.wait(caption, "Reading the series …")
        known: tuple[PixelFrame | None, ...] | None = source.frames
        if known is None:
            known = tuple(self._loader.get(ref) for ref in source.display_set.frames)
        if self._reader is None:
            self._reader = LatestWins("mpr", self._delivered.emit)

        def read() -> _Read:
            volume, frames = read_volume(
                source.display_set,
                known,
                self._pool,
                lambda: run != self._run,
                lambda done: self._progressed.emit(run, done, total),
                build_resampled_volume if source.is_resampled else _build_filled,
            )
            if not volume.frame_of_reference_uid:
                # The planes of one volume lie in one space, named or not.
                name = f"volume of {source.display_set.uid}"
                volume = replace(volume, frame_of_reference_uid=name)
            return _Read(volume, frames[len(frames) // 2].vois)

        self._ticket = self._reader.submit(read)
        self._say(f"Reading {total} slices …")
        self.opened_changed.emit()

    def close(self) -> None:
        """Let go of the volume; calling it again does nothing."""
        if self._source is None:
            return
        self._run += 1
        self._source = None
        self._volume = None
        self._center = None
        for feeder in self.feeders:
            feeder.clear()
        self._say("")
        self.opened_changed.emit()

    def set_slab(self, slab: Slab) -> None:
        if slab != self._slab:
            self._slab = slab
            for feeder in self.feeders:
                feeder.set_slab(slab)
            self.slab_changed.emit()

    def move_to(self, position_mm: npt.ArrayLike) -> None:
        """Let the planes cross at a point of the patient, kept inside the volume."""
        if self._volume is None:
            return
        wanted = np.asarray(position_mm, dtype=np.float64)
        center = np.zeros(3)
        for feeder in self.feeders:
            along = feeder.orientation.scroll_direction
            center += along * feeder.clamped(float(wanted @ along))
        if self._center is not None and np.allclose(center, self._center):
            return
        self._center = center
        for feeder in self.feeders:
            feeder.go_to_position(center)
        self.center_changed.emit()

    def shut_down(self) -> None:
        """End the threads."""
        self._run += 1
        if self._reader is not None:
            self._reader.close()
        for feeder in self.feeders:
            feeder.close()

    def _say(self, status: str) -> None:
        self._status = status
        self.status_changed.emit()

    def _on_progressed(self, run: int, done: int, total: int) -> None:
        if run == self._run and self._source is not None and self._volume is None:
            self._say(f"Reading slices: {done} / {total}")

    def _on_delivered(self, ticket: int, outcome: object) -> None:
        if self._source is None or ticket != self._ticket:
            return
        if isinstance(outcome, CancelledError):
            return
        if isinstance(outcome, MedganError):
            self._say(outcome.problem)
            for feeder in self.feeders:
                feeder.viewport.show_message(f"{outcome.problem}\n\n{outcome.action}")
        elif isinstance(outcome, _Read):
            self._show(self._source.display_set, outcome)

    def _show(self, display_set: DisplaySet, read: _Read) -> None:
        volume = read.volume
        self._volume = volume
        self._say("")
        first = display_set.planes[0]
        spacing_source = SpacingSource.PATIENT if first is None else first.spacing.source
        slices, rows, columns = volume.values.shape
        middle = volume.to_patient((columns - 1) / 2, (rows - 1) / 2, (slices - 1) // 2)
        self._center = middle
        for feeder in self.feeders:
            stack = plane_stack(volume, feeder.orientation, spacing_source)
            source = PlaneSource(volume, stack, read.vois)
            feeder.show(source, caption_of(display_set), self._slab, middle)
        self.center_changed.emit()

    def _on_scrolled(self, along_mm: float) -> None:
        """Take the crossing point along when the user scrolls one of the planes."""
        feeder = self.sender()
        if self._center is not None and isinstance(feeder, PlaneFeeder):
            along = feeder.orientation.scroll_direction
            self._center = self._center + along * (along_mm - float(self._center @ along))
            self.center_changed.emit()
