"""The same picture by other programs: DCMTK, GDCM and pydicom."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.voi import Voi, VoiWindow

Pixels = npt.NDArray[Any]

DCM2PNM, DCMJ2PNM, DCML2PNM = "dcm2pnm", "dcmj2pnm", "dcml2pnm"  # for RLE and native, JPEG, JPEG-LS
_BY_SYNTAX = {
    **dict.fromkeys(("50", "51", "53", "55", "57", "70"), (DCMJ2PNM,)),
    **dict.fromkeys(("80", "81"), (DCML2PNM,)),
    **dict.fromkeys(("90", "91", "201", "202", "203"), ()),
}
_JPEG_FAMILY = "1.2.840.10008.1.2.4."
PEER_TIMEOUT_S = 20


class DcmtkAndGdcm:
    """DCMTK on a file, and DCMTK on what GDCM makes of it; a context manager, for the latter."""

    def __init__(self, path: Path, syntax_uid: str) -> None:
        """Choose the programs of DCMTK that read the transfer syntax."""
        self._path = path
        family, _, number = syntax_uid.rpartition(".")
        is_jpeg = f"{family}." == _JPEG_FAMILY
        self._programs = _BY_SYNTAX.get(number, ()) if is_jpeg else (DCM2PNM, DCMJ2PNM)
        self._folder = tempfile.TemporaryDirectory()
        self._raw: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._folder.cleanup()

    def by_dcmtk(self, frame_number: int, options: Sequence[str]) -> Pixels | None:
        """Return DCMTK's 8-bit picture; None when it cannot read the file."""
        return self._shown(self._path, self._programs, frame_number, options)

    def by_gdcm(self, frame_number: int, options: Sequence[str]) -> Pixels | None:
        """Return the picture that GDCM decodes and DCMTK windows."""
        if self._raw is None:
            self._raw = Path(self._folder.name) / "raw.dcm"
            ran(["gdcmconv", "--raw", self._path, self._raw])
        if not self._raw.exists():
            return None
        return self._shown(self._raw, (DCM2PNM,), frame_number, options)

    def _shown(
        self, path: Path, programs: Sequence[str], frame_number: int, options: Sequence[str]
    ) -> Pixels | None:
        out = Path(self._folder.name) / "dcmtk.pnm"
        overlays = () if "+O" in options else ("--no-overlays",)
        frame = ("+F", str(frame_number))
        for program in programs:
            out.unlink(missing_ok=True)
            arguments = [program, "--quiet", *overlays, *frame, *options, path, out]
            if ran(arguments) and out.exists() and out.stat().st_size:
                with Image.open(out) as image:
                    return np.asarray(image).astype(int)
        return None


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
