"""build_volume: the frames of a display set as a Volume, or the reasons why not.

Bad geometry is refused, never straightened silently: SimpleITK's ImageSeriesReader turns a missing
slice into a wrong spacing and leaves a tilt skewed.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.slice_geometry import Gap
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.frame import PixelFrame, Provenance
from medgan_viewer.imaging.geometry import PlaneGeometry
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.regular_stack import resample_stack
from medgan_viewer.imaging.volume import Volume

MAX_MISSING_IN_A_ROW = 2
MAX_UNEVENNESS = 3.0  # longest step of a stack that is resampled, by the usual one
MAX_MISSING_FRACTION = 0.05  # of all slices, the missing ones included


def build_volume(
    display_set: DisplaySet, frames: Sequence[PixelFrame], *, fill_gaps: bool = False
) -> Volume:
    """Stack frames into a volume.

    Parameters
    ----------
    frames : those of `display_set`, in its order
    fill_gaps : interpolate missing slices linearly, if they are few; a note says which

    Raises
    ------
    InputError
        The geometry is not that of a volume, or the frames do not fit together.
    """
    if len(frames) != len(display_set.frames):
        raise ValueError(f"{len(frames)} frames for {len(display_set.frames)} slices")
    obstacle = volume_obstacle(display_set, fill_gaps=fill_gaps)
    if obstacle is not None:
        raise obstacle
    _require_equal_frames(display_set, frames)
    values, rescale = _stacked(frames)
    notes: tuple[str, ...] = ()
    gaps = display_set.geometry.gaps
    if gaps:
        values = _filled(values, gaps)
        notes = (_fill_note(gaps),)
    planes = [plane for plane in display_set.planes if plane is not None]
    keeps_stored = values.dtype.kind in "iu"
    return Volume(
        values=values,
        rescale=rescale,
        affine=_affine(planes[0], planes[-1], len(values)),
        modality=display_set.modality,
        frame_of_reference_uid=planes[0].frame_of_reference_uid,
        inverted=frames[0].inverted,
        padding=frames[0].padding if keeps_stored else None,
        provenance=_provenance(frames),
        notes=notes,
    )


def build_resampled_volume(display_set: DisplaySet, frames: Sequence[PixelFrame]) -> Volume:
    """Resample a tilted or unevenly spaced stack to a regular volume, which says so in its notes.

    Parameters
    ----------
    frames : those of `display_set`, in its order

    Raises
    ------
    InputError
        The stack cannot be resampled, or the frames do not fit together.
    """
    obstacle = resample_obstacle(display_set)
    if obstacle is not None:
        raise obstacle
    _require_equal_frames(display_set, frames)
    values, rescale = _stacked(frames)
    planes = [plane for plane in display_set.planes if plane is not None]
    step_mm = display_set.geometry.step_mm
    assert step_mm is not None
    padding = frames[0].padding if values.dtype.kind in "iu" else None
    stack = resample_stack(values, planes, step_mm, padding)
    kind = "tilted" if display_set.geometry.verdict == "tilt" else "unevenly spaced"
    return Volume(
        values=stack.values,
        rescale=rescale,
        affine=stack.affine,
        modality=display_set.modality,
        frame_of_reference_uid=planes[0].frame_of_reference_uid,
        inverted=frames[0].inverted,
        padding=stack.padding,
        provenance=_provenance(frames),
        notes=(f"RESAMPLED every {step_mm:.2f} mm from a stack that is {kind}",),
    )


def resample_obstacle(display_set: DisplaySet) -> InputError | None:
    """Return why a stack cannot be resampled to a regular volume; None if it can.

    Tilt and uneven steps can be put right; what is missing or doubled cannot.
    """
    geometry = display_set.geometry
    planes = [plane for plane in display_set.planes if plane is not None]
    problem = ""
    if geometry.verdict not in ("tilt", "irregular") or geometry.step_mm is None:
        problem = " ".join(geometry.reasons) or "The stack is regular as it is."
    else:
        places = [plane.distance_mm for plane in planes]
        longest_mm = float(np.max(np.diff(places)))
        if longest_mm > MAX_UNEVENNESS * geometry.step_mm:
            problem = (
                f"Between two slices lie {longest_mm:.2f} mm, elsewhere {geometry.step_mm:.2f} mm: "
                "slices are missing."
            )
    if not problem:
        return None
    return InputError(
        problem=f"{display_set.label} cannot be resampled. {problem}",
        action="View it slice by slice, or choose another series.",
    )


def volume_obstacle(display_set: DisplaySet, *, fill_gaps: bool = False) -> InputError | None:
    """Return why the geometry of a stack is not that of a volume; None if it is."""
    geometry = display_set.geometry
    if geometry.is_regular:
        return None
    if geometry.verdict == "gap" and fill_gaps:
        missing = sum(gap.missing for gap in geometry.gaps)
        slices = len(display_set.frames) + missing
        longest = max(gap.missing for gap in geometry.gaps)
        if longest <= MAX_MISSING_IN_A_ROW and missing <= MAX_MISSING_FRACTION * slices:
            return None
        return InputError(
            problem=f"Too many slices of {display_set.label} are missing to fill them in.",
            action="Ask for the complete series.",
            details=" ".join(geometry.reasons),
        )
    advice = "Fill in the missing slices" if geometry.verdict == "gap" else "View it slice by slice"
    return InputError(
        problem=f"{display_set.label} is no regular volume. {' '.join(geometry.reasons)}",
        action=f"{advice}, or choose another series.",
    )


def _provenance(frames: Sequence[PixelFrame]) -> Provenance | None:
    """Join the sources of all slices; a recipe is kept only where it is that of every slice."""
    found = [frame.provenance for frame in frames if frame.provenance is not None]
    if not found:
        return None
    planes = dict.fromkeys(plane for provenance in found for plane in provenance.source_planes)
    numbers = [number for _, number in planes]
    recipes = {provenance.recipe_json for provenance in found}
    return replace(
        found[0],
        recipe_json=found[0].recipe_json if len(recipes) == 1 else "",
        source_uids=tuple(uid for uid, _ in planes),
        source_frames=tuple(number or 1 for number in numbers) if any(numbers) else (),
        own_source=None,
    )


def _require_equal_frames(display_set: DisplaySet, frames: Sequence[PixelFrame]) -> None:
    first = frames[0]
    for number, frame in enumerate(frames, start=1):
        if frame.is_color:
            raise InputError(
                problem=f"Slice {number} of {display_set.label} is in color.",
                action="Choose a series of gray images.",
            )
        if frame.stored.shape != first.stored.shape or frame.inverted != first.inverted:
            raise InputError(
                problem=f"Slice {number} of {display_set.label} differs from the first in size "
                "or polarity.",
                action="Choose another series.",
            )


def _stacked(frames: Sequence[PixelFrame]) -> tuple[npt.NDArray[np.generic], Rescale]:
    """Keep stored values where one rescale and one padding hold for all, else take float32."""
    transform, padding = frames[0].transform, frames[0].padding
    is_shared = all(f.transform == transform and f.padding == padding for f in frames)
    dtype = np.result_type(*{frame.stored.dtype for frame in frames})
    if isinstance(transform, Rescale) and is_shared and dtype.kind in "iu":
        return np.stack([frame.stored for frame in frames], dtype=dtype, casting="safe"), transform
    unit = frames[0].transform.unit
    return np.stack([frame.modality_values() for frame in frames]), Rescale(unit=unit)


def _filled(values: npt.NDArray[np.generic], gaps: Sequence[Gap]) -> npt.NDArray[np.generic]:
    """Return all slices, missing ones interpolated between their neighbours."""
    parts = []
    start = 0
    for gap in gaps:
        before, after = values[gap.after_index], values[gap.after_index + 1]
        parts.append(values[start : gap.after_index + 1])
        weights = (np.arange(gap.missing) + 1) / (gap.missing + 1)
        between = before + weights[:, None, None] * (after.astype(np.float64) - before)
        if values.dtype.kind in "iu":
            between = np.rint(between)
        parts.append(between.astype(values.dtype))
        start = gap.after_index + 1
    return np.concatenate([*parts, values[start:]])


def _fill_note(gaps: Sequence[Gap]) -> str:
    """Name the interpolated slices, counted from 1 in the filled volume."""
    numbers: list[int] = []
    shift = 0
    for gap in gaps:
        first = gap.after_index + 2 + shift
        numbers.extend(range(first, first + gap.missing))
        shift += gap.missing
    listed = ", ".join(str(number) for number in numbers)
    return (
        f"interpolated: slice {listed}" if len(numbers) == 1 else f"interpolated: slices {listed}"
    )


def _affine(first: PlaneGeometry, last: PlaneGeometry, slices: int) -> npt.NDArray[np.float64]:
    """Return index (column, row, slice) to LPS mm; the step is the mean over the whole stack."""
    affine = np.eye(4)
    affine[:3, 0] = np.asarray(first.row_direction) * first.spacing.column_mm
    affine[:3, 1] = np.asarray(first.column_direction) * first.spacing.row_mm
    affine[:3, 2] = np.subtract(last.position_mm, first.position_mm) / (slices - 1)
    affine[:3, 3] = first.position_mm
    return affine
