"""compare_tags: the elements of two files side by side, differences marked.

Elements are matched by tag, private ones by creator, items of a sequence by number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from medgan_viewer.dicom.tags import TagRow


class Mark(Enum):
    """What a line of two files says about them."""

    SAME = "same"
    DIFFERS = "differs"
    LEFT_ONLY = "only in the first"
    RIGHT_ONLY = "only in the second"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True)
class TagPair:
    """One line of the browser: an element of one file, or the same element of two.

    Attributes
    ----------
    left, right : one of them may be missing
    mark : of a sequence or item, also what stands inside
    """

    left: TagRow | None
    right: TagRow | None
    mark: Mark = Mark.SAME

    @property
    def row(self) -> TagRow:
        """The element, from whichever file has it."""
        row = self.left or self.right
        assert row is not None
        return row

    @property
    def may_identify(self) -> bool:
        return any(row is not None and row.may_identify for row in (self.left, self.right))


def single(rows: Sequence[TagRow]) -> tuple[TagPair, ...]:
    """Return the lines of one file."""
    return tuple(TagPair(row, None) for row in rows)


def compare_tags(left: Sequence[TagRow], right: Sequence[TagRow]) -> tuple[TagPair, ...]:
    """Return the lines of two files in the order of the tags, parents before what they hold."""
    pairs: list[TagPair] = []
    _merge(left, range(len(left)), right, range(len(right)), pairs)
    return tuple(pairs)


def _merge(
    left: Sequence[TagRow],
    left_part: range,
    right: Sequence[TagRow],
    right_part: range,
    pairs: list[TagPair],
) -> bool:
    """Append the lines of two parts of the files; return whether all of them are the same."""
    mine, theirs = _siblings(left, left_part), _siblings(right, right_part)
    all_same = True
    for key in sorted(
        mine.keys() | theirs.keys(), key=lambda key: _order(left, mine, right, theirs, key)
    ):
        place = len(pairs)
        here, there = mine.get(key), theirs.get(key)
        one = left[here[0]] if here is not None else None
        other = right[there[0]] if there is not None else None
        pairs.append(TagPair(one, other, _mark_of(one, other)))
        inside_left = range(here[0] + 1, here[1]) if here is not None else range(0)
        inside_right = range(there[0] + 1, there[1]) if there is not None else range(0)
        is_same_inside = _merge(left, inside_left, right, inside_right, pairs)
        if not is_same_inside and pairs[place].mark is Mark.SAME:
            pairs[place] = replace(pairs[place], mark=Mark.DIFFERS)
        all_same = all_same and pairs[place].mark in (Mark.SAME, Mark.NOT_COMPARED)
    return all_same


def _siblings(rows: Sequence[TagRow], part: range) -> dict[str, tuple[int, int]]:
    """Return (start, end) of every row of the part's first depth, with all it holds, by key."""
    if not part:
        return {}
    starts = [i for i in part if rows[i].depth == rows[part.start].depth]
    found: dict[str, tuple[int, int]] = {}
    for start, end in zip(starts, [*starts[1:], part.stop], strict=True):
        key = rows[start].key
        while key in found:  # two blocks of one creator
            key += "'"
        found[key] = (start, end)
    return found


def _order(
    left: Sequence[TagRow],
    mine: dict[str, tuple[int, int]],
    right: Sequence[TagRow],
    theirs: dict[str, tuple[int, int]],
    key: str,
) -> tuple[str, int, str]:
    row = left[mine[key][0]] if key in mine else right[theirs[key][0]]
    if row.tag:
        return (row.tag, 0, key)
    number = int(key[1:].rstrip("'")) if key.startswith("#") else 1 << 31
    return ("~", number, key)  # items by number; remarks last


def _mark_of(left: TagRow | None, right: TagRow | None) -> Mark:
    if right is None:
        return Mark.LEFT_ONLY
    if left is None:
        return Mark.RIGHT_ONLY
    if (left.vr, left.value, left.digest) != (right.vr, right.value, right.digest):
        return Mark.DIFFERS
    return Mark.SAME if left.is_compared and right.is_compared else Mark.NOT_COMPARED
