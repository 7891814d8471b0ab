"""evaluate_generator: one report for a model that makes images of given labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from medgan_viewer.compare.metrics import DataRange, structural_similarity_index
from medgan_viewer.datasets.images import LabelledImages
from medgan_viewer.evaluation.bootstrap import mean_interval
from medgan_viewer.evaluation.feature_space import FeatureSpace, FloatImages
from medgan_viewer.evaluation.figure_names import (
    LEARNT_LABEL,
    REBUILT_ERROR,
    REBUILT_SIMILARITY,
    SHOWN_LABEL,
    figure_row,
)
from medgan_viewer.evaluation.memorisation import CAVEAT
from medgan_viewer.evaluation.overlap_figures import FEWEST
from medgan_viewer.evaluation.report import EvaluationReport, Figure, FigureRow
from medgan_viewer.evaluation.sample_bench import Render, SampleBench
from medgan_viewer.evaluation.yardstick import Figures, Yardstick

Rebuild = Callable[[FloatImages], FloatImages]
Advance = Callable[[str, int, int], None]

SAMPLES_PER_LABEL = 200
_RANGE = DataRange(-1.0, 1.0, "the network's own range")


def evaluate_generator(
    render: Render,
    train: LabelledImages,
    held_out: LabelledImages,
    *,
    model: str = "",
    samples_per_label: int = SAMPLES_PER_LABEL,
    baselines: Mapping[str, Render] | None = None,
    rebuild: Rebuild | None = None,
    extra_spaces: tuple[FeatureSpace, ...] = (),
    yardstick: Yardstick | None = None,
    first_seed: int = 0,
    seed: int = 0,
    advance: Advance | None = None,
) -> EvaluationReport:
    """Measure samples of a generator against real images that it was not trained on.

    Parameters
    ----------
    render : (label, count, first seed) to (count, rows, columns) float32 in [-1, 1]; another size
        than that of the real images is brought to theirs
    train, held_out : parts of one split by patient, of one size and with the same labels
    model : id for the report
    baselines : other generators, by name
    rebuild : where the model also takes images in: (n, rows, columns) to their reconstructions
    extra_spaces : further feature spaces
    yardstick : made before for the same images, samples_per_label and spaces; saves its making
    first_seed : of the samples; every label goes on where the one before ended
    seed : of classifier, draws and intervals
    advance : called with the name of a step, its number from 0, and the number of steps

    Raises
    ------
    InputError
        There are too few images, or they are too small.
    """
    others = dict(baselines or {})
    steps = _Steps(4 + len(others), advance)
    steps.begin("Looking at the real images")
    measure = yardstick or Yardstick(train, held_out, samples_per_label, extra_spaces, seed=seed)
    bench = SampleBench(measure, samples_per_label, first_seed)
    steps.begin("Comparing real images with one another")
    floor = bench.floor()
    steps.begin(f"Making {samples_per_label * len(measure.label_names)} samples")
    images, labels = bench.make(render)
    steps.begin("Measuring the samples")
    found, nearest = bench.measure(images, labels, with_intervals=True)
    compared: dict[str, Figures] = {}
    for name, other in others.items():
        steps.begin(f"Measuring {name}")
        compared[name] = bench.measure(*bench.make(other), with_intervals=False)[0]
    rows = [
        figure_row(
            *key,
            figure,
            floor[key].value if key in floor else None,
            {name: figures[key].value for name, figures in compared.items() if key in figures},
        )
        for key, figure in found.items()
    ]
    chances = {SHOWN_LABEL.name: bench.label_count, LEARNT_LABEL.name: bench.held_out_labels}
    rows = [
        replace(row, baselines={**row.baselines, "chance": 1 / chances[row.name]})
        if row.name in chances
        else row
        for row in rows
    ]
    if rebuild is not None:
        rows += _rebuilt_rows(rebuild, measure)
    return EvaluationReport(
        model=model,
        unit="images",
        n_real=len(held_out),
        n_synthetic=len(images),
        n_train=len(train),
        rows=tuple(rows),
        nearest=nearest,
        notes=_notes(measure),
    )


@dataclass
class _Steps:
    count: int
    advance: Advance | None
    done: int = field(default=0)

    def begin(self, name: str) -> None:
        if self.advance is not None:
            self.advance(name, self.done, self.count)
        self.done += 1


def _rebuilt_rows(rebuild: Rebuild, yardstick: Yardstick) -> list[FigureRow]:
    """Return how well held-out images come back, beside the mean training image."""
    real = yardstick.held_out_values
    mean = yardstick.train_values.mean(axis=0)
    errors, similarities = _differences(np.clip(rebuild(real), -1, 1), real)
    flat_errors, flat_similarities = _differences(np.broadcast_to(mean, real.shape), real)
    rows = []
    for kind, values, flat in (
        (REBUILT_ERROR, errors, flat_errors),
        (REBUILT_SIMILARITY, similarities, flat_similarities),
    ):
        if values:
            figure = Figure(float(np.mean(values)), mean_interval(values), len(values))
            baselines = {"mean training image": float(np.mean(flat))}
            rows.append(figure_row(kind, "", figure, None, baselines))
    return rows


def _differences(made: FloatImages, real: FloatImages) -> tuple[list[float], list[float]]:
    """Return mean absolute difference as a part of the range, and SSIM, of each image."""
    everywhere = np.ones(real.shape[1:], dtype=bool)
    errors = [float(np.abs(a - b).mean() / 2) for a, b in zip(made, real, strict=True)]
    similarities = [
        structural_similarity_index(b, a, everywhere, _RANGE)
        for a, b in zip(made, real, strict=True)
    ]
    return errors, [value for value in similarities if value is not None]


def _notes(yardstick: Yardstick) -> tuple[str, ...]:
    names, counts = yardstick.label_names, yardstick.counts.tolist()
    mix = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True))
    notes = [
        f"Distances are means over draws of {sum(counts)} samples against {sum(counts)} held-out "
        f"images with the same mix of labels ({mix.strip()}). The floor is the same for as many "
        "training images in place of samples.",
        "Intervals are 95 %, by resampling images; images of one patient count as independent.",
        CAVEAT,
    ]
    if yardstick.classifier is None:
        notes.append("The images have no labels to train a classifier on: random features serve.")
    left_out = [name for name, count in zip(names, counts, strict=True) if not count]
    if left_out:
        notes.append(f"Without a held-out image, and so not compared: {', '.join(left_out)}.")
    few = [
        n for n, count in zip(names, counts, strict=True) if 0 < count < FEWEST and len(names) > 1
    ]
    if few:
        notes.append(f"Too few held-out images for a recall of their own: {', '.join(few)}.")
    return tuple(notes)
