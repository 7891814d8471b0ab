"""From a source image to the output of a translator, on the grid of the source."""

import torch
from torch import Tensor

from medgan_viewer.errors import InputError
from medgan_viewer.generators.manifest import SourceSpec
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.model_space import IntensityLimits, IntensityMapping, IntensityRule
from medgan_viewer.inference.abort import StopBetweenLayers
from medgan_viewer.inference.jobs import ShouldStop
from medgan_viewer.inference.loaded import LoadedNetwork, run_translator, wrong_task
from medgan_viewer.inference.planes import (
    Fit,
    ModelGrid,
    fit_plane,
    from_model_grid,
    to_model_grid,
    turn_to_standard,
)

# What the training took for content, and how much of it a plane needed to be used.
FOREGROUND = -0.8
MIN_FOREGROUND = 0.02


def source_spec(loaded: LoadedNetwork) -> SourceSpec:
    """Return what the translator takes; PackageError when the network is not a translator."""
    if loaded.manifest.source is None:
        raise wrong_task(loaded, "makes images from sliders, not from a source image")
    return loaded.manifest.source


def intensity_mapping(spec: SourceSpec) -> IntensityMapping:
    """Return the mapping that a manifest states."""
    intensity = spec.intensity
    return IntensityMapping(IntensityRule(intensity.rule), intensity.low, intensity.high)


def model_grid(loaded: LoadedNetwork) -> ModelGrid:
    """Return pixel size and side multiple of a translator."""
    multiple = int(getattr(loaded.network, "side_multiple", 1))
    return ModelGrid(source_spec(loaded).spacing_mm, multiple)


def translate_frame(
    loaded: LoadedNetwork, source: PixelFrame, limits: IntensityLimits, should_stop: ShouldStop
) -> Tensor:
    """Translate one plane; (channels, rows, columns) in [-1, 1] on the source's grid comes back.

    Raises
    ------
    InputError
        The source has color, or does not say how large its pixels are.
    """
    spec = source_spec(loaded)
    if source.is_color:
        raise InputError(
            problem="The source image is a color image.",
            action=f"Choose a {spec.contrast} {spec.modality} series.",
        )
    spacing = source.spacing
    if spacing is None:
        raise InputError(
            problem="The source image does not say how large its pixels are.",
            action=f"Choose a series with pixel spacing; the network expects {spec.spacing_mm} mm.",
        )
    turn = turn_to_standard(source.geometry, spec.plane)
    values = limits.to_model(source.modality_values())
    mask = source.padding_mask()
    if mask is not None:
        values[mask] = -1
    upright = turn.apply(torch.from_numpy(values))[None, None]
    rows, columns = int(upright.shape[-2]), int(upright.shape[-1])
    sides = (spacing.row_mm, spacing.column_mm)
    row_mm, column_mm = (sides[1], sides[0]) if turn.transpose else sides
    fit = fit_plane(rows, columns, row_mm, column_mm, model_grid(loaded))
    output = translate_upright(loaded, upright, fit, should_stop)
    return turn.undo(from_model_grid(output, fit, rows, columns)[0])


def translate_upright(
    loaded: LoadedNetwork, upright: Tensor, fit: Fit, should_stop: ShouldStop
) -> Tensor:
    """Run (1, 1, rows, columns) through the network; (1, channels, padded sides) comes back.

    A plane that is almost all background stays background: such planes were left out of the
    training, and normalisation would turn their noise into structure.
    """
    if float((upright > FOREGROUND).float().mean()) < MIN_FOREGROUND:
        channels = loaded.manifest.output.channels
        return torch.full((1, channels, *fit.padded), -1.0)
    with StopBetweenLayers(loaded.network, should_stop):
        prepared = to_model_grid(upright, fit).to(loaded.device)
        return run_translator(loaded.network, prepared, loaded.dtype).cpu()
