"""From a [data] table to the two parts of a split: what trains, and what is held out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from medgan_viewer.datasets.collection import WholeSet
from medgan_viewer.datasets.config import BlockSplit, DataConfig
from medgan_viewer.datasets.dicom_folders import read_dicom
from medgan_viewer.datasets.nifti_files import read_volumes
from medgan_viewer.datasets.paired import read_paired
from medgan_viewer.datasets.parts import ImageSplit, PairedSplit, UnpairedSplit
from medgan_viewer.datasets.picture_files import read_pictures
from medgan_viewer.datasets.prepared import read_prepared, read_prepared_pairs
from medgan_viewer.datasets.splits import (
    Part,
    block_name,
    block_numbers,
    split_by_blocks,
    split_by_patient,
)
from medgan_viewer.datasets.unpaired import by_label, from_pairs
from medgan_viewer.errors import InputError

MIN_SIDE, MAX_SIDE = 8, 2048

_READERS: dict[str, Callable[[DataConfig, Path, int], WholeSet]] = {
    "images": read_pictures,
    "nifti": read_volumes,
    "dicom": read_dicom,
}


def read_split(config: DataConfig, side: int, relative_to: Path) -> ImageSplit:
    """Read labelled images at `side` x `side` pixels, split by patient or by blocks.

    Parameters
    ----------
    relative_to : the data folder, to which a relative `config.folder` belongs

    Raises
    ------
    InputError
        The data cannot be read or split; the text says which file and what to do.
    """
    if not MIN_SIDE <= side <= MAX_SIDE:
        raise InputError(
            f"Images of {side} pixels cannot be trained on.",
            f"Choose a side from {MIN_SIDE} to {MAX_SIDE}.",
        )
    path = config.path(relative_to)
    if config.kind == "prepared":
        return read_prepared(path, side)
    if config.kind == "paired":
        raise InputError(
            "Pairs of contrasts train a translator, not a generator.",
            'Choose a translator as the family, or data of another kind than "paired".',
        )
    whole = _READERS[config.kind](config, path, side)
    split = _by_blocks(whole, config.blocks) if config.blocks else _by_patient(whole, config)
    return ImageSplit(split.train, split.held_out, (*split.notes, *_label_notes(split)))


def read_paired_split(config: DataConfig, relative_to: Path) -> PairedSplit:
    """Read pairs of two contrasts, split by person.

    Raises
    ------
    InputError
        The data cannot be read or split; the text says which file and what to do.
    """
    path = config.path(relative_to)
    if config.kind == "prepared":
        return read_prepared_pairs(path)
    if config.kind != "paired":
        raise InputError(
            f'A translator that learns from pairs cannot use data of the kind "{config.kind}".',
            'Give data of the kind "paired", or choose a family that needs no pairs.',
        )
    whole = read_paired(config, path)
    subjects = [study.subject for study in whole.studies.values()]
    parts, notes = split_by_patient(
        subjects, config.held_out_percent, config.held_out, whole.unused
    )
    named = list(zip(whole.studies.items(), parts.tolist(), strict=True))
    return PairedSplit(
        train=[study for (_, study), part in named if part == Part.TRAIN],
        held_out={name: study for (name, study), part in named if part == Part.HELD_OUT},
        notes=(*whole.notes, *notes),
        pixel_mm=whole.pixel_mm,
    )


def read_unpaired_split(config: DataConfig, relative_to: Path) -> UnpairedSplit:
    """Read images of two contrasts that need not belong together.

    The contrasts are two labels of labelled images, or the two sides of pairs; those keep their
    own size.

    Raises
    ------
    InputError
        The data cannot be read or split, or one of the contrasts has no image in a part.
    """
    if config.kind == "paired":
        pairs = read_paired_split(config, relative_to)
        return UnpairedSplit(
            from_pairs(pairs.train, pairs.pixel_mm),
            from_pairs(list(pairs.held_out.values()), pairs.pixel_mm),
            pairs.notes,
        )
    split = read_split(config, config.side, relative_to)
    return UnpairedSplit(
        by_label(split.train, config.source, config.target),
        by_label(split.held_out, config.source, config.target),
        split.notes,
    )


def _by_patient(whole: WholeSet, config: DataConfig) -> ImageSplit:
    images = whole.images
    parts, notes = split_by_patient(
        images.patients.tolist(), config.held_out_percent, config.held_out
    )
    return ImageSplit(
        images.subset(parts == Part.TRAIN),
        images.subset(parts == Part.HELD_OUT),
        (*whole.notes, *notes),
    )


def _by_blocks(whole: WholeSet, blocks: BlockSplit) -> ImageSplit:
    """Split by blocks, and let each block stand for a patient."""
    if whole.order is None:
        raise ValueError("data without an order cannot be split by blocks")
    parts = split_by_blocks(
        whole.order, block=blocks.block, gap=blocks.gap, every=blocks.every, first=blocks.first
    )
    numbers = block_numbers(whole.order, blocks.block)
    images = whole.images
    names = [block_name(number) for number in numbers.tolist()]
    named = replace(images, patients=np.array(names, np.str_))
    dropped = int((parts == Part.DROPPED).sum())
    note = (
        "Without patients, the split is by blocks of neighbours: "
        f"{len(np.unique(numbers[parts == Part.HELD_OUT]))} blocks are held out, and {dropped} "
        "images beside them are used in neither part. A person whose images lie far apart may "
        "still be in both."
    )
    return ImageSplit(
        named.subset(parts == Part.TRAIN),
        named.subset(parts == Part.HELD_OUT),
        (*whole.notes, note),
    )


def _label_notes(split: ImageSplit) -> list[str]:
    notes = []
    for part, words in ((split.train, "to train on"), (split.held_out, "held out")):
        empty = [name for name, count in part.images_per_label().items() if not count]
        if empty:
            notes.append(f"No image is {words} for the label {', '.join(empty)}.")
    return notes
