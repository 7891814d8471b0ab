"""evaluate: one table of how good a model is, against real images that it was not trained on."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from medgan_viewer.cli.shared import (
    DeviceOption,
    ForceOption,
    JsonOption,
    cancellable,
    package_roots,
    print_json,
    say,
)
from medgan_viewer.errors import InputError, UsageError

SHEET_COLUMNS = 8


def evaluate(
    model: Annotated[str, typer.Argument(help="Id of a model, or its folder.")],
    data: Annotated[
        Path, typer.Option("--data", readable=False, help="Folder with the real images.")
    ],
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            readable=False,
            help="Training configuration with the [data] table, for a model without a record.",
        ),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option("--against", help="Model to compare with, by id or folder; may be repeated."),
    ] = None,
    samples: Annotated[int, typer.Option(min=8, max=10_000, help="Samples of each label.")] = 200,
    truncation: Annotated[
        float | None, typer.Option(min=0, max=2, help="psi; the model's own unless given.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="Of samples and draws.")] = 0,
    l1_steps: Annotated[
        int,
        typer.Option(
            min=0, help="Training steps of the L1-only network for translators; 0 leaves it out."
        ),
    ] = 400,
    features: Annotated[
        Path | None,
        typer.Option(
            readable=False, help="InceptionV3 weights (.safetensors) for one more feature space."
        ),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            readable=False, help="PNG to write: random real images above, synthetic ones below."
        ),
    ] = None,
    update: Annotated[
        bool,
        typer.Option("--update", help="Write the figures into the package and its model card."),
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, max=256, help="Threads; all cores unless given.")
    ] = None,
    device: DeviceOption = "cpu",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a model on held-out real images: distances, variety, labels, nearness to training."""
    from medgan_viewer.evaluation.renderers import use_threads
    from medgan_viewer.evaluation.report_text import text_table, to_json
    from medgan_viewer.evaluation.run_record import (
        RunRecord,
        located,
        read_data_table,
        record_of,
    )
    from medgan_viewer.files import refuse_existing
    from medgan_viewer.generators.manifest import Task
    from medgan_viewer.generators.package import resolve_package
    from medgan_viewer.inference.device import Preference, choose_device

    package = resolve_package(model, package_roots())
    others = [resolve_package(name, package_roots()) for name in against or []]
    record = record_of(package)
    if config is not None:
        earlier = record or RunRecord(read_data_table(config))
        record = RunRecord(
            read_data_table(config), earlier.fingerprint, earlier.held_out_fingerprint
        )
    if record is None:
        raise UsageError(
            problem=f"{package.id} does not say which data it was trained on.",
            action="Give its training configuration with --config CONFIG.toml.",
        )
    if sheet is not None:
        refuse_existing(sheet, overwrite=force)
        if not sheet.absolute().parent.is_dir():
            raise InputError(f"{sheet.parent} is not a folder.", "Make it, or name another.")
    use_threads(threads)
    table = located(record.data, data)
    run = _Run(choose_device(Preference(device)), seed, truncation, record)
    with cancellable("Nothing was written."):
        if package.manifest.task is Task.TRANSLATE:
            report = run.translator(package, others, table, data, l1_steps, sheet, force)
        else:
            report = run.generator(package, others, table, data, samples, features, sheet, force)
    if update:
        _update(package, report, run.reference)
    if as_json:
        print_json(to_json(report))
    else:
        for line in text_table(report).splitlines():
            say(line)


def _update(package: Any, report: Any, reference: Any) -> None:
    """Put the figures where card and model panel read them; the weights stay as they are."""
    from medgan_viewer.evaluation.report_text import card_table, manifest_metrics
    from medgan_viewer.generators.package import read_card
    from medgan_viewer.generators.weights import PackageExtras, update_package
    from medgan_viewer.training.card import with_figures

    card = with_figures(read_card(package), card_table(report))
    update_package(
        package, {"metrics": manifest_metrics(report)}, card, PackageExtras(reference=reference)
    )


class _Run:
    """What both kinds of evaluation share.

    Attributes
    ----------
    reference : tensors for the package of a generator that was measured
    """

    def __init__(self, choice: Any, seed: int, truncation: float | None, record: Any) -> None:
        self.reference: Any = None
        self._choice = choice
        self._seed = seed
        self._truncation = truncation
        self._record = record
        self._notes: list[str] = []

    def generator(
        self,
        package: Any,
        others: list[Any],
        table: Any,
        data: Path,
        samples: int,
        features: Path | None,
        sheet: Path | None,
        force: bool,
    ) -> Any:
        from medgan_viewer.datasets.read import read_split
        from medgan_viewer.evaluation.contact_sheet import (
            contact_sheet,
            random_rows,
            rendered_rows,
            write_sheet,
        )
        from medgan_viewer.evaluation.feature_space import FeatureSpace
        from medgan_viewer.evaluation.generator_report import evaluate_generator
        from medgan_viewer.evaluation.inception_features import read_inception
        from medgan_viewer.evaluation.reference import reference_tensors
        from medgan_viewer.evaluation.renderers import rebuilder_of, renderer_of
        from medgan_viewer.evaluation.yardstick import Yardstick

        extra: tuple[FeatureSpace, ...] = () if features is None else (read_inception(features),)
        split = read_split(table, package.manifest.output.columns or 0, data)
        fingerprints = split.train.fingerprint(), split.held_out.fingerprint()
        if not package.manifest.labels:  # what it makes has no label, so none is asked of it
            split = _without_labels(split)
        names = split.train.label_names
        render = renderer_of(package, names, self._choice, self._truncation)
        baselines = {other.id: renderer_of(other, names, self._choice) for other in others}
        self._compare_data(*fingerprints)
        yardstick = Yardstick(split.train, split.held_out, samples, extra, seed=self._seed)
        report = evaluate_generator(
            render,
            split.train,
            split.held_out,
            model=package.id,
            samples_per_label=samples,
            baselines=baselines,
            rebuild=rebuilder_of(package, self._choice),
            yardstick=yardstick,
            first_seed=self._seed,
            seed=self._seed,
            advance=_advance,
        )
        self.reference = reference_tensors(yardstick)
        if sheet is not None:
            remark = f"random, seed {self._seed}"
            pixels = contact_sheet(
                random_rows(split.held_out, SHEET_COLUMNS, self._seed),
                rendered_rows(render, names, SHEET_COLUMNS, self._seed),
                model=package.title,
                remark=remark,
            )
            write_sheet(sheet, pixels, {"Model": package.title}, overwrite=force)
        psi = package.manifest.latent.truncation if self._truncation is None else self._truncation
        return self._with_notes(report, (*split.notes, f"Samples with truncation psi {psi:g}."))

    def translator(
        self,
        package: Any,
        others: list[Any],
        table: Any,
        data: Path,
        l1_steps: int,
        sheet: Path | None,
        force: bool,
    ) -> Any:
        from medgan_viewer.datasets.read import read_paired_split
        from medgan_viewer.evaluation.contact_sheet import contact_sheet, write_sheet
        from medgan_viewer.evaluation.renderers import translator_of
        from medgan_viewer.evaluation.run_record import pair_fingerprints
        from medgan_viewer.evaluation.translation_baselines import l1_network
        from medgan_viewer.evaluation.translator_report import evaluate_translator, translated_rows

        split = read_paired_split(table, data)
        translate = translator_of(package, self._choice)
        ways = {other.id: translator_of(other, self._choice) for other in others}
        self._compare_data(*pair_fingerprints(split, self._record))
        if l1_steps:
            _advance(f"Training a network with L1 alone ({l1_steps} steps)", 0, 0)
            ways[f"L1-only network, {l1_steps} steps"] = l1_network(split.train, l1_steps)
        report = evaluate_translator(
            translate,
            split.train,
            split.held_out,
            model=package.id,
            others=ways,
            seed=self._seed,
            advance=_advance,
        )
        if sheet is not None:
            real, made = translated_rows(translate, split.held_out, SHEET_COLUMNS, self._seed)
            pixels = contact_sheet(
                real, made, model=package.title, remark=f"random slices, seed {self._seed}"
            )
            write_sheet(sheet, pixels, {"Model": package.title}, overwrite=force)
        return self._with_notes(report, split.notes)

    def _compare_data(self, train: str, held_out: str) -> None:
        """Say so when the data are not those of the training."""
        record = self._record
        if record.fingerprint and record.fingerprint != train:
            self._warn(
                "The training images are not the ones that the model was trained on: other "
                "files, another split or other settings. Held-out images may have been trained on."
            )
        elif record.held_out_fingerprint and record.held_out_fingerprint != held_out:
            self._warn("The held-out images are not those of the training's own split.")
        elif not record.fingerprint:
            self._warn(
                "The model has no fingerprint of its data, so that nobody can tell whether the "
                "held-out images were trained on."
            )

    def _warn(self, text: str) -> None:
        say(f"Warning: {text}", is_error=True)
        self._notes.append(text)

    def _with_notes(self, report: Any, notes: tuple[str, ...]) -> Any:
        from dataclasses import replace

        return replace(report, notes=(*self._notes, *report.notes, *notes))


def _without_labels(split: Any) -> Any:
    from dataclasses import replace

    parts = {
        name: replace(part, labels=part.labels * 0, label_names=())
        for name, part in (("train", split.train), ("held_out", split.held_out))
    }
    return replace(split, **parts)


def _advance(name: str, done: int, total: int) -> None:
    """Show a step on stderr when somebody watches."""
    if sys.stderr.isatty():
        say(f"[{done + 1}/{total}] {name}" if total else name, is_error=True)
