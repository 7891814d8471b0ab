"""Who is held out of training: by patient or by blocks of neighbours, never image by image."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from medgan_viewer.errors import InputError

Parts = npt.NDArray[np.int8]  # a value of Part for each image


class Part(IntEnum):
    """What an image is used for."""

    TRAIN = 0
    HELD_OUT = 1
    DROPPED = 2


def is_held_out(patient: str, percent: int) -> bool:
    """Say whether a patient belongs to the held-out `percent`; the same on every machine."""
    return _hash_of(patient) % 100 < percent


def split_by_patient(
    patients: Sequence[str], percent: int, names: Sequence[str] = (), unused: Sequence[str] = ()
) -> tuple[Parts, tuple[str, ...]]:
    """Hold patients out, by the beginnings of their names or, without `names`, by their hash.

    Parameters
    ----------
    patients : (n,) of each image or study
    unused : patients that are known, though nothing of theirs was read; `names` may name them

    Returns
    -------
    parts : (n,) a value of Part for each image
    notes : what the user should know; no patient is named

    Raises
    ------
    InputError
        There are fewer than two patients, a name fits nobody, or nobody is left to train on.
    """
    people = sorted(set(patients))
    if len(people) < 2:
        raise InputError(
            f"The data are of {len(people)} patient{'' if len(people) == 1 else 's'}, and "
            "training needs two at least, because one is held out.",
            "Add data of other patients, or check where the patients' names are read from.",
        )
    if names:
        held_out, note = _named(people, names, unused), ""
    else:
        held_out, note = _hashed(people, percent)
    if not held_out:
        raise InputError(
            "None of the patients named in held_out has an image that is read.",
            "Name others in the configuration, so that the model can be measured.",
        )
    if len(held_out) == len(people):
        raise InputError(
            "All patients are held out, so none is left to train on.",
            "Shorten the list held_out in the configuration.",
        )
    parts = [Part.HELD_OUT if patient in held_out else Part.TRAIN for patient in patients]
    return np.array(parts, np.int8), (note,) if note else ()


def split_by_blocks(
    order: npt.NDArray[np.int64], *, block: int, gap: int, every: int, first: int
) -> Parts:
    """Hold out one of `every` blocks of `block` consecutive numbers.

    Parameters
    ----------
    order : (n,) place of each image; neighbours may be one patient
    gap : images at most so far from a held-out block are dropped from both parts
    first : number of the first held-out block, counted from 0

    Raises
    ------
    InputError
        One of the parts would be empty.
    """
    held_out = block_numbers(order, block) % every == first
    parts = np.where(held_out, Part.HELD_OUT, Part.TRAIN).astype(np.int8)
    parts[~held_out & (_distance(order, order[held_out]) <= gap)] = Part.DROPPED
    for part in (Part.TRAIN, Part.HELD_OUT):
        if not (parts == part).any():
            empty = "to train on" if part is Part.TRAIN else "in the held-out part"
            raise InputError(
                f"The split by blocks leaves no image {empty}.",
                "Set other values for block, every and first under [data.blocks].",
            )
    return parts


def block_numbers(order: npt.NDArray[np.int64], block: int) -> npt.NDArray[np.int64]:
    """Return (n,) the number of the block that each image lies in."""
    return order // block


def block_name(number: int) -> str:
    """Return the name by which a block stands for a patient."""
    return f"block {number}"


def block_of(patient: str) -> int | None:
    """Return the number of the block that stands for a patient; None for other patients."""
    found = re.fullmatch(r"block (\d{1,15})", patient, re.ASCII)
    return int(found.group(1)) if found else None


def begins_with_any(names: Iterable[str], beginnings: Sequence[str]) -> bool:
    """Say whether one of the names begins with one of `beginnings`."""
    return any(name.startswith(tuple(beginnings)) for name in names)


def is_left_out(patient: str, file: str, beginnings: Sequence[str]) -> bool:
    """Say whether a patient, a file's name, or with a slash its path, begins like one of these.

    Parameters
    ----------
    file : relative to the folder of the data, with forward slashes
    """
    names = tuple(text for text in beginnings if "/" not in text)
    paths = tuple(text for text in beginnings if "/" in text)
    own = filter(None, (patient, file.rsplit("/", maxsplit=1)[-1]))
    return begins_with_any(own, names) or file.startswith(paths)


def person_of(stem: str) -> str:
    """Return the person of a prepared study: its name without the number of the study."""
    return re.sub(r"_(s\d+|mni)$", "", stem)


def _distance(
    places: npt.NDArray[np.int64], others: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return (n,) how far each place is from the nearest of the others; far when there are none."""
    far = np.iinfo(np.int64).max // 4
    others = np.concatenate([[-far], np.sort(others), [far]])
    after = np.searchsorted(others, places)
    nearest: npt.NDArray[np.int64] = np.minimum(others[after] - places, places - others[after - 1])
    return nearest


def _named(people: Sequence[str], names: Sequence[str], unused: Sequence[str]) -> set[str]:
    for name in names:
        if not begins_with_any((*people, *unused), (name,)):
            raise InputError(
                f'held_out names "{name}", but no patient\'s name begins like that.',
                "Correct the name, or the list would train on who should be held out.",
            )
    return {person for person in people if begins_with_any((person,), names)}


def _hashed(people: Sequence[str], percent: int) -> tuple[set[str], str]:
    held_out = {person for person in people if is_held_out(person, percent)}
    if held_out and len(held_out) < len(people):
        return held_out, ""
    by_hash = sorted(people, key=lambda person: (_hash_of(person) % 100, person))
    chosen = by_hash[:-1] if held_out else by_hash[:1]
    return set(chosen), (
        f"The hash holds {'all' if held_out else 'none'} of {len(people)} patients out, too few "
        f"for {percent} %; {len(chosen)} with the lowest hash are held out instead."
    )


def _hash_of(patient: str) -> int:
    digest = hashlib.sha256(f"medgan-viewer split {patient}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
