"""Whose a file is, as its name and its folders tell when there is no label table."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

_BIDS = re.compile(r"sub-[A-Za-z0-9]+(?=_|$)")
_SESSION = re.compile(r"_(?:ses|run)(?![a-z])")
_WORD = re.compile(r"[^_\-. ]+")
# Folders and words that tell what an image is or what it is used for, and never whose it is.
_NO_PERSON = re.compile(
    r"t[12](w|c|ce|gd)?|flair|pd|dwi|adc|swi|bold|anat|func|ct|mri?|pet|axial|coronal|sagittal"
    r"|images?|scans?|volumes?|data|train(ing)?|test(ing)?|val(idation)?",
    re.IGNORECASE,
)


def persons_of(paths: Sequence[str]) -> list[str]:
    """Return the person of each file, so that no person is likely to have two names.

    What BIDS says in a file's name comes first; then the first folder, where there are several
    (but for words such as "T1" or "train"); then the file's name up to its first number.

    Parameters
    ----------
    paths : relative, with forward slashes, without a folder that is a label
    """
    folders = [_folder_of(path) for path in paths]
    has_folders = len(set(folders) - {""}) > 1
    persons = []
    for path, folder in zip(paths, folders, strict=True):
        is_folder = folder and has_folders and not _BIDS.match(_stem(path))
        persons.append(folder if is_folder else subject_of(_stem(path)))
    return persons


def are_named(paths: Sequence[str]) -> bool:
    """Say whether the names of all files tell the subject as BIDS does ("sub-01_T1w")."""
    return all(_BIDS.match(_stem(path)) for path in paths)


def subject_of(stem: str) -> str:
    """Return the person that a file's name tells.

    "sub-01_ses-02_T1w" is of "sub-01", "p7_run2" of "p7", "person1_bacteria_2" of "person1",
    "IM-0129-0001" of "IM-0129"; names without a number stand for themselves.
    """
    if found := _BIDS.match(stem):
        return found.group()
    words = _SESSION.split(stem, maxsplit=1)[0] or stem
    begin = 0
    for word in _WORD.finditer(words):
        if _NO_PERSON.fullmatch(word.group()):
            # What leads is dropped: "t1_p7" and "t2_p7" are of one person.
            begin = word.end() + 1 if not words[begin : word.start()] else begin
        elif any(character.isdigit() for character in word.group()):
            return words[begin : word.end()]
    return words[begin:] or words


def _folder_of(path: str) -> str:
    """Return the outermost folder that can be a person; empty when there is none."""
    folders = PurePosixPath(path).parts[:-1]
    return next((name for name in folders if not _NO_PERSON.fullmatch(name)), "")


def _stem(path: str) -> str:
    return PurePosixPath(path).name.split(".", maxsplit=1)[0]
