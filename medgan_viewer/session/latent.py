"""LatentState: where the sliders of the latent panel stand, with undo and redo."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from medgan_viewer.generators.manifest import DirectionEntry, Label
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.latent.history import EditHistory
from medgan_viewer.latent.point import MAX_SEED, LatentPoint

TRUNCATION_RANGE = (0.0, 1.5)
DICE_RANGE = 10_000  # short enough to be said aloud


class LatentState(QObject):
    """The latent point of the generator that is chosen.

    A drag calls `begin_edit`, many setters and `end_edit`: one step for undo. A setter outside a
    drag is a step by itself.

    Signals
    -------
    point_changed(LatentPoint)
    package_changed() : another generator, and with it another point
    history_changed() : what can be undone or redone
    """

    point_changed = Signal(object)
    package_changed = Signal()
    history_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._package: ModelPackage | None = None
        self._history = EditHistory(LatentPoint())
        self._point = LatentPoint()
        self._editing = False

    @property
    def package(self) -> ModelPackage | None:
        return self._package

    @property
    def point(self) -> LatentPoint:
        return self._point

    @property
    def labels(self) -> tuple[Label, ...]:
        return self._package.manifest.labels if self._package else ()

    @property
    def directions(self) -> tuple[DirectionEntry, ...]:
        return self._package.manifest.directions if self._package else ()

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    def set_package(self, package: ModelPackage | None) -> None:
        """Start anew with another generator: seed 0, the first label, its usual truncation."""
        self._package = package
        self._point = self.default_point()
        self._history = EditHistory(self._point)
        self._editing = False
        self.package_changed.emit()
        self.history_changed.emit()

    def default_point(self) -> LatentPoint:
        """Return the point at which a generator is first shown."""
        if self._package is None:
            return LatentPoint()
        manifest = self._package.manifest
        weights = {label.name: float(i == 0) for i, label in enumerate(manifest.labels)}
        return LatentPoint(0, weights, manifest.latent.truncation)

    # ---- setters ----

    def begin_edit(self) -> None:
        """A drag starts; nothing is recorded until `end_edit`."""
        self._editing = True

    def end_edit(self) -> None:
        """A drag ended; record where it led."""
        self._editing = False
        self._record()

    def set_seed(self, seed: int) -> None:
        self._move(replace(self._point, seed=min(max(seed, 0), MAX_SEED)))

    def roll_dice(self, draw: Callable[[int], int] = random.randrange) -> None:
        """Choose another seed at random."""
        self.set_seed(draw(DICE_RANGE))

    def set_truncation(self, psi: float) -> None:
        low, high = TRUNCATION_RANGE
        self._move(replace(self._point, truncation=min(max(psi, low), high)))

    def set_noise(self, noise: bool) -> None:
        self._move(replace(self._point, noise=noise))

    def set_label_weight(self, name: str, weight: float) -> None:
        """Give a label its part; the others share the rest in the proportion they had."""
        weight = min(max(weight, 0.0), 1.0)
        names = [label.name for label in self.labels]
        others = {n: self._point.label_weights.get(n, 0.0) for n in names if n != name}
        total = sum(others.values())
        if not others:
            weight = 1.0
        rest = 1.0 - weight
        shared = {
            n: rest * (value / total if total > 0 else 1 / len(others))
            for n, value in others.items()
        }
        self.set_label_weights({n: weight if n == name else shared[n] for n in names})

    def set_label_weights(self, weights: Mapping[str, float]) -> None:
        self._move(replace(self._point, label_weights=weights))

    def set_offset(self, name: str, sigma: float) -> None:
        for direction in self.directions:
            if direction.name == name:
                low, high = direction.range_sd
                self._move(self._point.with_offset(name, min(max(sigma, low), high)))
                return

    @property
    def can_reset(self) -> bool:
        """A slider or the fine grain does not stand where the generator was first shown."""
        return self._point != self._reset_point()

    def reset(self) -> None:
        """Put everything but the seed back to where the generator was first shown, in one step."""
        self._move(self._reset_point())

    def _reset_point(self) -> LatentPoint:
        return replace(self.default_point(), seed=self._point.seed)

    def set_point(self, point: LatentPoint) -> None:
        """Take over a whole point, as from a recipe."""
        self._move(point)

    def undo(self) -> None:
        self._jump(self._history.undo())

    def redo(self) -> None:
        self._jump(self._history.redo())

    # ---- inside ----

    def _move(self, point: LatentPoint) -> None:
        if point == self._point:
            return
        self._point = point
        self.point_changed.emit(point)
        if not self._editing:
            self._record()

    def _record(self) -> None:
        if self._history.record(self._point):
            self.history_changed.emit()

    def _jump(self, point: LatentPoint) -> None:
        self._editing = False
        if point != self._point:
            self._point = point
            self.point_changed.emit(point)
        self.history_changed.emit()
