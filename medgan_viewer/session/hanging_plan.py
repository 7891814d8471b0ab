"""Hanging plan: which layout a study gets when it is opened, and what stands in each tile."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.session.grid import Layout

RADIOGRAPHS = ("CR", "DX", "RG", "XR")
FEW_FRAMES = 3  # a stack with fewer beside longer ones is a localizer, a screenshot, a map
MAX_CONTRASTS = 4
# The right breast hangs on the left, both face the middle.
MAMMOGRAM_VIEWS = ("R CC", "L CC", "R MLO", "L MLO")


@dataclass(frozen=True, slots=True)
class Place:
    """What one tile shows first; None as index is the middle of the stack."""

    display_set: DisplaySet
    index: int | None = None


@dataclass(frozen=True, slots=True)
class HangingPlan:
    """A layout and what goes into its tiles, in their order; None leaves one free."""

    layout: Layout
    places: tuple[Place | None, ...]


def hanging_key(display_sets: Sequence[DisplaySet]) -> str:
    """Name the kind of study, "CT CHEST": its usual modality and body part, as the files say."""
    modality = _usual([display_set.modality for display_set in display_sets])
    parts = [s.series.body_part for s in display_sets if s.modality == modality]
    return f"{modality} {_usual(parts)}".strip().upper()


def plan_hanging(
    display_sets: Sequence[DisplaySet], remembered: Mapping[str, Layout]
) -> HangingPlan | None:
    """Plan a study.

    Parameters
    ----------
    remembered : the layout that was last used for a kind of study, by `hanging_key`

    Returns
    -------
    None where there is no rule: the layout on screen stays
    """
    if not display_sets:
        return None
    modality = _usual([display_set.modality for display_set in display_sets])
    own = [s for s in display_sets if s.modality == modality]
    layout = remembered.get(hanging_key(display_sets))
    places: Sequence[Place | None]
    if modality == "MG":
        default, places = _mammogram(own)
    elif modality in RADIOGRAPHS:
        images = [Place(s, index) for s in own for index in range(len(s.frames))]
        default, places = Layout(1, min(len(images), 2)), images
    elif modality == "MR":
        stacks = _main_stacks(own)[:MAX_CONTRASTS]
        default, places = _square(len(stacks)), [Place(s) for s in stacks]
    elif modality == "CT":
        stacks = _main_stacks(own)
        default, places = Layout(1, min(len(stacks), 2)), [Place(s) for s in stacks]
    elif layout is None:
        return None
    else:
        default, places = layout, [Place(s) for s in display_sets]
    layout = layout or default
    filled: list[Place | None] = [*places, *[None] * layout.count]
    return HangingPlan(layout, tuple(filled[: layout.count]))


def _mammogram(display_sets: Sequence[DisplaySet]) -> tuple[Layout, list[Place | None]]:
    """Hang the four usual views; without them, or with others only, image beside image."""
    found: dict[str, Place] = {}
    images = []
    for display_set in display_sets:
        views = display_set.views or ("",) * len(display_set.frames)
        for index, view in enumerate(views):
            images.append(Place(display_set, index))
            found.setdefault(view, images[-1])
    known = [found.get(view) for view in MAMMOGRAM_VIEWS]
    if not any(known):
        return Layout(1, min(len(images), 2)), list(images)
    if not any(known[2:]):
        return Layout(1, 2), known[:2]
    if not any(known[:2]):
        return Layout(1, 2), known[2:]
    return Layout(2, 2), known


def _main_stacks(display_sets: Sequence[DisplaySet]) -> list[DisplaySet]:
    """Leave out localizers and maps, unless there is nothing else."""
    longest = max(len(display_set.frames) for display_set in display_sets)
    least = min(FEW_FRAMES, longest)
    return [s for s in display_sets if len(s.frames) >= least]


def _square(count: int) -> Layout:
    return Layout(1, count) if count <= 2 else Layout(2, 2)


def _usual(words: Sequence[str]) -> str:
    """Return the most frequent word, the first one of equals; empty ones count only alone."""
    counted = Counter(word for word in words if word)
    return counted.most_common(1)[0][0] if counted else ""
