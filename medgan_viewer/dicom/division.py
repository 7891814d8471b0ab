"""Divides the frames of a series into groups that can be shown as one stack each.

A series is not a volume: scouts, echoes, b-values, time points and other sizes stand in it. Each
rule divides by one property; what the frames of a group share, no word mentions.
"""

import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from medgan_viewer.dicom.split_rules import ACQUISITION_RULE, RULES, TIME_RULES, Entry, Rule
from medgan_viewer.imaging.geometry import plane_name

_COSINE_TOLERANCE = 1e-3
_POSITION_STEP_MM = 0.01


@dataclass(frozen=True, slots=True)
class Group:
    """Frames that belong together so far.

    Attributes
    ----------
    keys : value of every rule applied, by which the group keeps its identity
    words : what tells this group from its neighbours, for people
    """

    entries: tuple[Entry, ...]
    keys: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def divide(group: Group) -> list[Group]:
    """Apply all rules; every entry of `group` is in exactly one of the results."""
    groups = [group]
    for rule in RULES:
        groups = [part for whole in groups for part in _divide_by(rule, whole)]
    groups = [part for whole in groups for part in _divide_by_orientation(whole)]
    groups = [part for whole in groups for part in _divide_by_time(whole)]
    return [part for whole in groups for part in _divide_by_acquisition(whole)]


def position_step(entry: Entry) -> int | None:
    """Return the position along the normal in hundredths of a millimetre."""
    plane = entry.facts.plane
    return None if plane is None else round(plane.distance_mm / _POSITION_STEP_MM)


def _divide_by(rule: Rule, group: Group) -> list[Group]:
    modality = group.entries[0].header.series.modality
    if rule.modalities and modality not in rule.modalities:
        return [group]
    parts: dict[Hashable, list[Entry]] = {}
    for entry in group.entries:
        parts.setdefault(rule.key(entry), []).append(entry)
    if rule.is_parameter and len(parts) > max(len(group.entries) / 2, 1):
        return [group]
    return _parts(group, {str(key): entries for key, entries in parts.items()}, rule.word)


def _divide_by_orientation(group: Group) -> list[Group]:
    """Divide by direction of rows and columns, equal within a tolerance."""
    clusters: list[tuple[tuple[float, ...] | None, list[Entry]]] = []
    for entry in group.entries:
        cosines = _cosines(entry)
        for known, entries in clusters:
            if _is_same_direction(cosines, known):
                entries.append(entry)
                break
        else:
            clusters.append((cosines, [entry]))
    parts = {}
    for index, (cosines, entries) in enumerate(clusters):
        rounded = tuple(round(value, 2) for value in cosines or ())
        key = str(rounded)
        parts[key if key not in parts else f"{key} {index}"] = entries
    return _parts(group, parts, _plane_word)


def _divide_by_time(group: Group) -> list[Group]:
    """Divide frames that repeat their positions, if one property tells the repetitions apart."""
    positions = [position_step(entry) for entry in group.entries]
    distinct = len(set(positions))
    if None in positions or distinct == 1 or distinct == len(positions):
        return [group]
    for rule in TIME_RULES:
        parts = _divide_by(rule, group)
        if len(parts) > 1 and not any(_repeats_positions(part) for part in parts):
            return parts
    return [group]


def _repeats_positions(group: Group) -> bool:
    return len({position_step(entry) for entry in group.entries}) < len(group.entries)


def _divide_by_acquisition(group: Group) -> list[Group]:
    """Divide acquisitions that interleave; those that follow each other in space stay one stack.

    The beds of a PET scan and the blocks of an incremental CT follow each other.
    """
    parts = _divide_by(ACQUISITION_RULE, group)
    ranges = []
    for part in parts:
        steps = [step for entry in part.entries if (step := position_step(entry)) is not None]
        ranges.append((min(steps, default=0), max(steps, default=0)))
    ranges.sort()
    interleaves = any(after[0] < before[1] for before, after in itertools.pairwise(ranges))
    return parts if interleaves else [group]


def _parts(
    group: Group, parts: dict[str, list[Entry]], word: Callable[[Entry], str]
) -> list[Group]:
    return [
        Group(
            entries=tuple(entries),
            keys=(*group.keys, key),
            words=(*group.words, word(entries[0])) if len(parts) > 1 else group.words,
        )
        for key, entries in parts.items()
    ]


def _cosines(entry: Entry) -> tuple[float, ...] | None:
    plane = entry.facts.plane
    return None if plane is None else (*plane.row_direction, *plane.column_direction)


def _is_same_direction(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(abs(a - b) <= _COSINE_TOLERANCE for a, b in zip(one, other, strict=True))


def _plane_word(entry: Entry) -> str:
    plane = entry.facts.plane
    return "no position" if plane is None else plane_name(plane)
