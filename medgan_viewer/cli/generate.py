"""generate: synthetic images from a latent generator, each with its recipe."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from medgan_viewer.cli.recipe_option import engine_as_recorded, read_recipe
from medgan_viewer.cli.shared import (
    BurnInOption,
    DeviceOption,
    ForceOption,
    JsonOption,
    OutOption,
    Progress,
    cancellable,
    package_roots,
    parse_pairs,
    print_json,
    say,
)
from medgan_viewer.errors import UsageError


class ImageFormat(Enum):
    """Formats of a single image."""

    DICOM = "dicom"
    PNG = "png"
    NPY = "npy"


_SUFFIXES = {ImageFormat.DICOM: ".dcm", ImageFormat.PNG: ".png", ImageFormat.NPY: ".npy"}


def generate(
    model: Annotated[str, typer.Argument(help="Id of a generator, or its folder.")],
    out: OutOption,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Number of the first sample; 0 unless given."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many samples.")] = 1,
    label: Annotated[
        list[str] | None, typer.Option("--label", help="NAME=WEIGHT, may be repeated.")
    ] = None,
    truncation: Annotated[
        float | None, typer.Option(min=0, max=2, help="psi: 0 typical, 1 varied.")
    ] = None,
    edit: Annotated[
        list[str] | None, typer.Option("--edit", help="DIRECTION=SIGMA, may be repeated.")
    ] = None,
    no_noise: Annotated[bool, typer.Option("--no-noise", help="Leave out fine grain.")] = False,
    recipe: Annotated[
        Path | None,
        typer.Option(
            readable=False, help="Make the image of this file again: DICOM, PNG, .npy, JSON."
        ),
    ] = None,
    image_format: Annotated[ImageFormat, typer.Option("--format")] = ImageFormat.DICOM,
    burn_in: BurnInOption = True,
    device: DeviceOption = "auto",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make synthetic images. The same seed, model, device and version give the same pixels."""
    from medgan_viewer.export.target import check_target, make_folder
    from medgan_viewer.generators.package import resolve_package
    from medgan_viewer.inference.device import Preference, choose_device, limit_threads
    from medgan_viewer.inference.engine import Engine
    from medgan_viewer.inference.request import GenerationRequest
    from medgan_viewer.latent.point import MAX_OFFSET_SD, MAX_SEED, LatentPoint
    from medgan_viewer.latent.recipe import point_of

    package = resolve_package(model, package_roots())
    weights = parse_pairs(label or [], "--label", lowest=0)
    offsets = parse_pairs(edit or [], "--edit", lowest=-MAX_OFFSET_SD, highest=MAX_OFFSET_SD)
    _check_names(package, weights, offsets)
    usual = LatentPoint(
        label_weights=_first_label(package), truncation=package.manifest.latent.truncation
    )
    document = None if recipe is None else _document_in(recipe, package)
    stated = usual if document is None else point_of(document.point)
    first = LatentPoint(
        seed=stated.seed if seed is None else seed,
        label_weights=weights or stated.label_weights,
        truncation=stated.truncation if truncation is None else truncation,
        noise=stated.noise and not no_noise,
        offsets=offsets or stated.offsets,
    )
    if recipe is not None:
        _check_agreement(recipe, package, stated, first, count)
        first = stated  # to the last bit
    if first.seed + count - 1 > MAX_SEED:
        raise UsageError("The seed is too large.", f"Stay at or below {MAX_SEED}.")
    names = [f"{package.id}-{first.seed + i:06d}{_SUFFIXES[image_format]}" for i in range(count)]
    make_folder(out)
    for name in names:
        check_target(out / name, overwrite=force)
    limit_threads(reserved=0)
    if recipe is None:
        engine = Engine(choose_device(Preference(device)))
    else:
        engine = engine_as_recorded(document, recipe, device)
    progress = Progress("Generating")
    written: list[dict[str, Any]] = []
    fallbacks: dict[str, None] = {}
    with cancellable(f"What was finished is in {out}."):
        for index, name in enumerate(names):
            point = LatentPoint(
                first.seed + index,
                first.label_weights,
                first.truncation,
                first.noise,
                first.offsets,
            )
            result = engine.run(GenerationRequest(0, package, point), _never)
            _write(result.frame, out / name, image_format, burn_in=burn_in, force=force)
            fallbacks[result.fallback] = None
            written.append({"path": str(out / name), "seed": point.seed})
            progress.update(index + 1, count)
    progress.finish()
    for text in filter(None, fallbacks):
        say(text, is_error=True)
    if as_json:
        print_json({"model": package.id, "images": written})
    else:
        for entry in written:
            say(entry["path"])


def _never() -> bool:
    return False


def _document_in(path: Path, package: Any) -> Any:
    """Return the recipe in a file, once it is sure to be one of `package`."""
    from medgan_viewer.dicom.decoder import DecoderPool

    with DecoderPool(1) as pool:
        document = read_recipe(path, package, pool, translated=False)
    _check_names(package, document.point.label_weights, document.point.offsets)
    return document


def _check_agreement(recipe: Path, package: Any, stated: Any, asked: Any, count: int) -> None:
    """Refuse options that ask for another image than that of the recipe."""
    import numpy as np

    from medgan_viewer.latent.point import normalized_weights

    names = tuple(label.name for label in package.manifest.labels)
    mix = normalized_weights(names, stated.label_weights)
    asked_mix = normalized_weights(names, asked.label_weights)
    differs = {
        "--seed": asked.seed != stated.seed,
        "--count": count > 1,
        "--label": not np.allclose(mix, asked_mix, atol=1e-6),  # the recipe has rounded parts of 1
        "--truncation": asked.truncation != stated.truncation,
        "--no-noise": asked.noise != stated.noise,
        "--edit": asked.offsets != stated.offsets,
    }
    if options := [option for option, is_other in differs.items() if is_other]:
        raise UsageError(
            problem=f"{', '.join(options)} would make another image than that of {recipe.name}.",
            action="Leave out --recipe, or these options.",
        )


def _first_label(package: Any) -> dict[str, float]:
    labels = package.manifest.labels
    return {labels[0].name: 1.0} if labels else {}


def _check_names(package: Any, weights: dict[str, float], offsets: dict[str, float]) -> None:
    for what, given, known in (
        ("label", weights, [entry.name for entry in package.manifest.labels]),
        ("direction", offsets, [entry.name for entry in package.manifest.directions]),
    ):
        for name in given:
            if name not in known:
                raise UsageError(
                    problem=f"{package.id} has no {what} {name!r}.",
                    action=f"Use one of {', '.join(known) or 'none: it has no ' + what + 's'}.",
                )


def _write(
    frame: Any, path: Path, image_format: ImageFormat, *, burn_in: bool, force: bool
) -> None:
    from medgan_viewer.export.array_writer import write_array
    from medgan_viewer.export.context import ExportContext
    from medgan_viewer.export.dicom_writer import write_secondary_capture
    from medgan_viewer.export.image_writer import write_png

    match image_format:
        case ImageFormat.DICOM:
            write_secondary_capture(frame, path, ExportContext(burn_in=burn_in), overwrite=force)
        case ImageFormat.PNG:
            write_png(frame, path, burn_in=burn_in, overwrite=force)
        case ImageFormat.NPY:
            write_array(frame, path, overwrite=force)
