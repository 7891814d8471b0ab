"""How a whole series is translated with one intensity mapping.

A stack in the plane that the translator knows goes plane by plane. Any other regular stack is
sampled on the translator's own grid, translated there, and sampled back on the planes of the
source, so that both can be scrolled and compared plane by plane.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

from medgan_viewer.errors import InputError, PackageError
from medgan_viewer.generators.manifest import SourceSpec
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.geometry import PlaneGeometry, plane_name
from medgan_viewer.imaging.model_space import IntensityLimits
from medgan_viewer.inference.engine import Engine
from medgan_viewer.inference.guard import check_frame
from medgan_viewer.inference.jobs import ShouldStop
from medgan_viewer.inference.loaded import LoadedNetwork
from medgan_viewer.inference.output import frame_of_output, translated_provenance
from medgan_viewer.inference.planes import fit_plane, from_model_grid
from medgan_viewer.inference.series_job import Focus, SourceSeries, TranslatedPlane
from medgan_viewer.inference.translation import (
    intensity_mapping,
    model_grid,
    source_spec,
    translate_frame,
    translate_upright,
)
from medgan_viewer.inference.volume_grid import (
    GridSpec,
    SampledVolume,
    plane_affine,
    reduce_to_spacing,
    sample_plane,
    standard_grid,
)
from medgan_viewer.latent.recipe import RecipeSource

THROUGH_VOLUME = ", through the volume"  # ends the plane of such a recipe


def series_limits(spec: SourceSpec, frames: Sequence[PixelFrame]) -> IntensityLimits:
    """Return the intensities of a series from some of its frames, padding left out.

    Raises
    ------
    InputError
        The frames have no contrast.
    """
    parts = []
    for frame in frames:
        values = frame.modality_values()
        mask = frame.padding_mask()
        parts.append(values[~mask] if mask is not None else values.ravel())
    try:
        return intensity_mapping(spec).limits_of(np.concatenate(parts))
    except ValueError as error:
        raise InputError(
            problem=f"The intensities of the series cannot be mapped: {error}.",
            action="Choose another series.",
        ) from error


def lies_in_plane(planes: Sequence[PlaneGeometry | None], spec: SourceSpec) -> bool:
    """Say whether a stack can be translated plane by plane."""
    if spec.plane == "any":
        return True
    return all(plane is not None and plane_name(plane) == spec.plane for plane in planes)


class TranslationWork(Protocol):
    """What a SeriesJob does once the intensities of the series are known.

    Attributes
    ----------
    total : number of steps; may grow while the work goes on
    """

    total: int

    def step(
        self, engine: Engine, index: int, should_stop: ShouldStop
    ) -> TranslatedPlane | None: ...


def plan_translation(
    package: ModelPackage, source: SourceSeries, limits: IntensityLimits, focus: Focus
) -> TranslationWork:
    """Return the way in which a series is translated."""
    spec = package.manifest.source
    assert spec is not None
    if lies_in_plane(source.planes, spec):
        return _Planewise(package, source, limits, focus)
    if package.manifest.output.channels != 1:
        raise PackageError(
            problem=f"{package.title} gives color images, which are translated {spec.plane} only.",
            action=f"Choose a series of {spec.plane} planes.",
        )
    return _ThroughVolume(package, source, limits)


class _Planewise:
    """Each plane by itself, the wanted one and its neighbours first."""

    def __init__(
        self,
        package: ModelPackage,
        source: SourceSeries,
        limits: IntensityLimits,
        focus: Focus,
    ) -> None:
        self._focus = focus
        self._package = package
        self._source = source
        self._limits = limits
        self._left = set(range(len(source.planes)))
        self.total = len(source.planes)

    def step(self, engine: Engine, index: int, should_stop: ShouldStop) -> TranslatedPlane:
        focus = self._focus.index
        chosen = min(self._left, key=lambda candidate: abs(candidate - focus))
        source = self._source.read(chosen)
        check_frame(self._package, source)

        def attempt(loaded: LoadedNetwork, _: float) -> PixelFrame:
            output = translate_frame(loaded, source, self._limits, should_stop)
            recipe = RecipeSource(
                sop_instance_uids=(self._source.uids[chosen],),
                frame_numbers=tuple(self._source.frame_numbers[chosen : chosen + 1]),
                low=self._limits.low,
                high=self._limits.high,
                plane=source_spec(loaded).plane,
            )
            return frame_of_output(
                output.numpy(),
                loaded.manifest.output,
                translated_provenance(loaded, recipe),
                geometry=source.geometry,
                spacing=source.spacing,
            )

        frame, fallback = engine.with_fallback(self._package, attempt)
        self._left.discard(chosen)
        return TranslatedPlane(chosen, frame, fallback)


class _ThroughVolume:
    """Read all planes, translate the network's own planes, sample them back on the source's."""

    def __init__(
        self, package: ModelPackage, source: SourceSeries, limits: IntensityLimits
    ) -> None:
        assert package.manifest.source is not None
        self._package = package
        self._spec = package.manifest.source
        self._source = source
        self._limits = limits
        self._frames: list[PixelFrame] = []
        self._volume: SampledVolume | None = None
        self._grid: GridSpec | None = None
        self._translated = torch.empty(0)
        self._fallback = ""
        self._planes = len(source.planes)
        self.total = 2 * self._planes + 1  # grows by the network's planes once these are known

    def step(self, engine: Engine, index: int, should_stop: ShouldStop) -> TranslatedPlane | None:
        if index < self._planes:
            frame = self._source.read(index)
            check_frame(self._package, frame)
            self._frames.append(frame)
            return None
        if self._grid is None:
            self._prepare()
            return None
        index -= self._planes + 1
        if index < self._grid.slices:
            _, fallback = engine.with_fallback(
                self._package, lambda loaded, _: self._translate(loaded, index, should_stop)
            )
            self._fallback = fallback or self._fallback
            return None
        back = index - self._grid.slices
        frame, _ = engine.with_fallback(
            self._package, lambda loaded, _: self._bring_back(loaded, back)
        )
        return TranslatedPlane(back, frame, self._fallback)

    def _prepare(self) -> None:
        volume = self._source.build_volume(self._frames)
        # Background becomes 0 and the brightest 2, so that zeros beyond the edge are background.
        values = self._limits.to_model(volume.modality_values()) + 1
        if volume.padding is not None:
            values[volume.padding.mask(volume.values)] = 0
        sampled = SampledVolume(torch.from_numpy(values), np.asarray(volume.affine, np.float64))
        self._volume = reduce_to_spacing(sampled, self._spec.spacing_mm)
        self._grid = standard_grid(self._volume, self._spec.plane, self._spec.spacing_mm)
        self._translated = torch.zeros(self._grid.slices, self._grid.rows, self._grid.columns)
        self.total = 2 * self._planes + 1 + self._grid.slices

    def _translate(self, loaded: LoadedNetwork, index: int, should_stop: ShouldStop) -> None:
        assert self._volume is not None
        assert self._grid is not None
        grid = self._grid
        upright = sample_plane(self._volume, grid.affine, grid.rows, grid.columns, index) - 1
        spacing = self._spec.spacing_mm
        fit = fit_plane(grid.rows, grid.columns, spacing, spacing, model_grid(loaded))
        output = translate_upright(loaded, upright[None, None], fit, should_stop)
        plane = from_model_grid(output, fit, grid.rows, grid.columns)[0, 0]
        self._translated[index] = plane.clamp(-1, 1) + 1

    def _bring_back(self, loaded: LoadedNetwork, index: int) -> PixelFrame:
        source = self._frames[index]
        assert self._grid is not None
        assert source.geometry is not None
        volume = SampledVolume(self._translated, self._grid.affine)
        affine = plane_affine(source.geometry)
        plane = sample_plane(volume, affine, source.rows, source.columns) - 1
        recipe = RecipeSource(
            sop_instance_uids=tuple(self._source.uids),
            frame_numbers=tuple(self._source.frame_numbers),
            own_index=index,
            low=self._limits.low,
            high=self._limits.high,
            plane=f"{self._spec.plane}{THROUGH_VOLUME}",
        )
        return frame_of_output(
            plane.numpy()[np.newaxis],
            loaded.manifest.output,
            translated_provenance(loaded, recipe),
            geometry=source.geometry,
            spacing=source.spacing,
        )
