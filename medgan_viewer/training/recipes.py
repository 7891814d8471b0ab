"""Data and splits of the shipped models."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.ndimage

from medgan_viewer.imaging.model_space import IntensityMapping, IntensityRule
from medgan_viewer.training.images import (
    LabelledImages,
    PairedSlices,
    is_held_out,
    read_labelled_images,
    read_paired_slices,
)

CHEST_LABELS = ("normal", "bacteria", "virus")
HELD_OUT_PERCENT = 15
# What the principal directions of the shipped weights were seen to change.
CHEST_DIRECTIONS: dict[str, tuple[str, str]] = {
    "pc-01": ("Exposure", "Plus: darker lungs and edges. Minus: brighter."),
    "pc-02": (
        "Whiter lungs",
        "Plus: shorter and whiter lungs, more of the belly. Minus: longer and darker lungs.",
    ),
    "pc-03": (
        "Closer crop",
        "Plus: the chest fills the frame, less contrast. Minus: a narrow chest with dark edges.",
    ),
    "pc-04": (
        "Lower down",
        "Plus: chest lower and narrower, a bright neck. Minus: higher.",
    ),
    "pc-05": ("Turned", "Plus: the chest leans to one side. Minus: to the other."),
    "pc-08": ("Haze", "Plus: paler lungs with less contrast. Minus: darker lungs, brighter ribs."),
}

BRAIN_MAPPING = IntensityMapping(IntensityRule.FOREGROUND_MEDIAN, 0.0, 2.0)
BRAIN_PIXEL_MM = 1.25
# One person each. The first also lies as a DICOM study beside the data and is kept for testing.
HELD_OUT_SUBJECTS = ("fnndsc_adi", "oms_l03")
# The brain mask of this study is a head mask, and it has no T2.
_LEFT_OUT = ("oms_l19", "oms_l20")


def chest_xray_images(data: Path, side: int) -> tuple[LabelledImages, LabelledImages]:
    """Return training and held-out radiographs, split by patient."""
    images = read_labelled_images(data / "chest_xray", side, CHEST_LABELS)
    held_out = np.array([is_held_out(str(p), HELD_OUT_PERCENT) for p in images.patients])
    return images.subset(~held_out), images.subset(held_out)


def paired_brain_studies(
    data: Path, source: str, target: str
) -> tuple[list[PairedSlices], dict[str, PairedSlices]]:
    """Return training studies, and held-out ones by file stem.

    Whole heads at 1.25 mm, and skull-stripped brains brought from 1.0 mm to the same pixel size.
    """
    train: list[PairedSlices] = []
    held_out: dict[str, PairedSlices] = {}
    folders = ("npz192_withskull", "npz192")
    for path in (p for f in folders for p in sorted((data / "paired_brain_mri" / f).glob("*.npz"))):
        if path.stem.startswith(_LEFT_OUT):
            continue
        study = read_paired_slices(path, source, target, BRAIN_MAPPING)
        if study is None:
            continue
        if path.parent.name == "npz192":
            study = _at_pixel_size(study, 1.0, BRAIN_PIXEL_MM)
        if path.stem.startswith(HELD_OUT_SUBJECTS):
            held_out[f"{path.parent.name}/{path.stem}"] = study
        else:
            train.append(study)
    return train, held_out


def _at_pixel_size(study: PairedSlices, have_mm: float, want_mm: float) -> PairedSlices:
    """Shrink the content about the centre, keeping the number of pixels."""
    factor = want_mm / have_mm
    side = study.source.shape[1]
    offset = (side - 1) / 2 * (1 - factor)

    def scaled(values: npt.NDArray[np.float32], outside: float) -> npt.NDArray[np.float32]:
        matrix = np.full(2, factor)
        planes = [
            scipy.ndimage.affine_transform(
                plane, matrix, offset, order=1, mode="constant", cval=outside
            )
            for plane in values
        ]
        return np.stack(planes)

    return PairedSlices(
        study.subject,
        np.clip(scaled(study.source, -1.0), -1, 1),
        np.clip(scaled(study.target, -1.0), -1, 1),
        scaled(study.brain.astype(np.float32), 0.0) > 0.5,
    )
