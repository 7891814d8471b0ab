"""Measurements to files: a structured report for each study, presentation states for its series."""

from collections.abc import Callable, Sequence
from pathlib import Path

from medgan_viewer.errors import InputError
from medgan_viewer.export.annotated_image import AnnotatedImage
from medgan_viewer.export.measurement_report import write_report
from medgan_viewer.export.presentation_state import (
    has_presentation,
    presentation_key,
    write_presentation,
)
from medgan_viewer.export.target import check_target, make_folder

_Writer = Callable[[Sequence[AnnotatedImage], Path], None]


def write_measurements(
    images: Sequence[AnnotatedImage], folder: Path, source_paths: Sequence[Path] = ()
) -> tuple[Path, ...]:
    """Write reports (sr-1.dcm, ...) and presentation states (pr-1.dcm, ...) into a folder.

    Acquired and synthetic images never share a file.

    Parameters
    ----------
    folder : made when missing; nothing in it is replaced
    source_paths : opened files and folders, into which nothing is written

    Raises
    ------
    InputError
        There is nothing to write, or `folder` may not be written.
    """
    if not images:
        raise InputError(
            problem="There are no measurements on images of files.",
            action="Measure on an image of a study; a synthetic one is exported first.",
        )
    plans = [
        *_planned(images, folder / "sr", write_report, lambda image: image.study_key),
        *_planned(images, folder / "pr", write_presentation, _presentation_key),
    ]
    for path, _, _ in plans:
        check_target(path, overwrite=False, source_paths=source_paths)
    make_folder(folder)
    for path, write, members in plans:
        write(members, path)
    return tuple(path for path, _, _ in plans)


def _presentation_key(image: AnnotatedImage) -> tuple[object, ...] | None:
    if not has_presentation(image):
        return None
    return (*image.study_key, *presentation_key(image))


def _planned(
    images: Sequence[AnnotatedImage],
    stem: Path,
    write: _Writer,
    key_of: Callable[[AnnotatedImage], object],
) -> list[tuple[Path, _Writer, list[AnnotatedImage]]]:
    """Return a file for each group of images of one key; those with the key None are left out."""
    groups: dict[object, list[AnnotatedImage]] = {}
    for image in images:
        key = key_of(image)
        if key is not None:
            groups.setdefault(key, []).append(image)
    return [
        (stem.with_name(f"{stem.name}-{number}.dcm"), write, members)
        for number, members in enumerate(groups.values(), start=1)
    ]
