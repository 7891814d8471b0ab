"""measure_package: from a model package and a folder of data to its report and a contact sheet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import Tensor

from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.datasets.images import LabelledImages
from medgan_viewer.datasets.parts import ImageSplit
from medgan_viewer.datasets.read import read_paired_split, read_split, read_unpaired_split
from medgan_viewer.evaluation.contact_sheet import (
    Pixels,
    SheetRow,
    contact_sheet,
    random_rows,
    rendered_rows,
)
from medgan_viewer.evaluation.feature_space import FeatureSpace
from medgan_viewer.evaluation.generator_report import Advance, evaluate_generator
from medgan_viewer.evaluation.inception_features import read_inception
from medgan_viewer.evaluation.reference import reference_tensors
from medgan_viewer.evaluation.renderers import rebuilder_of, renderer_of, translator_of
from medgan_viewer.evaluation.report import EvaluationReport
from medgan_viewer.evaluation.run_record import RunRecord, pair_fingerprints, record_of
from medgan_viewer.evaluation.translation_baselines import l1_network
from medgan_viewer.evaluation.translator_report import evaluate_translator, translated_rows
from medgan_viewer.evaluation.unpaired_report import evaluate_unpaired, translated
from medgan_viewer.evaluation.yardstick import Yardstick
from medgan_viewer.generators.manifest import Task
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.inference.device import DeviceChoice

SHEET_COLUMNS = 8

OTHER_TRAINING = (
    "The training images are not the ones that the model was trained on: other files, another "
    "split or other settings. Held-out images may have been trained on."
)
OTHER_HELD_OUT = "The held-out images are not those of the training's own split."
NO_FINGERPRINT = (
    "The model has no fingerprint of its data, so that nobody can tell whether the held-out images "
    "were trained on."
)


@dataclass(frozen=True, slots=True)
class Order:
    """What to measure, and on what.

    Attributes
    ----------
    data : where the real images are
    root : what relative folders in `data` are relative to
    record : of the run that made the package
    samples : of each label; of a translator without pairs, held-out sources
    truncation : psi; None takes the model's own
    l1_steps : training of the L1-only network for translators; 0 leaves it out
    features : InceptionV3 weights for one more feature space
    """

    package: ModelPackage
    others: Sequence[ModelPackage]
    data: DataConfig
    root: Path
    record: RunRecord
    choice: DeviceChoice
    seed: int = 0
    samples: int = 200
    truncation: float | None = None
    l1_steps: int = 400
    features: Path | None = None

    def spaces(self) -> tuple[FeatureSpace, ...]:
        """Return the feature spaces beside our own."""
        return () if self.features is None else (read_inception(self.features),)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it.

    Attributes
    ----------
    warnings : what makes the figures doubtful; they are among the report's notes too
    reference : tensors for the package of a generator that was measured
    """

    report: EvaluationReport
    warnings: tuple[str, ...]
    sheet: Callable[[], Pixels] = field(repr=False)
    reference: dict[str, Tensor] | None = None


def measure_package(order: Order, advance: Advance) -> Measured:
    """Measure a model on held-out real images.

    Raises
    ------
    InputError, PackageError
        Data, model or features cannot be read or do not fit one another.
    """
    if order.package.manifest.task is not Task.TRANSLATE:
        return _generator(order, advance)
    return _pairs(order, advance) if order.data.kind == "paired" else _unpaired(order, advance)


def _generator(order: Order, advance: Advance) -> Measured:
    package, seed = order.package, order.seed
    spaces = order.spaces()
    split = read_split(order.data, package.manifest.output.columns or 0, order.root)
    warnings = _doubts(order, split.train.fingerprint(), split.held_out.fingerprint())
    if not package.manifest.labels:  # what it makes has no label, so none is asked of it
        split = _without_labels(split)
    names = split.train.label_names
    render = renderer_of(package, names, order.choice, order.truncation)
    yardstick = Yardstick(split.train, split.held_out, order.samples, spaces, seed=seed)
    report = evaluate_generator(
        render,
        split.train,
        split.held_out,
        model=package.id,
        samples_per_label=order.samples,
        baselines={other.id: renderer_of(other, names, order.choice) for other in order.others},
        rebuild=rebuilder_of(package, order.choice),
        yardstick=yardstick,
        first_seed=seed,
        seed=seed,
        advance=advance,
    )
    psi = package.manifest.latent.truncation if order.truncation is None else order.truncation
    notes = (*split.notes, f"Samples with truncation psi {psi:g}.")
    return Measured(
        _with_notes(report, warnings, notes),
        warnings,
        lambda: _sheet(
            order,
            random_rows(split.held_out, SHEET_COLUMNS, seed),
            rendered_rows(render, names, SHEET_COLUMNS, seed),
            "random",
        ),
        reference_tensors(yardstick),
    )


def _pairs(order: Order, advance: Advance) -> Measured:
    split = read_paired_split(order.data, order.root)
    translate = translator_of(order.package, order.choice)
    others = {other.id: translator_of(other, order.choice) for other in order.others}
    warnings = _doubts(order, *pair_fingerprints(split, order.record))
    if order.l1_steps:
        advance(f"Training a network with L1 alone ({order.l1_steps} steps)", 0, 0)
        name = f"L1-only network, {order.l1_steps} steps"
        others[name] = l1_network(split.train, order.l1_steps)
    report = evaluate_translator(
        translate,
        split.train,
        split.held_out,
        model=order.package.id,
        others=others,
        seed=order.seed,
        advance=advance,
    )

    def sheet() -> Pixels:
        rows = translated_rows(translate, split.held_out, SHEET_COLUMNS, order.seed)
        return _sheet(order, *rows, "random slices")

    return Measured(_with_notes(report, warnings, split.notes), warnings, sheet)


def _unpaired(order: Order, advance: Advance) -> Measured:
    spaces = order.spaces()
    split = read_unpaired_split(order.data, order.root)
    translate = translator_of(order.package, order.choice)
    prints = (
        part.source.fingerprint() + part.target.fingerprint()
        for part in (split.train, split.held_out)
    )
    warnings = _doubts(order, *prints)
    report = evaluate_unpaired(
        translate,
        split,
        model=order.package.id,
        samples=order.samples,
        others={other.id: translator_of(other, order.choice) for other in order.others},
        extra_spaces=spaces,
        seed=order.seed,
        advance=advance,
    )

    def sheet() -> Pixels:
        count = min(SHEET_COLUMNS, len(split.held_out.source))
        return _sheet(
            order,
            random_rows(split.held_out.target, count, order.seed),
            rendered_rows(translated(translate, split.held_out.source), (), count, order.seed),
            "random, not the same people",
        )

    return Measured(_with_notes(report, warnings, split.notes), warnings, sheet)


def _sheet(
    order: Order, real: Sequence[SheetRow], synthetic: Sequence[SheetRow], drawn: str
) -> Pixels:
    remark = f"{drawn}, seed {order.seed}"
    return contact_sheet(real, synthetic, model=order.package.title, remark=remark)


def _doubts(order: Order, train: str, held_out: str) -> tuple[str, ...]:
    """Return why held-out images may have been trained on, by the model or by another."""
    record, found = order.record, []
    if not record.fingerprint:
        found.append(NO_FINGERPRINT)
    elif record.fingerprint != train:
        found.append(OTHER_TRAINING)
    elif record.held_out_fingerprint and record.held_out_fingerprint != held_out:
        found.append(OTHER_HELD_OUT)
    for other in order.others:
        theirs = record_of(other)
        if theirs is None or not theirs.fingerprint:
            found.append(f"{other.id} may have been trained on the held-out images: no record.")
        elif not _same_people(theirs.data, order.data):
            found.append(
                f"{other.id} was trained on another split, perhaps on the held-out images."
            )
    return tuple(found)


def _same_people(one: DataConfig, other: DataConfig) -> bool:
    """Return whether two tables hold out the same people, at whatever size of the images."""
    theirs = one.model_copy(update={"folder": other.folder, "side": other.side})
    return theirs == other


def _with_notes(
    report: EvaluationReport, warnings: tuple[str, ...], notes: tuple[str, ...]
) -> EvaluationReport:
    return replace(report, notes=(*warnings, *report.notes, *notes))


def _without_labels(split: ImageSplit) -> ImageSplit:
    def bare(part: LabelledImages) -> LabelledImages:
        return replace(part, labels=part.labels * 0, label_names=())

    return replace(split, train=bare(split.train), held_out=bare(split.held_out))
