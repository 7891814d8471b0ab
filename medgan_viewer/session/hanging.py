"""Hanging: arranges a study when it is opened, and remembers the layout used for its kind."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.session.grid import Layout
from medgan_viewer.session.hanging_plan import HangingPlan, hanging_key, plan_hanging
from medgan_viewer.session.studies import OpenStudies


class Hanging(QObject):
    """Hangs the study that was opened once the scan knows all of it, unless the user was quicker.

    Nothing is hung while tiles show another study, so that an opened study never takes away what
    it is to be compared with.
    """

    def __init__(
        self,
        studies: OpenStudies,
        shown: Callable[[], list[DisplaySet]],
        hang: Callable[[HangingPlan], bool],
        remembered: Mapping[str, Layout] | None,
    ) -> None:
        """Follow `studies`.

        Parameters
        ----------
        shown : the display sets in the tiles
        hang : carries out a plan; False where it has to wait, until `go_on`
        remembered : layouts by kind of study; None hangs nothing
        """
        super().__init__()
        self._studies = studies
        self._shown = shown
        self._hang = hang
        self._is_used = remembered is not None
        self._remembered = dict(remembered or {})
        self._waiting: DisplaySet | None = None
        studies.changed.connect(self.go_on)

    @property
    def remembered(self) -> dict[str, Layout]:
        """The layout that was last used for each kind of study."""
        return dict(self._remembered)

    def start(self, display_set: DisplaySet) -> None:
        """Hang the study of a display set that was opened and is shown by now."""
        uids = {s.study.study_uid for s in self._shown()}
        self._waiting = display_set if uids <= {display_set.study.study_uid} else None
        self.go_on()

    def leave_alone(self) -> None:
        """The user arranges the tiles himself."""
        self._waiting = None

    def remember(self, layout: Layout) -> None:
        """Keep the layout that the user chose for the kind of study on screen."""
        self._waiting = None
        shown = self._shown()
        if shown:
            self._remembered[hanging_key(self._study_of(shown[0]))] = layout

    def go_on(self) -> None:
        """Hang what waits, if the scan is over and the tiles can be arranged."""
        if self._waiting is None or not self._is_used or self._studies.status.running:
            return
        plan = plan_hanging(self._study_of(self._waiting), self._remembered)
        if plan is None or self._hang(plan):
            self._waiting = None

    def _study_of(self, display_set: DisplaySet) -> tuple[DisplaySet, ...]:
        for study in self._studies.studies:
            if any(s.uid == display_set.uid for s in study.display_sets):
                return study.display_sets
        return (display_set,)
