"""TagLines: the lines of the tag browser as a tree that answers at once, and the search in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from medgan_viewer.dicom.tag_comparison import Mark, TagPair
from medgan_viewer.dicom.tags import TagRow

HIDDEN = "hidden"


@dataclass(frozen=True, eq=False)
class TagLines:
    """Lines in reading order; made off the window's thread, as large files have thousands.

    Attributes
    ----------
    parents : place of each line's parent; -1 for the file's own elements
    children : places of what each line holds; the last entry is for the file itself
    places_in_parent : how many siblings stand before each line
    paths : keys from the file down to the line, the same in another file for the same element
    """

    pairs: tuple[TagPair, ...]
    parents: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    places_in_parent: tuple[int, ...]
    paths: tuple[str, ...]

    @cached_property
    def difference_count(self) -> int:
        """How many elements differ, sequences and items not counted."""
        marks = (Mark.DIFFERS, Mark.LEFT_ONLY, Mark.RIGHT_ONLY)
        return sum(pair.mark in marks and not self.children[i] for i, pair in enumerate(self.pairs))

    @cached_property
    def place_of(self) -> dict[str, int]:
        return {path: place for place, path in enumerate(self.paths)}


def arrange(pairs: Sequence[TagPair]) -> TagLines:
    """Return the lines as a tree."""
    parents: list[int] = []
    children: list[list[int]] = [[] for _ in range(len(pairs) + 1)]
    places: list[int] = []
    paths: list[str] = []
    above: list[int] = []  # place of the last line at each depth
    for place, pair in enumerate(pairs):
        depth = min(pair.row.depth, len(above))
        del above[depth:]
        parent = above[-1] if above else -1
        above.append(place)
        parents.append(parent)
        places.append(len(children[parent]))
        children[parent].append(place)
        paths.append(f"{paths[parent]}/{pair.row.key}" if parent >= 0 else pair.row.key)
    return TagLines(
        tuple(pairs), tuple(parents), tuple(map(tuple, children)), tuple(places), tuple(paths)
    )


def value_text(row: TagRow | None, *, hide_identity: bool) -> str:
    """Return what stands in a value column."""
    if row is None:
        return ""
    return HIDDEN if hide_identity and row.may_identify else row.value


def select(
    pairs: Sequence[TagPair], text: str, *, only_differences: bool, hide_identity: bool
) -> tuple[TagPair, ...]:
    """Return the lines that hold all words of `text`, and the sequences in which they stand.

    Hidden values are not searched: a search that finds a name tells it.
    """
    words = text.lower().split()
    if not words and not only_differences:
        return tuple(pairs)
    kept: list[TagPair] = []
    waiting: list[TagPair] = []  # parents of the line, not kept yet
    found_depth: int | None = None  # of a sequence that was found: what it holds belongs to it
    for pair in pairs:
        depth = pair.row.depth
        while waiting and waiting[-1].row.depth >= depth:
            waiting.pop()
        if found_depth is not None and depth <= found_depth:
            found_depth = None
        is_found = found_depth is not None or _holds(pair, words, hide_identity)
        if is_found and (pair.mark is not Mark.SAME or not only_differences):
            kept += waiting
            waiting.clear()
            kept.append(pair)
            if found_depth is None and words:
                found_depth = depth
        else:
            waiting.append(pair)
    return tuple(kept)


def _holds(pair: TagPair, words: Sequence[str], hide_identity: bool) -> bool:
    if not words:
        return True
    row = pair.row
    values = (value_text(one, hide_identity=hide_identity) for one in (pair.left, pair.right))
    text = f"{row.tag} {row.tag[1:5]}{row.tag[6:10]} {row.name} {row.vr} {' '.join(values)}".lower()
    return all(word in text for word in words)
