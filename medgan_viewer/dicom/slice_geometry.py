"""Is a stack of planes a regular volume? Gaps, duplicates, tilt and uneven steps, in plain words.

Planes come ordered along their normal and share orientation, size and spacing. Slices are counted
from 1 in the order shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from medgan_viewer.imaging.geometry import PlaneGeometry

Lengths = npt.NDArray[np.float64]
Verdict = Literal["regular", "gap", "duplicate", "tilt", "irregular", "none"]

_ABSOLUTE_TOLERANCE_MM = 0.01
_RELATIVE_TOLERANCE = 0.01
_NAMED = 5  # places a reason lists before it says "and so on"


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing slices: how many, after which slice (0-based index)."""

    after_index: int
    missing: int


@dataclass(frozen=True, slots=True)
class GeometryVerdict:
    """What may be done with a stack: a volume only from "regular", or from "gap" once filled.

    Attributes
    ----------
    verdict : the worst of what was found; "none" when planes are unknown or lie in one place
    reasons : sentences for people; empty for "regular"
    step_mm : distance of slices, gaps left out; None where there is none
    gaps : where slices are missing; only with the verdict "gap"
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    step_mm: float | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def is_regular(self) -> bool:
        return self.verdict == "regular"


def judge(planes: Sequence[PlaneGeometry | None]) -> GeometryVerdict:
    """Judge planes in order of display."""
    known = [plane for plane in planes if plane is not None]
    if len(known) < len(planes) or not known:
        return GeometryVerdict("none", ("The file does not say where the images lie.",))
    if len(known) == 1:
        return GeometryVerdict("none", ("One image makes no volume.",))
    if len({plane.frame_of_reference_uid for plane in known}) > 1:
        return GeometryVerdict(
            "none", ("The images do not share one frame of reference, so their places do not fit.",)
        )
    steps_mm, shifts_mm = _steps(known)
    is_duplicate = steps_mm <= _ABSOLUTE_TOLERANCE_MM
    if is_duplicate.all():
        return GeometryVerdict("none", (f"All {len(known)} images lie at one position.",))
    # The lower median: a gap may be every second step, and is the longer one.
    step_mm = float(np.quantile(steps_mm[~is_duplicate], 0.5, method="lower"))
    tolerance_mm = max(_ABSOLUTE_TOLERANCE_MM, _RELATIVE_TOLERANCE * step_mm)
    multiples = np.maximum(np.rint(steps_mm / step_mm), 1)
    is_uneven = np.abs(steps_mm / multiples - step_mm) > tolerance_mm
    is_uneven &= ~is_duplicate
    is_gap = (multiples > 1) & ~is_uneven

    reasons = []
    verdict: Verdict = "regular"
    gaps = tuple(Gap(int(i), int(multiples[i]) - 1) for i in np.flatnonzero(is_gap))
    if gaps:
        verdict = "gap"
        reasons.append(_gap_reason(gaps, step_mm))
    if is_uneven.any():
        verdict = "irregular"
        reasons.append(_uneven_reason(steps_mm, is_uneven, step_mm))
    tilt_mm = _tilt_mm(known, shifts_mm / multiples, tolerance_mm)
    if tilt_mm:
        verdict = "tilt"
        reasons.append(
            f"The stack is tilted: each slice is shifted by up to {tilt_mm:.2f} mm in its plane."
        )
    if is_duplicate.any():
        verdict = "duplicate"
        reasons.append(_duplicate_reason(np.flatnonzero(is_duplicate)))
    return GeometryVerdict(verdict, tuple(reasons), step_mm, gaps if verdict == "gap" else ())


def _steps(planes: Sequence[PlaneGeometry]) -> tuple[Lengths, Lengths]:
    """Return, for each pair of neighbours, the step along the normal and the shift across it."""
    positions = np.array([plane.position_mm for plane in planes])
    normal = planes[0].normal
    moves = np.diff(positions, axis=0)
    along = moves @ normal
    across = np.linalg.norm(moves - np.outer(along, normal), axis=1)
    return along, across


def _tilt_mm(planes: Sequence[PlaneGeometry], shifts_mm: Lengths, tolerance_mm: float) -> float:
    """Return the largest shift per slice, or 0 where it is no more than rounding.

    Positions are rounded in files, so a single shift counts from the tolerance on, while shifts
    that add up from the first to the last slice count from the absolute one.
    """
    _, total_mm = _steps([planes[0], planes[-1]])
    mean_mm = float(total_mm[0]) / len(shifts_mm)
    largest_mm = float(shifts_mm.max())
    is_tilted = largest_mm > tolerance_mm or mean_mm > _ABSOLUTE_TOLERANCE_MM
    return largest_mm if is_tilted else 0.0


def _gap_reason(gaps: Sequence[Gap], step_mm: float) -> str:
    places = _listed([f"{gap.after_index + 1} and {gap.after_index + 2}" for gap in gaps])
    missing = sum(gap.missing for gap in gaps)
    if missing == 1:
        wide_mm = 2 * step_mm
        return (
            f"One slice is missing between slices {places} "
            f"({wide_mm:.2f} mm instead of {step_mm:.2f} mm)."
        )
    return f"{missing} slices are missing, between slices {places}."


def _uneven_reason(steps_mm: Lengths, is_uneven: npt.NDArray[np.bool_], step_mm: float) -> str:
    first = int(np.flatnonzero(is_uneven)[0])
    return (
        f"The distance of slices is not even: {steps_mm.min():.2f} to {steps_mm.max():.2f} mm, "
        f"mostly {step_mm:.2f} mm; first between slices {first + 1} and {first + 2}."
    )


def _duplicate_reason(indices: npt.NDArray[np.intp]) -> str:
    places = _listed([f"{index + 1} and {index + 2}" for index in indices])
    return f"Several images lie at one position: slices {places}."


def _listed(places: list[str]) -> str:
    named = ", ".join(places[:_NAMED])
    return f"{named} and so on" if len(places) > _NAMED else named
