"""Make an image again from its recipe, as it was made then, or say what differs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.errors import InputError, PackageError, UsageError
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.imaging.model_space import IntensityLimits
from medgan_viewer.inference.device import DeviceChoice, Preference, choose_device
from medgan_viewer.inference.output import PROGRAM
from medgan_viewer.inference.series_job import SeriesJob, SourceSeries
from medgan_viewer.inference.series_translation import THROUGH_VOLUME, lies_in_plane
from medgan_viewer.latent.recipe import Recipe, RecipeSoftware, RecipeSource

_PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

Key = tuple[str, int]  # SOP Instance UID and 1-based frame number


def recorded_precision(software: RecipeSoftware, choice: DeviceChoice, where: str) -> torch.dtype:
    """Return the precision of a recipe; InputError names `where` when there is no such one.

    float16 is that of a GPU: few processors compute it, so that float32 takes its place there.
    """
    if software.precision not in _PRECISIONS:
        raise InputError(
            problem=f"The recipe in {where} was computed in {software.precision[:40]!r} precision, "
            "which this program does not know.",
            action=f"Use a recipe with one of {', '.join(_PRECISIONS)}.",
        )
    precision = _PRECISIONS[software.precision]
    is_for_gpu = precision is torch.float16
    return torch.float32 if is_for_gpu and choice.kind == "cpu" else precision


def recorded_device(software: RecipeSoftware, preference: Preference) -> DeviceChoice:
    """Return the device that was asked for; where none was, that of the recipe if it is there."""
    if preference is Preference.AUTO:
        try:
            return choose_device(Preference(software.device))
        except (ValueError, UsageError):  # of another machine; the difference is told
            return choose_device()
    return choose_device(preference)


def differences(
    software: RecipeSoftware, choice: DeviceChoice, precision: torch.dtype
) -> tuple[str, ...]:
    """Return what differs from the software of a recipe, for people; empty when nothing does."""
    parts = (
        ("device", software.device, choice.kind),
        ("precision", software.precision, str(precision).removeprefix("torch.")),
        ("torch", software.torch, str(torch.__version__)),
        ("program", software.program, PROGRAM),
    )
    return tuple(f"{name} {now}, then {then}" for name, then, now in parts if now != then)


def check_recipe_model(package: ModelPackage, recipe: Recipe) -> None:
    """Raise PackageError unless a recipe was made with the weights and directions of a package."""
    problem = ""
    directions = package.manifest.directions_file
    known = ("", directions.sha256 if directions else "")
    has_offsets = recipe.point is not None and bool(recipe.point.offsets)
    if recipe.model.weights_sha256 != package.weights_sha256:
        problem = "weights"
    elif has_offsets and recipe.model.directions_sha256 not in known:
        problem = "directions"
    if problem:
        raise PackageError(
            problem=f"The recipe was made with other {problem} than those of {package.id}.",
            action=f"Install {recipe.model.id} {recipe.model.version} as it was then.",
        )


@dataclass(frozen=True, slots=True)
class Replay:
    """A translation to be done again.

    Attributes
    ----------
    wanted : indices, among the planes that the job makes, of those that the recipe is about
    """

    job: SeriesJob
    wanted: tuple[int, ...]


def count_of_sources(display_set: DisplaySet, recipe: RecipeSource) -> int:
    """Return how many of the planes of a recipe a display set holds."""
    held = {(ref.sop_instance_uid, ref.frame_number) for ref in display_set.frames}
    return len(held & set(_keys(recipe.planes)))


def replay_translation(package: ModelPackage, source: SourceSeries, recipe: RecipeSource) -> Replay:
    """Return the job that translates the planes of a recipe with its intensities.

    Planes that were translated one by one need only themselves. What went through the volume needs
    every plane of the series, and no other.

    Raises
    ------
    InputError
        `source` is not what was translated then.
    """
    held, named = _keys(source.keys), _keys(recipe.planes)
    missing = [uid for uid, number in named if (uid, number) not in held]
    goes_through_volume = recipe.plane.endswith(THROUGH_VOLUME)
    if missing and (len(missing) == len(named) or not goes_through_volume):
        raise InputError(
            problem=f"{source.title} does not hold the source image {missing[0]} of the recipe.",
            action="Give the series that was translated.",
        )
    if goes_through_volume and set(held) != set(named):
        raise InputError(
            problem=f"The image was translated through the volume of {len(named)} planes, and "
            f"{source.title} has {len(held)}, {len(named) - len(missing)} of them the same.",
            action="Give the whole series that was translated, and nothing else.",
        )
    if not recipe.frame_numbers and _has_repeats(source.uids, recipe.sop_instance_uids):
        raise InputError(
            problem="The recipe does not say which frame of the multi-frame image it is about.",
            action="Translate the series anew.",
        )
    limits = IntensityLimits(recipe.low, recipe.high)
    if goes_through_volume:
        chosen = source
        own = named if recipe.own_index is None else named[recipe.own_index : recipe.own_index + 1]
        wanted = tuple(held.index(key) for key in own)
    else:
        chosen = _part(source, sorted({held.index(key) for key in named}))
        wanted = tuple(range(len(chosen.planes)))
    spec = package.manifest.source
    if spec is None or lies_in_plane(chosen.planes, spec) == goes_through_volume:
        raise InputError(
            problem=f"{source.title} would not be translated {recipe.plane}, as the recipe says.",
            action="Give the series that was translated.",
        )
    return Replay(SeriesJob(package, chosen, limits), wanted)


def _keys(planes: Sequence[tuple[str, int | None]]) -> list[Key]:
    return [(uid, number or 1) for uid, number in planes]


def _has_repeats(held: Sequence[str], named: Sequence[str]) -> bool:
    return any(list(held).count(uid) > 1 for uid in named)


def _part(source: SourceSeries, indices: Sequence[int]) -> SourceSeries:
    return replace(
        source,
        planes=[source.planes[index] for index in indices],
        uids=[source.uids[index] for index in indices],
        frame_numbers=[source.frame_numbers[index] for index in indices if source.frame_numbers],
        read=lambda index: source.read(indices[index]),
    )
