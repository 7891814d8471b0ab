"""MprSwitch: opens planes through the series of the active tile, or says why not."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject

from medgan_viewer.session.grid import ViewportGrid
from medgan_viewer.session.mpr import MprSource, MprViews, mpr_obstacle
from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.stacks import StackFeeder
from medgan_viewer.session.translation import TranslationController
from medgan_viewer.session.viewports import ViewportState

RESAMPLE_ADVICE = "View it slice by slice, or press Ctrl+Shift+M to resample it to a regular grid."


class MprSwitch(QObject):
    """Chooses what planes are laid through, and which stack stands beside them."""

    def __init__(
        self,
        mpr: MprViews,
        grid: ViewportGrid,
        feeders: Sequence[StackFeeder],
        translation: TranslationController,
        synthetic: ViewportState,
        notices: NoticeBoard,
        browse: Callable[[], None],
    ) -> None:
        """Act on these parts; `browse` brings the mode in which planes are shown."""
        super().__init__()
        self._mpr = mpr
        self._grid = grid
        self._feeders = feeders
        self._translation = translation
        self._synthetic = synthetic
        self._notices = notices
        self._browse = browse
        self.stack = feeders[0].viewport

    @property
    def tiles(self) -> tuple[ViewportState, ...]:
        """The planes, then the stack that they were made from."""
        return (*self._mpr.tiles, self.stack)

    def toggle(self) -> None:
        """Show three planes through the series of the active tile, or the stacks again."""
        if self._mpr.is_open:
            self._mpr.close()
        else:
            self._open(self._source())

    def open_resampled(self) -> None:
        """Show planes through the series of the active tile, put on a regular grid first."""
        source = self._source()
        self._open(None if source is None else replace(source, is_resampled=True))

    def _open(self, source: MprSource | None) -> None:
        if source is None:
            self._notices.post_info(
                "There is no series to lay planes through.", "Show one in the active tile."
            )
            return
        obstacle = mpr_obstacle(source)
        if obstacle is not None:
            other_way = mpr_obstacle(replace(source, is_resampled=True)) is None
            advice = RESAMPLE_ADVICE if other_way and not source.is_resampled else obstacle.action
            self._notices.post_warning(f"No other planes: {obstacle.problem}", advice)
            return
        self._browse()
        self._mpr.open(source)

    def _source(self) -> MprSource | None:
        """Return the translated series if its tile is active and it is complete, else the stack."""
        active = self._grid.active
        made, source = self._translation.frames, self._translation.source
        if active is self._synthetic and made is not None and source is not None:
            self.stack = self._feeders[0].viewport
            return MprSource(source, made)
        feeder = next((f for f in self._feeders if f.viewport is active), self._feeders[0])
        self.stack = feeder.viewport
        return None if feeder.display_set is None else MprSource(feeder.display_set)
