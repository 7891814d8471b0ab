"""Session: owns everything that is open; the one thing the widgets receive."""

from collections.abc import Callable
from enum import Enum
from functools import partial

from PySide6.QtCore import QObject, Signal

from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import StudyFacts
from medgan_viewer.generators.manifest import Task
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.inference.worker import RunsRequests
from medgan_viewer.session.annotations import Annotations
from medgan_viewer.session.cine import CinePlayer
from medgan_viewer.session.comparison import CompareMode, ComparisonState
from medgan_viewer.session.display_options import DisplayOptions
from medgan_viewer.session.generation import GenerationController
from medgan_viewer.session.generators import ModelLibrary
from medgan_viewer.session.grid import Layout, ViewportGrid
from medgan_viewer.session.guide_keeper import GuideKeeper
from medgan_viewer.session.hanging import Hanging
from medgan_viewer.session.hanging_plan import HangingPlan
from medgan_viewer.session.inference import InferenceService
from medgan_viewer.session.latent import LatentState
from medgan_viewer.session.loading import FrameLoader
from medgan_viewer.session.measuring import Measuring
from medgan_viewer.session.mpr import MprViews
from medgan_viewer.session.mpr_switch import MprSwitch
from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.session_options import SessionOptions
from medgan_viewer.session.slice_links import SliceLinks
from medgan_viewer.session.stacks import StackFeeder
from medgan_viewer.session.studies import OpenStudies
from medgan_viewer.session.study_index import StudyIndex
from medgan_viewer.session.tag_browser import TagBrowser
from medgan_viewer.session.thumbnails import ThumbnailMaker
from medgan_viewer.session.tile_view import Role
from medgan_viewer.session.training import TrainingRuns
from medgan_viewer.session.translation import SyntheticSet, TranslationController
from medgan_viewer.session.undo_order import UndoOrder
from medgan_viewer.session.viewports import ViewportState
from medgan_viewer.session.window_link import WindowLink, series_shown_in

MAX_TILES = 9
EMPTY_TEXT = "Open a folder with DICOM images (Ctrl+O), or drop one here."
FREE_TILE_TEXT = "Drag a series here from the list on the left."


class Mode(Enum):
    """What the window is for at the moment."""

    BROWSE = "browse"
    GENERATE = "generate"
    TRANSLATE = "translate"
    COMPARE = "compare"


class Session(QObject):
    """The open studies, tiles, models and threads.

    Signals
    -------
    mode_changed()
    identity_changed() : patient identifiers are hidden or shown
    """

    mode_changed = Signal()
    identity_changed = Signal()

    def __init__(self, options: SessionOptions, make_engine: Callable[[], RunsRequests]) -> None:
        super().__init__()
        self.notices = NoticeBoard()
        self.pool = DecoderPool(options.decoders)
        self.loader = FrameLoader(self.pool, options.cache_bytes)
        self.thumbnails = ThumbnailMaker(self.pool)
        self.tags = TagBrowser(self.pool)
        self.index = StudyIndex(options.index_path, self.notices)
        self.studies = OpenStudies(self.pool, self.notices, self.index)
        self.library = ModelLibrary(list(options.package_roots), self.notices)
        self.latent = LatentState()
        self.annotations = Annotations()
        self.measuring = Measuring()
        self.edits = UndoOrder()
        self.edits.watch(self.latent, self.latent.history_changed)
        self.edits.watch(self.annotations, self.annotations.history_changed)
        self.acquired = tuple(ViewportState(Role.ACQUIRED) for _ in range(MAX_TILES))
        self.feeders = tuple(StackFeeder(tile, self.loader) for tile in self.acquired)
        self.synthetic = ViewportState(Role.SYNTHETIC)
        self.grid = ViewportGrid()
        self.grid.set_links(
            view=options.link_view,
            scroll=options.link_scroll,
            position=options.link_position,
            window=options.link_window,
        )
        self.service = InferenceService(make_engine, self.notices)
        self.generation = GenerationController(
            self.service, self.latent, self.synthetic, self.notices
        )
        self.translation = TranslationController(
            self.service, self.pool, self.feeders[0], self.synthetic, self.notices
        )
        self.comparison = ComparisonState(self.acquired[0], self.synthetic)
        self.mpr = MprViews(self.pool, self.loader)
        others = (self.synthetic, self.comparison.difference)
        self.guide_keeper = GuideKeeper(self.grid, self.feeders, self.mpr, others)
        self.slice_links = SliceLinks()
        series_of = partial(series_shown_in, self.feeders, self.mpr)
        self._window_link = WindowLink(self.grid, self.acquired, self.mpr.tiles, series_of)
        self.mpr_switch = MprSwitch(
            self.mpr,
            self.grid,
            self.feeders,
            self.translation,
            self.synthetic,
            self.notices,
            partial(self.set_mode, Mode.BROWSE),
        )
        self.hanging = Hanging(self.studies, self._sets_shown, self._hang, options.layouts)
        tiles = (*self.acquired, self.synthetic, self.comparison.difference)
        self.display = DisplayOptions(tiles)
        self.cine = CinePlayer(self.pool, self.display)
        self.training = TrainingRuns(options.runs_folder, self.notices, options.training_command)
        self._browse_layout = options.layout
        self._mode: Mode | None = None
        self._source_mode = Mode.GENERATE
        self._identity_hidden = False
        self._closed = False
        for feeder in self.feeders:
            feeder.clear(EMPTY_TEXT)
            feeder.viewport.index_wanted.connect(self._scroll_along)
        self.studies.first_set_found.connect(self._on_first_set)
        self.studies.changed.connect(self._update_stacks)
        self.index.files_found.connect(self.studies.open_paths)
        self.index.removed.connect(self._on_removed)
        self.translation.finished.connect(self._on_translated)
        self.comparison.mode_changed.connect(self._arrange)
        self.mpr.opened_changed.connect(self._arrange)

    # ---- modes and tiles ----

    @property
    def mode(self) -> Mode:
        return self._mode or Mode.BROWSE

    @property
    def source_mode(self) -> Mode:
        """Where the synthetic tile's images come from: GENERATE or TRANSLATE."""
        return self._source_mode

    @property
    def browse_layout(self) -> Layout:
        return self._browse_layout

    @property
    def identity_hidden(self) -> bool:
        return self._identity_hidden

    def set_source_mode(self, mode: Mode) -> None:
        """Say what Compare shows while neither GENERATE nor TRANSLATE was the mode before."""
        self._source_mode = mode

    def set_mode(self, mode: Mode) -> None:
        if mode is self._mode:
            return
        self._mode = mode
        if mode in (Mode.GENERATE, Mode.TRANSLATE):
            self._source_mode = mode
        if mode is not Mode.BROWSE:
            self.mpr.close()
        if mode is Mode.BROWSE:
            self.generation.deactivate()
            self.translation.deactivate()
        else:
            self._feed_synthetic()
        if mode is Mode.COMPARE:
            self.comparison.activate()
        else:
            self.comparison.deactivate()
        self._arrange()
        self.hanging.go_on()
        self.mode_changed.emit()

    def set_layout(self, layout: Layout) -> None:
        """Arrange the tiles of Browse; the next study of this kind comes up like this."""
        self.hanging.remember(layout)
        self._browse_layout = layout
        self.mpr.close()
        self._arrange()

    def hide_identity(self, hidden: bool) -> None:
        if hidden != self._identity_hidden:
            self._identity_hidden = hidden
            self.identity_changed.emit()

    def _feed_synthetic(self) -> None:
        if self._source_mode is Mode.GENERATE:
            self.translation.deactivate()
            if not self.generation.is_active:
                self.generation.activate()
        else:
            self.generation.deactivate()
            self.translation.activate()

    def _arrange(self) -> None:
        pair = (self.acquired[0], self.synthetic)
        if self._mode is Mode.COMPARE and self.comparison.mode is CompareMode.DIFFERENCE:
            tiles = (*pair, self.comparison.difference)
            self.grid.set_tiles(tiles, Layout(1, 3), turn_together=True)
        elif self.mpr.is_open and self._mode in (None, Mode.BROWSE):
            self.grid.set_tiles(self.mpr_switch.tiles, Layout(2, 2))
        elif self._mode in (None, Mode.BROWSE):
            self.grid.set_tiles(self.acquired[: self._browse_layout.count], self._browse_layout)
        else:
            together = self._source_mode is Mode.TRANSLATE or self._mode is Mode.COMPARE
            self.grid.set_tiles(pair, Layout(1, 2), turn_together=together)

    # ---- opening ----

    def show_set(self, display_set: DisplaySet, tile: ViewportState | None = None) -> None:
        """Show a display set in a tile; None takes the active one if it is for acquired images."""
        self.hanging.leave_alone()
        wanted = tile or self.grid.active
        if self.mpr.is_open:
            wanted = self.mpr_switch.stack
            self.mpr.close()
        feeder = next((f for f in self.feeders if f.viewport is wanted), self.feeders[0])
        shown = feeder.display_set
        if shown is None or shown.uid != display_set.uid:  # else the user keeps his place
            feeder.show(display_set)
            self.index.mark_opened(display_set.study)
        self.grid.activate(feeder.viewport)

    def show_synthetic_set(self, made: SyntheticSet) -> None:
        """Show the source of a translated series with its translation beside it."""
        self.feeders[0].show(made.source)
        self.translation.show_made(made)
        self._source_mode = Mode.TRANSLATE
        self.set_mode(Mode.TRANSLATE)

    def choose_package(self, package: ModelPackage) -> None:
        """Use a package in the mode that fits it."""
        if package.manifest.task is Task.TRANSLATE:
            self.translation.set_package(package)
        else:
            self.latent.set_package(package)

    def feeder_of(self, tile: ViewportState) -> StackFeeder | None:
        return next((f for f in self.feeders if f.viewport is tile), None)

    def _on_removed(self, studies: list[StudyFacts]) -> None:
        """Clear the tiles of studies that were taken off the list."""
        self.studies.drop(studies)
        keys = {(facts.patient_id, facts.study_uid) for facts in studies}
        for feeder in self.feeders:
            shown = feeder.display_set
            if shown and (shown.study.patient_id, shown.study.study_uid) in keys:
                feeder.clear(EMPTY_TEXT)

    def _on_first_set(self, display_set: DisplaySet) -> None:
        """Show what was opened, without a click."""
        self.show_set(display_set)
        self.hanging.start(display_set)

    def _sets_shown(self) -> list[DisplaySet]:
        return [f.display_set for f in self.feeders if f.display_set is not None]

    def _hang(self, plan: HangingPlan) -> bool:
        """Carry out a plan; only Browse has several acquired tiles."""
        if self._mode is not Mode.BROWSE or self.mpr.is_open:
            return False
        self._browse_layout = plan.layout
        for feeder, place in zip(self.feeders, plan.places, strict=False):
            shown = feeder.display_set
            if place is None:
                feeder.clear(FREE_TILE_TEXT)
            elif shown is None or shown.uid != place.display_set.uid or place.index is not None:
                feeder.show(place.display_set, place.index)
        self._arrange()
        self.grid.activate(self.acquired[0])
        return True

    def _on_translated(self, made: SyntheticSet) -> None:
        self.studies.add_synthetic(made)
        planes = [frame for frame in made.frames if frame is not None]
        self.thumbnails.show_frame(made.set_id, planes[len(planes) // 2])

    def _update_stacks(self) -> None:
        """Let stacks on screen grow while the scan finds more of their images."""
        for feeder in self.feeders:
            if feeder.display_set is not None:
                grown = self.studies.grown(feeder.display_set, feeder.wanted_ref)
                if grown is not None:
                    feeder.update(grown)
            elif self.studies.studies:
                feeder.viewport.show_message(FREE_TILE_TEXT)

    def _scroll_along(self, index: int) -> None:
        """Take the other tiles to the place in the patient that the user scrolls to."""
        source = next((f for f in self.feeders if f.viewport is self.sender()), None)
        if source is None or source.display_set is None or not self.grid.link_scroll:
            return
        for feeder in self.feeders:
            target = feeder.display_set
            if feeder is source or target is None or feeder.viewport not in self.grid.tiles:
                continue
            if not self.grid.may_link(source.viewport, feeder.viewport):
                continue
            plane = self.slice_links.partner(source.display_set, target, index)
            if plane is not None:
                feeder.go_to(plane)

    def close(self) -> None:
        """Stop every thread and process; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        self.mpr.shut_down()
        self.comparison.close()
        self.measuring.close()
        self.training.close()
        self.studies.close()
        self.index.close()
        self.cine.stop()
        self.tags.close()
        self.pool.close()  # first, so that an inference step that waits for a frame is let go
        self.service.close()
        self.thumbnails.close()
        self.loader.close()
        self.guide_keeper.close()
        for feeder in self.feeders:
            feeder.close()
