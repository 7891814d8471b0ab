"""evaluate: one table of how good a model is, against real images that it was not trained on."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from medgan_viewer.evaluation.package_report import Measured
    from medgan_viewer.generators.package import ModelPackage


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
    samples: Annotated[
        int, typer.Option(min=8, max=10_000, help="Samples of each label, or translations.")
    ] = 200,
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
    from medgan_viewer.evaluation.contact_sheet import write_sheet
    from medgan_viewer.evaluation.package_report import Order, measure_package
    from medgan_viewer.evaluation.renderers import use_threads
    from medgan_viewer.evaluation.report_text import text_table, to_json
    from medgan_viewer.evaluation.run_record import (
        RunRecord,
        located,
        read_data_table,
        record_of,
    )
    from medgan_viewer.files import refuse_existing
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
    order = Order(
        package,
        others,
        located(record.data, data),
        data,
        record,
        choose_device(Preference(device)),
        seed=seed,
        samples=samples,
        truncation=truncation,
        l1_steps=l1_steps,
        features=features,
    )
    with cancellable("Nothing was written."):
        measured = measure_package(order, _advance)
        if sheet is not None:
            write_sheet(sheet, measured.sheet(), {"Model": package.title}, overwrite=force)
    for warning in measured.warnings:
        say(f"Warning: {warning}", is_error=True)
    if update:
        _update(package, measured)
    if as_json:
        print_json(to_json(measured.report))
    else:
        for line in text_table(measured.report).splitlines():
            say(line)


def _update(package: "ModelPackage", measured: "Measured") -> None:
    """Put the figures where card and model panel read them; the weights stay as they are."""
    from medgan_viewer.evaluation.report_text import card_table, manifest_metrics
    from medgan_viewer.generators.package import read_card
    from medgan_viewer.generators.weights import PackageExtras, update_package
    from medgan_viewer.training.card import with_figures

    card = with_figures(read_card(package), card_table(measured.report))
    update_package(
        package,
        {"metrics": manifest_metrics(measured.report)},
        card,
        PackageExtras(reference=measured.reference),
    )


def _advance(name: str, done: int, total: int) -> None:
    """Show a step on stderr when somebody watches."""
    if sys.stderr.isatty():
        say(f"[{done + 1}/{total}] {name}" if total else name, is_error=True)
