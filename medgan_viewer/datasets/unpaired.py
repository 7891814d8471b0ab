"""UnpairedImages: two sets of two contrasts, with no image of the one belonging to the other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from medgan_viewer.datasets.images import IntensityHandling, LabelledImages, pixels_of
from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class UnpairedImages:
    """Images of the contrast to translate from, and of the contrast to translate to.

    Attributes
    ----------
    source, target : without labels; their lengths and patients may differ
    """

    source: LabelledImages
    target: LabelledImages


def by_label(images: LabelledImages, source: str, target: str) -> UnpairedImages:
    """Return the images of two labels as the two contrasts.

    Raises
    ------
    InputError
        One of the labels has no image.
    """
    parts = []
    for name in (source, target):
        chosen = (
            images.labels == images.label_names.index(name)
            if name in images.label_names
            else np.zeros(len(images), bool)
        )
        if not chosen.any():
            raise InputError(
                f'No image has the label "{name}".',
                f"Name two of the labels as source and target: {', '.join(images.label_names)}.",
            )
        part = images.subset(chosen)
        parts.append(replace(part, labels=np.zeros(len(part), np.int64), label_names=()))
    return UnpairedImages(*parts)


def from_pairs(studies: Sequence[PairedSlices], spacing_mm: float | None) -> UnpairedImages:
    """Return the slices of pairs as two sets; who draws from both independently has no pairs.

    The pixels are the translator's range, which `paired.SOURCE_MAPPING` made.
    """
    patients = np.concatenate([np.full(len(study.source), study.subject) for study in studies])
    contrasts = ([study.source for study in studies], [study.target for study in studies])
    return UnpairedImages(
        *(
            LabelledImages(
                pixels=pixels_of(np.concatenate(values)),
                labels=np.zeros(len(patients), np.int64),
                patients=patients,
                label_names=(),
                intensity=IntensityHandling("full", 0.0, 65535.0),
                modality="MR",
                trained_bits=16,
                spacing_mm=spacing_mm,
            )
            for values in contrasts
        )
    )
