"""generate: synthetic images from a latent generator, each with its recipe."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from medgan_viewer.cli.shared import (
    DeviceOption,
    ForceOption,
    JsonOption,
    OutOption,
    Progress,
    cancellable,
    package_roots,
    parse_pairs,
    print_json,
)
from medgan_viewer.errors import InputError, PackageError, UsageError


class ImageFormat(Enum):
    """Formats of a single image."""

    DICOM = "dicom"
    PNG = "png"
    NPY = "npy"


_SUFFIXES = {ImageFormat.DICOM: ".dcm", ImageFormat.PNG: ".png", ImageFormat.NPY: ".npy"}


def generate(
    model: Annotated[str, typer.Argument(help="Id of a generator, or its folder.")],
    out: OutOption,
    seed: Annotated[int, typer.Option(min=0, help="Number of the first sample.")] = 0,
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
        Path | None, typer.Option("--recipe", help="Make the image of this recipe (JSON).")
    ] = None,
    image_format: Annotated[ImageFormat, typer.Option("--format")] = ImageFormat.DICOM,
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
    from medgan_viewer.latent.point import MAX_SEED, LatentPoint
    from medgan_viewer.latent.recipe import parse_recipe, point_of

    package = resolve_package(model, package_roots())
    if recipe is not None:
        document = parse_recipe(_text_of(recipe), recipe.name)
        if document.point is None:
            raise UsageError(
                problem=f"{recipe.name} is the recipe of a translated image.",
                action="Use 'medgan-viewer translate' with its source series.",
            )
        _check_recipe_model(package, document)
        first, count = point_of(document.point), 1
    else:
        if seed + count - 1 > MAX_SEED:
            raise UsageError("The seed is too large.", f"Stay at or below {MAX_SEED}.")
        weights = parse_pairs(label or [], "--label", lowest=0)
        offsets = parse_pairs(edit or [], "--edit")
        _check_names(package, weights, offsets)
        usual = package.manifest.latent.truncation
        first = LatentPoint(
            seed=seed,
            label_weights=weights or _first_label(package),
            truncation=usual if truncation is None else truncation,
            noise=not no_noise,
            offsets=offsets,
        )
    names = [f"{package.id}-{first.seed + i:06d}{_SUFFIXES[image_format]}" for i in range(count)]
    make_folder(out)
    for name in names:
        check_target(out / name, overwrite=force)
    limit_threads(reserved=0)
    engine = Engine(choose_device(Preference(device)))
    progress = Progress("Generating")
    written: list[dict[str, Any]] = []
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
            _write(result.frame, out / name, image_format, force=force)
            written.append({"path": str(out / name), "seed": point.seed})
            progress.update(index + 1, count)
    progress.finish()
    if as_json:
        print_json({"model": package.id, "images": written})
    else:
        for entry in written:
            typer.echo(entry["path"])


def _never() -> bool:
    return False


def _text_of(recipe: Path) -> str:
    try:
        return recipe.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            problem=f"The recipe {recipe} cannot be read ({type(error).__name__}).",
            action="Give the path of a JSON file that holds a recipe.",
        ) from error


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


def _check_recipe_model(package: Any, document: Any) -> None:
    if document.model.weights_sha256 != package.weights_sha256:
        raise PackageError(
            problem=f"The recipe was made with other weights than those of {package.id}.",
            action=f"Install {document.model.id} {document.model.version} and use that.",
        )


def _write(frame: Any, path: Path, image_format: ImageFormat, *, force: bool) -> None:
    from medgan_viewer.export.array_writer import write_array
    from medgan_viewer.export.context import ExportContext
    from medgan_viewer.export.dicom_writer import write_secondary_capture
    from medgan_viewer.export.image_writer import write_png

    match image_format:
        case ImageFormat.DICOM:
            write_secondary_capture(frame, path, ExportContext(), overwrite=force)
        case ImageFormat.PNG:
            write_png(frame, path, overwrite=force)
        case ImageFormat.NPY:
            write_array(frame, path, overwrite=force)
