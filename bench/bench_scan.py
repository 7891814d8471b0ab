"""How fast folders are scanned: our scan beside a plain pydicom loop, and again beside itself.

Run from the checkout: python -m bench.bench_scan [FOLDER ...]. Without folders, thousands of made
files. All ways take turns, round by round, on the same files from a warm cache; medians of the
rounds. "held": the same window opens the folder again; "index": a new window does, with what the
index kept. Ratios compare within one run.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError

from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.file_walk import Listing, walk
from medgan_viewer.dicom.hierarchy import group_into_studies
from medgan_viewer.dicom.scan import FileMemory, ScanBatch, scan_incrementally
from medgan_viewer.index.database import prepare_database
from medgan_viewer.index.held import HeldFiles
from medgan_viewer.index.memory import IndexMemory
from tests.dicom_factory import ct_dataset, uid, write

ROUNDS = 7
MADE_FILES = 4000
SLICES = 200


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(name) for name in sys.argv[1:]] or [made_files(Path(scratch) / "made")]
        with DecoderPool() as pool:
            pool.warm_up()
            for folder in folders:
                report(folder, pool, Path(scratch))


def made_files(folder: Path) -> Path:
    """Write CT series with as many elements as scanners write, private blocks among them."""
    pixels = np.zeros((64, 64), np.int16)
    for number in range(MADE_FILES):
        series, index = divmod(number, SLICES)
        dataset = ct_dataset(
            pixels,
            PatientID=f"P-{series // 4}",
            StudyInstanceUID=uid("study", series // 4),
            SeriesInstanceUID=uid("series", series),
            SOPInstanceUID=uid("instance", number),
            InstanceNumber=index + 1,
            ImagePositionPatient=[-125.5, -125.5, round(index * 1.25, 2)],
            SliceLocation=round(index * 1.25, 2),
            SliceThickness=1.25,
            ContentTime=f"{100000 + index}.{index:06d}",
        )
        for element in range(40):
            dataset.add_new(0x00280000 + 0x3100 + element, "LO", f"value {element}")
        dataset.add_new(0x00090010, "LO", "MADE BLOCK")
        for element in range(30):
            dataset.add_new(0x00091000 + element, "LO", f"private {element}")
        write(dataset, folder / f"series{series:03d}" / f"{index:04d}.dcm")
    return folder


def report(folder: Path, pool: DecoderPool, scratch: Path) -> None:
    files = [f.path(name) for f in walk([folder]) if isinstance(f, Listing) for name in f.stamps]
    index_path = scratch / f"{folder.name}.db"
    held = HeldFiles()

    def scan(memory: FileMemory | None) -> int:
        batches: list[ScanBatch] = []
        scan_incrementally([folder], pool, batches.append, memory=memory)
        return sum(len(batch.headers) for batch in batches)

    def first() -> int:
        return scan(None)

    def first_kept() -> int:
        for path in index_path.parent.glob(f"{index_path.name}*"):
            path.unlink()
        prepare_database(index_path)
        return indexed()

    def indexed() -> int:
        memory = IndexMemory(index_path)
        try:
            return scan(memory)
        finally:
            memory.close()

    def again() -> int:
        return scan(held)

    ways: dict[str, Callable[[], int]] = {
        "pydicom loop": lambda: plain(files),
        "scan": first,
        "scan, kept in the index": first_kept,
        "rescan, held": again,
        "rescan, index": indexed,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, int] = {}
    scan(held)  # what the window holds
    for _ in range(ROUNDS + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            found[name] = way()
            times[name].append(time.perf_counter() - start)
    assert found["scan"] == found["scan, kept in the index"] == found["rescan, index"]
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    base = medians["pydicom loop"]
    print(f"{folder}: {len(files)} files, {found['scan']} with images")
    for name, median in medians.items():
        rate = len(files) / median
        print(
            f"  {name:<26}{median * 1000:>9.1f} ms{rate:>10.0f} /s{base / median:>8.1f} x"
            f"{medians['scan'] / median:>8.1f} x scan"
            f"{medians['scan, kept in the index'] / median:>8.1f} x kept"
        )
    start = time.perf_counter()
    batches: list[ScanBatch] = []
    scan_incrementally([folder], pool, batches.append)
    headers = [header for batch in batches for header in batch.headers]
    start = time.perf_counter()
    group_into_studies(headers)
    print(f"  sorting into studies      {(time.perf_counter() - start) * 1000:>9.1f} ms\n")


def plain(files: list[Path]) -> int:
    """Read each file as many scripts do; files that pydicom refuses cost what they cost."""
    count = 0
    for path in files:
        try:
            pydicom.dcmread(path, stop_before_pixels=True)
            count += 1
        except (InvalidDicomError, OSError, ValueError, KeyError, NotImplementedError):
            continue
    return count


if __name__ == "__main__":
    main()
