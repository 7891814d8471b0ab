"""From a network's output to a PixelFrame: integers with their meaning, provenance and recipe."""

import numpy as np
import numpy.typing as npt
import torch

from medgan_viewer import __version__
from medgan_viewer.errors import PackageError
from medgan_viewer.generators.manifest import OutputSpec
from medgan_viewer.imaging.frame import PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.geometry import PixelSpacing, PlaneGeometry, SpacingSource
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.voi import window_of_range
from medgan_viewer.inference.loaded import LoadedNetwork
from medgan_viewer.latent.point import LatentPoint, normalized_weights
from medgan_viewer.latent.recipe import (
    Recipe,
    RecipeModel,
    RecipeSoftware,
    RecipeSource,
    recipe_point,
)

PROGRAM = f"medgan-viewer {__version__}"  # as recipes name it
STORED_BITS = 12
_STORED_MAX = (1 << STORED_BITS) - 1


def frame_of_output(
    output: npt.NDArray[np.float32],
    spec: OutputSpec,
    provenance: Provenance,
    geometry: PlaneGeometry | None = None,
    spacing: PixelSpacing | None = None,
) -> PixelFrame:
    """Turn (channels, rows, columns), nominally -1 to 1, into a frame of 12-bit integers or RGB.

    Raises
    ------
    PackageError
        The network gave values that are not numbers.
    """
    if not np.isfinite(output).all():
        raise PackageError(
            problem=f"{provenance.model_name} gave values that are not numbers.",
            action="Move the sliders nearer to their middle, or choose another model.",
        )
    unit = (np.clip(output, -1, 1) + 1) / 2
    trained = f"trained on {spec.trained_bits}-bit images"
    if spacing is None and geometry is not None:
        spacing = geometry.spacing
    if spacing is None and spec.spacing_mm is not None:
        spacing = PixelSpacing(spec.spacing_mm, spec.spacing_mm, SpacingSource.ESTIMATED)
    if spec.channels == 3:
        rgb = np.rint(unit * 255).astype(np.uint8).transpose(1, 2, 0)
        return PixelFrame(
            np.ascontiguousarray(rgb),
            modality=spec.modality,
            geometry=geometry,
            spacing=spacing,
            bits_stored=8,
            provenance=provenance,
            notes=(trained,),
        )
    slope = (spec.value_high - spec.value_low) / _STORED_MAX
    return PixelFrame(
        np.rint(unit[0] * _STORED_MAX).astype(np.uint16),
        modality=spec.modality,
        transform=Rescale(slope, spec.value_low, spec.unit),
        inverted=spec.inverted,
        vois=(window_of_range(spec.value_low, spec.value_high, "model range"),),
        geometry=geometry,
        spacing=spacing,
        bits_stored=STORED_BITS,
        provenance=provenance,
        notes=(trained,),
    )


def generated_provenance(loaded: LoadedNetwork, point: LatentPoint) -> Provenance:
    """Return the provenance, with its recipe, of the image of a latent point."""
    manifest = loaded.manifest
    names = tuple(label.name for label in manifest.labels)
    weights = normalized_weights(names, point.label_weights)
    full = LatentPoint(
        seed=point.seed,
        label_weights={name: float(w) for name, w in zip(names, weights, strict=True)},
        truncation=point.truncation,
        noise=point.noise,
        offsets=point.offsets,
    )
    recipe = Recipe(
        kind="generated",
        model=_recipe_model(loaded),
        point=recipe_point(full),
        software=_software(loaded),
    )
    return Provenance(
        kind=SyntheticKind.GENERATED,
        model_name=loaded.package.title,
        package_id=loaded.package.id,
        weights_sha256=loaded.package.weights_sha256,
        recipe_json=recipe.to_json(),
        summary=f"seed {point.seed} · psi {point.truncation:.2f}",
    )


def translated_provenance(loaded: LoadedNetwork, source: RecipeSource) -> Provenance:
    """Return the provenance, with its recipe, of a translated image."""
    recipe = Recipe(
        kind="translated",
        model=_recipe_model(loaded),
        source=source,
        software=_software(loaded),
    )
    wanted = loaded.manifest.source
    return Provenance(
        kind=SyntheticKind.TRANSLATED,
        model_name=loaded.package.title,
        package_id=loaded.package.id,
        weights_sha256=loaded.package.weights_sha256,
        recipe_json=recipe.to_json(),
        summary=f"translated from {wanted.contrast}" if wanted else "translated",
        source_uids=source.sop_instance_uids,
        source_frames=source.frame_numbers,
        own_source=source.own_index,
    )


def _recipe_model(loaded: LoadedNetwork) -> RecipeModel:
    manifest = loaded.manifest
    directions = manifest.directions_file
    return RecipeModel(
        id=manifest.id,
        version=manifest.version,
        weights_sha256=manifest.weights.sha256,
        directions_sha256=directions.sha256 if directions else "",
    )


def _software(loaded: LoadedNetwork) -> RecipeSoftware:
    return RecipeSoftware(
        program=PROGRAM,
        torch=torch.__version__,
        device=loaded.device.type,
        precision=loaded.precision,
    )
