"""evaluate_translator: one report for a translator on people it was not trained on.

Differences are counted inside the brain alone: the background is easy and would flatter everyone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from medgan_viewer.compare.metrics import (
    DataRange,
    mean_absolute_error,
    peak_signal_to_noise_db,
    structural_similarity_index,
)
from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.errors import InputError
from medgan_viewer.evaluation.bootstrap import mean_interval, subject_interval
from medgan_viewer.evaluation.contact_sheet import SheetRow
from medgan_viewer.evaluation.feature_space import FloatImages
from medgan_viewer.evaluation.figure_names import short
from medgan_viewer.evaluation.report import Better, EvaluationReport, FigureRow
from medgan_viewer.evaluation.translation_baselines import (
    Translate,
    histogram_match,
    identity,
    linear_filter,
    mean_target,
)

Advance = Callable[[str, int, int], None]

FEWEST_PIXELS = 500  # of brain in a slice that counts
RANGE = DataRange(-1.0, 1.0, "the translator's own range, 2 wide")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A figure of likeness.

    Attributes
    ----------
    key : name in SliceScores
    plain : with {value}, {where} and {baseline}
    """

    key: str
    name: str
    better: Better
    plain: str


_KINDS = (
    _Kind(
        "psnr_db",
        "PSNR [dB] inside the brain",
        "higher",
        "The translated image agrees with the real one at {value} dB{where}; {baseline}.",
    ),
    _Kind(
        "ssim",
        "SSIM inside the brain",
        "higher",
        "The translated image keeps {value} of the structure of the real one{where}, on a scale up "
        "to 1; {baseline}.",
    ),
    _Kind(
        "mae",
        "Mean absolute difference inside the brain",
        "lower",
        "The translated image is off by {value} on average, in a range 2 wide{where}; {baseline}.",
    ),
)


@dataclass
class SliceScores:
    """Likeness of translated and real slices, one entry per slice that counts.

    Attributes
    ----------
    subjects, studies : whose slice it is
    psnr_db, ssim, mae : inside the brain; `mae` in the translator's range of values, 2 wide
    """

    subjects: list[str] = field(default_factory=list)
    studies: list[str] = field(default_factory=list)
    psnr_db: list[float] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)
    mae: list[float] = field(default_factory=list)

    def add(
        self, study: str, pairs: PairedSlices, made: FloatImages, fewest_pixels: int = FEWEST_PIXELS
    ) -> None:
        """Compare (slices, rows, columns) in [-1, 1] with the real target of a study.

        Slices with fewer pixels of brain, or that equal the target exactly, do not count.
        """
        for target, image, brain in zip(pairs.target, made, pairs.brain, strict=True):
            if brain.sum() < fewest_pixels:
                continue
            psnr = peak_signal_to_noise_db(target, image, brain, RANGE)
            ssim = structural_similarity_index(target, image, brain, RANGE)
            if psnr is None or ssim is None:
                continue
            self.subjects.append(pairs.subject)
            self.studies.append(study)
            self.psnr_db.append(psnr)
            self.ssim.append(ssim)
            self.mae.append(mean_absolute_error(target, image, brain))

    def values(self, key: str) -> list[float]:
        """Return the list of that name."""
        found: list[float] = getattr(self, key)
        return found

    def mean(self, key: str, subject: str | None = None) -> float:
        """Return the mean of the subjects' means, or the mean of one subject's slices."""
        by_subject: dict[str, list[float]] = {}
        for name, value in zip(self.subjects, self.values(key), strict=True):
            by_subject.setdefault(name, []).append(value)
        means = {name: float(np.mean(values)) for name, values in by_subject.items()}
        return float(np.mean(list(means.values()))) if subject is None else means[subject]


def evaluate_translator(
    translate: Translate,
    train: Sequence[PairedSlices],
    held_out: Mapping[str, PairedSlices],
    *,
    model: str = "",
    others: Mapping[str, Translate] | None = None,
    linear_steps: int = 800,
    fewest_pixels: int = FEWEST_PIXELS,
    seed: int = 0,
    advance: Advance | None = None,
) -> EvaluationReport:
    """Compare translated slices of held-out people with their real ones.

    Parameters
    ----------
    translate : a study to (slices, rows, columns) float32 in [-1, 1]
    train, held_out : parts of one split by person; held-out studies by name
    others : what to compare with beside identity, histogram match, mean target and linear filter,
        by name; such as a network trained with L1 alone
    linear_steps : of the training of the linear filter
    fewest_pixels : of brain in a slice that counts
    advance : called with the name of a step, its number from 0, and the number of steps

    Raises
    ------
    InputError
        No held-out study has a slice with enough brain.
    """
    ways: dict[str, Callable[[], Translate]] = {
        "": lambda: translate,
        "source shown as target": lambda: identity,
        "histogram match": lambda: histogram_match(train),
        "mean target": lambda: mean_target(train),
        "linear filter": lambda: linear_filter(train, linear_steps),
    }
    for name, other in (others or {}).items():
        ways[name] = partial(_itself, other)
    scores: dict[str, SliceScores] = {}
    for step, (name, make) in enumerate(ways.items()):
        if advance is not None:
            advance(f"Measuring {name or 'the translator'}", step, len(ways))
        way, found = make(), SliceScores()
        for study, pairs in held_out.items():
            found.add(study, pairs, way(pairs), fewest_pixels)
        scores[name] = found
    own = scores.pop("")
    if not own.studies:
        raise InputError(
            "No held-out study has a slice to compare.",
            f"Hold out studies with {fewest_pixels} pixels of brain in a slice.",
        )
    return EvaluationReport(
        model=model,
        unit="slices",
        n_real=len(own.studies),
        n_synthetic=len(own.studies),
        n_train=sum(len(study.source) for study in train),
        rows=tuple(_rows(own, scores, seed)),
        notes=_notes(own, len({study.subject for study in train})),
    )


def _rows(own: SliceScores, others: Mapping[str, SliceScores], seed: int) -> list[FigureRow]:
    subjects = list(dict.fromkeys(own.subjects))
    rows = [
        _row(
            kind,
            "",
            own.mean(kind.key),
            subject_interval(own.values(kind.key), own.subjects, seed=seed),
            len(own.subjects),
            {name: scores.mean(kind.key) for name, scores in others.items() if scores.studies},
        )
        for kind in _KINDS
    ]
    if len(subjects) < 2:
        return rows
    for subject in subjects:
        for kind in _KINDS:
            pairs = zip(own.subjects, own.values(kind.key), strict=True)
            values = [value for name, value in pairs if name == subject]
            compared = {
                name: scores.mean(kind.key, subject)
                for name, scores in others.items()
                if subject in scores.subjects
            }
            interval = mean_interval(values, seed=seed)
            mean = float(np.mean(values))
            rows.append(_row(kind, subject, mean, interval, len(values), compared))
    return rows


def _row(
    kind: _Kind,
    subject: str,
    value: float,
    interval: tuple[float, float] | None,
    n: int,
    baselines: Mapping[str, float],
) -> FigureRow:
    row = FigureRow(
        name=f"{kind.name}, {subject}"[:80] if subject else kind.name,
        value=value,
        interval=interval,
        n=n,
        floor=None,
        baselines=dict(baselines),
        better=kind.better,
        plain="",
    )
    best = row.best_baseline
    plain = kind.plain.format(
        value=short(value),
        where=f" of {subject}" if subject else "",
        baseline="nothing to compare with"
        if best is None
        else f"the best simple way ({best}) reaches {short(baselines[best])}",
    )
    return replace(row, plain=plain)


def _notes(own: SliceScores, train_subjects: int) -> tuple[str, ...]:
    subjects = list(dict.fromkeys(own.subjects))
    studies = len(set(own.studies))
    people = "person" if len(subjects) == 1 else "people"
    notes = [
        f"{len(own.studies)} slices in {studies} studies of {len(subjects)} held-out {people} "
        f"({', '.join(subjects)}); {train_subjects} taught the translator.",
        "The overall figure is the mean of the people's means; its interval draws people, and "
        "slices within them. Neighbouring slices are alike, so that the interval within one person "
        "is too narrow.",
        f"Range of values for PSNR and SSIM: {RANGE.rule}.",
    ]
    if len(subjects) == 1:
        notes.append("One person held out: the interval says nothing of other people.")
    return tuple(notes)


def translated_rows(
    translate: Translate, held_out: Mapping[str, PairedSlices], count: int, seed: int
) -> tuple[list[SheetRow], list[SheetRow]]:
    """Return lines of a contact sheet: random slices of each study, real targets and translated.

    Slices without enough brain are left out of the draw.
    """
    random = np.random.default_rng(seed)
    real, made = [], []
    for study, pairs in held_out.items():
        usable = np.flatnonzero(pairs.brain.sum(axis=(1, 2)) >= FEWEST_PIXELS)
        if not usable.size:
            continue
        chosen = np.sort(random.choice(usable, min(count, usable.size), replace=False))
        real.append(SheetRow(study, pairs.target[chosen]))
        made.append(SheetRow(study, translate(pairs)[chosen]))
    return real, made


def _itself(way: Translate) -> Translate:
    return way
