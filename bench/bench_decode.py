"""How fast a series opens: our scan and decoder pool beside SimpleITK and a plain pydicom loop.

Run from the checkout: python -m bench.bench_decode [folder of one series]. Without a folder a CT of
200 slices of 512 x 512 is made. Medians; ratios compare within one run, figures between machines
do not.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pydicom
import SimpleITK

from medgan_viewer.dicom.decoder import PREFETCH, DecoderPool, Outcome
from medgan_viewer.dicom.decoder_messages import ReadFrame, ReadHeaders
from medgan_viewer.dicom.display_sets import DisplaySet, split_into_display_sets
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.dicom.reader import load_frame
from medgan_viewer.dicom.scan import scan
from medgan_viewer.imaging.display import default_voi, render_display
from tests.dicom_factory import make_compressed, make_series, uid

SLICES = 200
SIDE = 512
REPEATS = 5
SYNTAXES = {
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG baseline 8 bit": "1.2.840.10008.1.2.4.50",
    "JPEG extended 12 bit": "1.2.840.10008.1.2.4.51",
    "JPEG lossless": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000 lossless": "1.2.840.10008.1.2.4.90",
    "HTJ2K lossless": "1.2.840.10008.1.2.4.201",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, DecoderPool() as pool:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else made_series(Path(scratch) / "ct")
        files = sorted(path for path in folder.iterdir() if path.is_file())
        print(f"{len(files)} files in {folder}\n")
        start = time.perf_counter()
        pool.run(ReadHeaders(tuple(files[:1])))
        print(f"start of the pool to its first answer   {time.perf_counter() - start:8.2f} s\n")
        report_headers(files, pool)
        report_series(folder, files, pool)
        report_first_image(folder, pool)
        report_syntaxes(Path(scratch), pool)


def made_series(folder: Path) -> Path:
    """Write a CT whose slices are smooth with noise, as real ones are."""
    random = np.random.default_rng(0)
    disc = np.hypot(*np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]) < 0.8
    noise = random.normal(0, 12, (SIDE, SIDE))

    def pixels(index: int) -> np.ndarray:
        return (disc * (1000 + index) + np.roll(noise, index)).astype(np.int16)

    make_series(folder, np.arange(SLICES), pixels=pixels)
    return folder


def report_headers(files: list[Path], pool: DecoderPool) -> None:
    ours = median_of(lambda: pool.run(ReadHeaders(tuple(files))))
    in_chunks = median_of(lambda: headers_in_chunks(files, pool))
    plain = median_of(lambda: [pydicom.dcmread(p, stop_before_pixels=True) for p in files])
    print("headers of all files, ms per file")
    row("pydicom, stop before pixels", plain / len(files), 1)
    row("our pool, one process", ours / len(files), ours / plain)
    row("our pool, all processes", in_chunks / len(files), in_chunks / plain)
    print()


def headers_in_chunks(files: list[Path], pool: DecoderPool) -> None:
    chunks = [tuple(files[start : start + 32]) for start in range(0, len(files), 32)]
    answers: SimpleQueue[Outcome] = SimpleQueue()
    for chunk in chunks:
        pool.submit(ReadHeaders(chunk), answers.put)
    for _ in chunks:
        answers.get()


def report_series(folder: Path, files: list[Path], pool: DecoderPool) -> None:
    plain = median_of(lambda: with_pydicom(files))
    with_itk = median_of(lambda: with_simpleitk(folder))
    ours = median_of(lambda: with_pool(folder, pool))
    print("whole series: find, sort, read and decode all slices, ms")
    row("pydicom loop, sorted by position", plain, 1)
    row("SimpleITK.ImageSeriesReader", with_itk, with_itk / plain)
    row("our scan and pool", ours, ours / plain)
    print()


def with_pydicom(files: list[Path]) -> np.ndarray:
    datasets = [pydicom.dcmread(path) for path in files]
    datasets.sort(key=lambda dataset: dataset.ImagePositionPatient[2])
    return np.stack([dataset.pixel_array for dataset in datasets])


def with_simpleitk(folder: Path) -> SimpleITK.Image:
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return reader.Execute()


def first_set(folder: Path, pool: DecoderPool) -> DisplaySet:
    study = scan([folder], pool).studies[0]
    return max(split_into_display_sets(study.series[0]), key=lambda s: len(s.frames))


def with_pool(folder: Path, pool: DecoderPool) -> None:
    frames = first_set(folder, pool).frames
    answers: SimpleQueue[Outcome] = SimpleQueue()
    for ref in frames:
        pool.submit(ReadFrame(ref), answers.put, PREFETCH)
    for _ in frames:
        answers.get()


def report_first_image(folder: Path, pool: DecoderPool) -> None:
    """Print the time from a click to the 8-bit picture, with a busy pool and with an idle one."""
    chosen = first_set(folder, pool)
    answers: SimpleQueue[Outcome] = SimpleQueue()

    def click() -> None:
        show(chosen.middle, pool)

    idle = median_of(click)
    for ref in chosen.frames:
        pool.submit(ReadFrame(ref), answers.put, PREFETCH)
    busy = median_of(click)
    for _ in chosen.frames:
        answers.get()
    print("first image of the series, ms")
    row("from the click, pool idle", idle)
    row("from the click, pool prefetching", busy)
    row(
        "from the folder: scan, sort, decode", median_of(lambda: (first_set(folder, pool), click()))
    )
    print()


def show(ref: FrameRef, pool: DecoderPool) -> None:
    frame = pool.run(ReadFrame(ref))
    render_display(frame, default_voi(frame))


def open_folder(folder: Path, pool: DecoderPool) -> None:
    show(first_set(folder, pool).middle, pool)


def report_syntaxes(folder: Path, pool: DecoderPool) -> None:
    print(f"one {SIDE} x {SIDE} frame, ms           in process   through the pool   pydicom")
    source = load_frame(FrameRef(made_series_of_one(folder), ""))
    for name, syntax in SYNTAXES.items():
        is_8_bit = "8 bit" in name
        pixels = (source.stored // 8).astype(np.uint8) if is_8_bit else source.stored
        pixels = np.clip(pixels, 0, None).astype(np.uint8 if is_8_bit else np.uint16)
        bits = 8 if is_8_bit else 12
        path = make_compressed(folder / f"{syntax}.dcm", [pixels], syntax, bits=bits)
        ref = FrameRef(path, uid("instance"))
        inside = median_of(lambda ref=ref: load_frame(ref))
        piped = median_of(lambda ref=ref: pool.run(ReadFrame(ref)))
        print(f"  {name:<26}{inside:>14.1f}{piped:>17.1f}{pydicom_text(path):>13}")


def made_series_of_one(folder: Path) -> Path:
    return made_series(folder / "one") / "0100.dcm"


def pydicom_text(path: Path) -> str:
    try:
        return f"{median_of(lambda: pydicom.dcmread(path).pixel_array):.1f}"
    except (NotImplementedError, RuntimeError):
        return "refused"


def median_of(action: Callable[[], object]) -> float:
    """Return the median time of an action in ms, after one run that does not count."""
    action()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def row(name: str, value: float, ratio: float | None = None) -> None:
    text = "" if ratio is None else f"   x {ratio:.2f}"
    print(f"  {name:<38}{value:>8.2f}{text}")


if __name__ == "__main__":
    main()
