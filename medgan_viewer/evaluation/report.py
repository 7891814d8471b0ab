"""EvaluationReport: the figures of one model, each with what it is to be compared with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from medgan_viewer.evaluation.bootstrap import Interval
from medgan_viewer.evaluation.memorisation import NearestPair

Better = Literal["lower", "higher", "near floor"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with how sure it is.

    Attributes
    ----------
    interval : 95 % bootstrap interval; None where there is too little to tell
    n : images (or pairs of images, or slices) that it rests on
    """

    value: float
    interval: Interval | None
    n: int


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One line of a report.

    Attributes
    ----------
    name : at most 80 characters
    floor : the same figure for real images in place of synthetic ones; None where there is none
    baselines : the same figure for other models or simple methods, by name
    better : which way is good; "near floor" where real images are neither highest nor lowest
    plain : one sentence for people who do not know the figure
    """

    name: str
    value: float
    interval: Interval | None
    n: int
    floor: float | None
    baselines: Mapping[str, float]
    better: Better
    plain: str

    def __post_init__(self) -> None:
        if len(self.name) > 80:
            raise ValueError(f"{self.name!r} is longer than 80 characters")

    def beats(self, baseline: str) -> bool:
        """Say whether the model is better than a baseline by this figure."""
        other = self.baselines[baseline]
        match self.better:
            case "lower":
                return self.value < other
            case "higher":
                return self.value > other
            case _:
                floor = self.floor if self.floor is not None else 0.0
                return abs(self.value - floor) < abs(other - floor)

    @property
    def best_baseline(self) -> str | None:
        """Name of the baseline that comes nearest to being good; None without baselines."""
        if not self.baselines:
            return None
        floor = self.floor if self.floor is not None else 0.0
        match self.better:
            case "lower":
                return min(self.baselines, key=lambda name: self.baselines[name])
            case "higher":
                return max(self.baselines, key=lambda name: self.baselines[name])
            case _:
                return min(self.baselines, key=lambda name: abs(self.baselines[name] - floor))


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """All figures of one model.

    Attributes
    ----------
    model : its id
    unit : what n_real and n_synthetic count ("images", "slices")
    n_real : held-out real images
    n_synthetic : made images
    n_train : training images
    nearest : samples next to a training image, nearest first within each feature space
    notes : how it was measured, and what to keep in mind; sentences
    """

    model: str
    unit: str
    n_real: int
    n_synthetic: int
    n_train: int
    rows: tuple[FigureRow, ...]
    nearest: tuple[NearestPair, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def row(self, name: str) -> FigureRow:
        """Return the row of this name; KeyError when there is none."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)
