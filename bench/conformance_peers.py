"""The same picture by other programs: DCMTK, GDCM and pydicom."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.voi import Voi, VoiWindow

Pixels = npt.NDArray[Any]

DCMTK_PROGRAMS = ("dcm2pnm", "dcmj2pnm", "dcml2pnm")  # uncompressed and RLE, JPEG, JPEG-LS
PEER_TIMEOUT_S = 20


def by_dcmtk(path: Path, frame_number: int, options: Sequence[str]) -> Pixels | None:
    """Return DCMTK's 8-bit picture; None when it cannot read the file."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "dcmtk.pnm"
        for program in DCMTK_PROGRAMS:
            frame = ("+F", str(frame_number))
            overlays = () if "+O" in options else ("--no-overlays",)
            arguments = [program, "--quiet", *overlays, *frame, *options, path, out]
            if ran(arguments) and out.exists() and out.stat().st_size:
                with Image.open(out) as image:
                    return np.asarray(image).astype(int)
    return None


def by_gdcm(path: Path, frame_number: int, options: Sequence[str]) -> Pixels | None:
    """Return the picture that GDCM decodes and DCMTK windows."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.dcm"
        if not ran(["gdcmconv", "--raw", path, raw]) or not raw.exists():
            return None
        return by_dcmtk(raw, frame_number, options)


def by_pydicom(path: Path, frame: PixelFrame, frame_number: int, window: Voi) -> Pixels | None:
    """Return what pydicom decodes, gray ones through LINEAR of PS3.3 C.11.2.1.2.1 in float64."""
    try:
        dataset = pydicom.dcmread(path)
        decoded = pixel_array(path, index=frame_number - 1)
    except (AttributeError, NotImplementedError, RuntimeError, ValueError):
        return None
    if frame.is_color:
        return (decoded >> (dataset.BitsStored - 8)).astype(int) if decoded.ndim == 3 else None
    if not isinstance(window, VoiWindow) or decoded.ndim != 2:
        return None
    values = decoded.astype(np.float64)
    rescales = {
        (float(item.RescaleSlope), float(item.RescaleIntercept))
        for item in with_nested(dataset)
        if "RescaleSlope" in item
    }
    is_plain = dataset.get("PhotometricInterpretation", "MONOCHROME2") == "MONOCHROME2"
    if not is_plain or len(rescales) > 1 or "ModalityLUTSequence" in dataset:
        return None  # more than this one formula
    for slope, intercept in rescales:
        values = values * slope + intercept
    ramp = (values - (window.center - 0.5)) / max(window.width - 1, 1e-9) + 0.5
    return np.rint(np.clip(ramp, 0, 1) * 255).astype(int)


def with_nested(dataset: Dataset) -> Iterable[Dataset]:
    """Yield a dataset and the items of all its sequences."""
    yield dataset
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from with_nested(item)


def ran(arguments: Sequence[str | Path]) -> bool:
    """Run a program; False when it is missing, fails or hangs."""
    if shutil.which(str(arguments[0])) is None:
        return False
    try:
        done = subprocess.run(
            [str(argument) for argument in arguments],
            capture_output=True,
            check=False,
            timeout=PEER_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
