"""render against DCMTK: the same window on every gray sample file that pydicom installs."""

import shutil
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.errors import MedganError

SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"
PROGRAMS = ("dcm2pnm", "dcmj2pnm", "dcml2pnm")  # uncompressed and RLE, JPEG, JPEG-LS
LEAST_COMPARED = 40
# DCMTK 3.6.7 takes the 16-bit words of its 32-bit pixels for little endian.
LITTLE_ENDIAN_TWIN = {"rtdose_expb_1frame.dcm": "rtdose_1frame.dcm"}


def gray_samples():
    """Return the files with one gray frame, of whatever transfer syntax."""
    found = []
    for path in sorted(SAMPLES.rglob("*")):
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            frames = int(dataset.get("NumberOfFrames") or 1)
        except (OSError, ValueError, pydicom.errors.InvalidDicomError):
            continue
        is_gray = dataset.get("PhotometricInterpretation", "").startswith("MONOCHROME")
        if is_gray and frames == 1:
            found.append(path)
    return found


def by_dcmtk(path, window, folder):
    """Return DCMTK's 8-bit image without overlays; None when it cannot read the file."""
    out = folder / "dcmtk.pgm"
    for program in PROGRAMS:
        if shutil.which(program) is None:
            continue
        out.unlink(missing_ok=True)
        command = [program, "--quiet", "--no-overlays", "+Ww", *map(str, window), path, out]
        done = subprocess.run(command, capture_output=True, check=False, timeout=20)
        if done.returncode == 0 and out.exists() and out.stat().st_size:
            with Image.open(out) as image:
                return np.asarray(image).astype(int)
    return None


def window_over(frame):
    """Return center and width of whole numbers that span the middle 90 % of the values."""
    low, high = np.percentile(frame.modality_values(), (5, 95))
    return round((low + high) / 2), max(round(high - low), 2)


def test_every_gray_sample_agrees_within_one_gray_level(
    run, module_pool, tmp_path, record_property
):
    if shutil.which("dcm2pnm") is None:
        pytest.skip("needs dcm2pnm of DCMTK, which is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # several samples break the standard on purpose
        samples = gray_samples()
    compared, differing = [], []
    for path in samples:
        try:
            window = window_over(module_pool.run(ReadFrame(FrameRef(path, ""))))
        except MedganError:
            continue
        readable = path.with_name(LITTLE_ENDIAN_TWIN.get(path.name, path.name))
        expected = by_dcmtk(readable, window, tmp_path)
        if expected is None:
            continue
        ended = run("render", path, "--out", tmp_path / "own.png", "--force", "--window", *window)
        assert ended.code == 0, ended.err
        with Image.open(tmp_path / "own.png") as image:
            own = np.asarray(image).astype(int)
        compared.append(path.name)
        if own.shape != expected.shape or np.abs(own - expected).max() > 1:
            differing.append(path.name)

    record_property("compared", f"{len(compared)} of {len(samples)}: {', '.join(compared)}")
    assert not differing
    assert len(compared) >= LEAST_COMPARED
