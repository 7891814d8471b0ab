"""evaluate_unpaired: a translator without pairs, measured as a set.

No real image says what a translation should look like, so nothing is said of a single one: the
translations of held-out sources are compared, as a set, with held-out targets. Whether they still
show the same person is not measured.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from medgan_viewer.datasets.images import LabelledImages
from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.datasets.parts import UnpairedSplit
from medgan_viewer.evaluation.feature_space import FeatureSpace, FloatImages
from medgan_viewer.evaluation.generator_report import Advance, evaluate_generator
from medgan_viewer.evaluation.report import EvaluationReport
from medgan_viewer.evaluation.sample_bench import Render
from medgan_viewer.evaluation.translation_baselines import Translate, histogram_match, identity
from medgan_viewer.evaluation.yardstick import Yardstick

AS_A_SET = (
    "There are no pairs: translations are compared with real targets as a set. Whether each still "
    "shows the person of its source is not measured."
)


def evaluate_unpaired(
    translate: Translate,
    split: UnpairedSplit,
    *,
    model: str = "",
    samples: int = 200,
    others: Mapping[str, Translate] | None = None,
    extra_spaces: tuple[FeatureSpace, ...] = (),
    seed: int = 0,
    advance: Advance | None = None,
) -> EvaluationReport:
    """Compare translations of held-out sources with held-out targets, as sets.

    Parameters
    ----------
    samples : held-out sources to translate, at most; all of them when there are fewer
    others : what to compare with beside the source itself and its histogram match, by name

    Raises
    ------
    InputError
        There are too few images, or they are too small.
    """
    sources, targets = split.held_out.source, split.train.target
    count = min(samples, len(sources))
    ways = {
        "source shown as target": identity,
        "histogram match": histogram_match([as_pairs(targets.values())]),
        **(others or {}),
    }
    yardstick = Yardstick(targets, split.held_out.target, count, extra_spaces, seed=seed)
    report = evaluate_generator(
        translated(translate, sources),
        targets,
        split.held_out.target,
        model=model,
        samples_per_label=count,
        baselines={name: translated(way, sources) for name, way in ways.items()},
        yardstick=yardstick,
        first_seed=seed,
        seed=seed,
        advance=advance,
    )
    return replace(report, notes=(AS_A_SET, *report.notes))


def translated(translate: Translate, sources: LabelledImages) -> Render:
    """Return a way to draw random sources, none twice, and to translate them."""

    def render(_label: int, count: int, first_seed: int) -> FloatImages:
        chosen = np.random.default_rng(first_seed).permutation(len(sources))[:count]
        return translate(as_pairs(sources.values(chosen)))

    return render


def as_pairs(images: FloatImages) -> PairedSlices:
    """Return (n, rows, columns) as what a Translate takes; of the target nothing is known."""
    return PairedSlices("", images, images, np.ones(images.shape, np.bool_))
