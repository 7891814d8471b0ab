"""Made series that the tiny translator takes: T1-weighted MR of the head, 32 x 32 pixels, 1 mm."""

from pathlib import Path

import numpy as np

from tests.dicom_factory import MR_IMAGE, SAGITTAL, make_ct, make_series, uid

SIDE = 32


def t1_pixels(index):
    """Return a bright square that moves with the slice, values up to 1000."""
    pixels = np.full((SIDE, SIDE), 50, np.uint16)
    pixels[8:24, 6 + index : 20 + index] = 1000 - 10 * index
    return pixels


def _t1(**attributes):
    own = {
        "SOPClassUID": MR_IMAGE,
        "Modality": "MR",
        "SeriesDescription": "T1 head",
        "RescaleSlope": None,
        "RescaleIntercept": None,
        "WindowCenter": 500,
        "WindowWidth": 1000,
    }
    return {**own, **attributes}


def make_t1(folder, count=4, **attributes):
    """Write an axial T1 series with slices 5 mm apart; return the paths."""
    positions = range(0, 5 * count, 5)
    return make_series(folder, positions, pixels=t1_pixels, **_t1(**attributes))


def make_sagittal_t1(folder, count=8, step_mm=4, **attributes):
    """Write a sagittal T1 series; return the paths."""
    paths = []
    for index in range(count):
        own = {
            "SeriesInstanceUID": uid("sagittal"),
            "SOPInstanceUID": uid("sagittal", index),
            "InstanceNumber": index + 1,
            "ImageOrientationPatient": list(SAGITTAL),
            "ImagePositionPatient": [step_mm * index, 0, SIDE],
        }
        path = Path(folder) / f"{index + 1:04d}.dcm"
        paths.append(make_ct(path, t1_pixels(index % 8), **_t1(**own, **attributes)))
    return paths
