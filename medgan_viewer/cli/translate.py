"""translate: a whole series through a translator, on the grid of the source."""

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
    print_json,
    say,
    source_argument,
)
from medgan_viewer.errors import InputError, UsageError

NIFTI_NAME = "translated.nii.gz"


class SeriesFormat(Enum):
    """Formats of a whole series."""

    DICOM = "dicom"
    NIFTI = "nifti"


def translate(
    model: Annotated[str, typer.Argument(help="Id of a translator, or its folder.")],
    source: Annotated[Path, source_argument("Folder or file with one series.")],
    out: OutOption,
    image_format: Annotated[SeriesFormat, typer.Option("--format")] = SeriesFormat.DICOM,
    series: Annotated[
        int | None, typer.Option("--series", min=1, help="Which display set, if there are several.")
    ] = None,
    accept_source: Annotated[
        bool,
        typer.Option("--accept-source", help="The contrast is right although its name differs."),
    ] = False,
    recipe: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="Make the image of this file again: DICOM, PNG, .npy, NIfTI, JSON.",
        ),
    ] = None,
    burn_in: BurnInOption = True,
    device: DeviceOption = "auto",
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Translate a whole series with one intensity mapping; the source files stay as they are."""
    from medgan_viewer.dicom.decoder import DecoderPool
    from medgan_viewer.dicom.scan import scan
    from medgan_viewer.export.context import context_of_translation
    from medgan_viewer.export.target import make_folder
    from medgan_viewer.generators.package import resolve_package
    from medgan_viewer.inference.device import Preference, choose_device, limit_threads
    from medgan_viewer.inference.engine import Engine
    from medgan_viewer.inference.guard import SourceFacts, check_source
    from medgan_viewer.inference.replay import replay_translation
    from medgan_viewer.inference.series_job import SeriesJob, TranslatedPlane
    from medgan_viewer.inference.series_source import source_series

    package = resolve_package(model, package_roots())
    with DecoderPool() as pool, cancellable("Nothing was written."):
        found = scan([source], pool)
        document = None if recipe is None else read_recipe(recipe, package, pool, translated=True)
        chosen = _choose(found, source, series, document)
        planes = source_series(chosen, pool)
        replay = document and replay_translation(package, planes, document.source)
        facts = SourceFacts(chosen.modality, chosen.series.series_description, chosen.is_synthetic)
        check_source(package, facts, trust_user=accept_source or document is not None)
        sources = (source, *dict.fromkeys(ref.path for ref in chosen.frames))
        job = replay.job if replay else SeriesJob(package, planes)
        wanted = replay.wanted if replay else tuple(range(len(chosen.frames)))
        _check_format(image_format, wanted, chosen)
        _check_targets(sources, len(wanted), out, image_format, force=force)
        make_folder(out)
        limit_threads(reserved=0)
        if recipe is None:
            engine = Engine(choose_device(Preference(device)))
        else:
            engine = engine_as_recorded(document, recipe, device)
        progress = Progress("Translating")
        frames: dict[int, Any] = {}
        fallbacks: dict[str, None] = {}
        index = 0
        while index < job.total:
            made = job.step(engine, index, _never)
            index += 1
            progress.update(index, job.total)
            if isinstance(made, TranslatedPlane):
                frames[made.index] = made.frame
                fallbacks[made.fallback] = None
        progress.finish()
    for text in filter(None, fallbacks):
        say(text, is_error=True)
    ordered = [frames[i] for i in wanted]
    head = package.manifest.shows_head
    context = context_of_translation(chosen, shows_head=head, burn_in=burn_in, source_paths=sources)
    written = _write(ordered, chosen, context, out, image_format, force=force)
    if as_json:
        print_json(
            {"model": package.id, "images": len(ordered), "files": [str(p) for p in written]}
        )
    else:
        say(f"{len(ordered)} synthetic images in {out}")


def _never() -> bool:
    return False


def _choose(found: Any, source: Path, number: int | None, recipe: Any) -> Any:
    """Return the display set of that number, of the recipe, or the only one."""
    from medgan_viewer.dicom.display_sets import split_into_display_sets
    from medgan_viewer.inference.replay import count_of_sources

    sets = [s for st in found.studies for se in st.series for s in split_into_display_sets(se)]
    if not sets:
        reasons = "; ".join(f"{s.path.name} {s.reason}" for s in found.skipped[:3])
        raise InputError(
            problem=f"{source} holds no images that can be shown. {reasons}".strip(),
            action="Give a folder with one DICOM series.",
        )
    if number is not None:
        if number > len(sets):
            raise UsageError(f"There are {len(sets)} series.", "Give a lower --series.")
        return sets[number - 1]
    if recipe is not None:
        return max(sets, key=lambda each: count_of_sources(each, recipe.source))
    if len(sets) > 1:
        listed = "; ".join(
            f"{i}: {s.modality} {s.label} ({len(s.frames)})" for i, s in enumerate(sets, 1)
        )
        raise UsageError(
            problem=f"{source} holds several series: {listed}.",
            action="Choose one with --series N.",
        )
    return sets[0]


def _check_format(image_format: SeriesFormat, wanted: tuple[int, ...], chosen: Any) -> None:
    if image_format is SeriesFormat.NIFTI and len(wanted) != len(chosen.frames):
        raise UsageError(
            problem=f"The recipe is about {len(wanted)} of the {len(chosen.frames)} planes of "
            f"{chosen.label}, which make no volume.",
            action="Leave out --format nifti.",
        )


def _check_targets(
    sources: tuple[Path, ...], count: int, out: Path, image_format: SeriesFormat, *, force: bool
) -> None:
    """Refuse what could not be written before the long work, not after it."""
    from medgan_viewer.export.target import check_target

    names = [NIFTI_NAME]
    if image_format is SeriesFormat.DICOM:
        names = [f"{number:04d}.dcm" for number in range(1, count + 1)]
    for name in names:
        check_target(out / name, overwrite=force, source_paths=sources)


def _write(
    frames: list[Any],
    chosen: Any,
    context: Any,
    out: Path,
    image_format: SeriesFormat,
    *,
    force: bool,
) -> list[Path]:
    from medgan_viewer.export.dicom_writer import write_series
    from medgan_viewer.export.nifti_writer import write_nifti
    from medgan_viewer.inference.series_source import translated_volume

    if image_format is SeriesFormat.DICOM:
        return list(write_series(frames, out, context, overwrite=force))
    volume = translated_volume(chosen, frames)
    for note in volume.notes:
        say(f"{NIFTI_NAME}: {note}", is_error=True)
    path = out / NIFTI_NAME
    write_nifti(volume, path, overwrite=force, source_paths=context.source_paths)
    return [path]
