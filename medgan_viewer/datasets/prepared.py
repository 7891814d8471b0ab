"""A split as one small file: what training takes along to another machine.

An .npz without objects. Patients are numbered, so no name leaves with it; blocks that stand for
patients keep their numbers, which tell neighbours. Pixels are stored as
differences to the row above, which deflate packs better, or as JPEG when that is asked for.
"""

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medgan_viewer.datasets.images import (
    IntensityHandling,
    LabelledImages,
    PixelArray,
    Rule,
    patient_groups,
    pixels_of,
    values_of,
)
from medgan_viewer.datasets.npz_file import NpzFile, write_npz
from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.datasets.parts import ImageSplit, PairedSplit
from medgan_viewer.datasets.scaling import centre_square
from medgan_viewer.datasets.splits import Part, block_name, block_of
from medgan_viewer.errors import InputError

_MAX_HEADER_BYTES = 4 << 20
_ACTION = "Write the file again with this version of the program."
Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Intensity(_Document):
    rule: Rule
    low: Finite
    high: Finite
    unit: Annotated[str, Field(max_length=16)] = ""


class _ImageHeader(_Document):
    """The array "header": JSON as bytes."""

    schema_version: Literal[1]
    content: Literal["images"]
    coding: Literal["row-differences", "jpeg"]
    label_names: tuple[Annotated[str, Field(max_length=200)], ...] = Field(max_length=1000)
    intensity: _Intensity
    modality: Annotated[str, Field(pattern=r"^[A-Z]{2,16}$")]
    trained_bits: Annotated[int, Field(ge=1, le=32)]
    spacing_mm: Annotated[float, Field(gt=0, le=100)] | None
    side: Annotated[int, Field(ge=1, le=4096)]
    is_by_blocks: bool = False
    notes: tuple[str, ...] = ()


class _PairHeader(_Document):
    schema_version: Literal[1]
    content: Literal["pairs"]
    names: tuple[Annotated[str, Field(max_length=400)], ...] = Field(max_length=100_000)
    subjects: tuple[Annotated[str, Field(max_length=400)], ...] = Field(max_length=100_000)
    pixel_mm: Annotated[float, Field(gt=0, le=100)] | None = None
    notes: tuple[str, ...] = ()


Header = TypeVar("Header", _ImageHeader, _PairHeader)


def write_prepared(path: Path, split: ImageSplit, jpeg_quality: int | None = None) -> None:
    """Write both parts of a split of square images.

    Parameters
    ----------
    jpeg_quality : 1 to 100 stores 8-bit pixels as JPEG, about half as large; they then differ by
        a few levels from those read. None stores them exactly

    Raises
    ------
    InputError
        The file cannot be written, or JPEG is asked for pixels of 16 bits.
    """
    train, held_out = split.train, split.held_out
    pixels: PixelArray = np.concatenate([train.pixels, held_out.pixels])
    if jpeg_quality is not None and pixels.dtype != np.uint8:
        raise InputError(
            "JPEG holds 8 bits, and these images have more.", "Leave the JPEG quality out."
        )
    patients = np.concatenate([train.patients, held_out.patients])
    blocks = [block_of(patient) for patient in patients.tolist()]
    is_by_blocks = None not in blocks
    header = _ImageHeader(
        schema_version=1,
        content="images",
        coding="row-differences" if jpeg_quality is None else "jpeg",
        label_names=train.label_names,
        intensity=_Intensity(**asdict(train.intensity)),
        modality=train.modality,
        trained_bits=train.trained_bits,
        spacing_mm=train.spacing_mm,
        side=train.side,
        is_by_blocks=is_by_blocks,
        notes=split.notes,
    )
    arrays: dict[str, npt.NDArray[Any]] = {
        "header": _bytes_of(header),
        "labels": np.concatenate([train.labels, held_out.labels]),
        "patients": np.array(blocks, np.int64) if is_by_blocks else patient_groups(patients),
        "split": np.repeat(
            np.array([Part.TRAIN, Part.HELD_OUT], np.int8), [len(train), len(held_out)]
        ),
    }
    if jpeg_quality is None:
        arrays["pixels"] = _row_differences(pixels)
    else:
        coded = [_jpeg(plane, jpeg_quality) for plane in pixels]
        arrays["jpeg"] = np.frombuffer(b"".join(coded), np.uint8)
        arrays["jpeg_bytes"] = np.array([len(each) for each in coded], np.int64)
    write_npz(path, arrays)


def read_prepared(path: Path, side: int | None = None) -> ImageSplit:
    """Read what `write_prepared` wrote; patients come as "patient 1" and so on, blocks by number.

    Parameters
    ----------
    side : scales down to this many pixels; None keeps the side of the file

    Raises
    ------
    InputError
        The file is damaged, of another kind, smaller than `side`, or its parts share a patient.
    """
    with NpzFile(path) as data:
        header = _read_header(data, _ImageHeader)
        labels = data.read("labels", "i", 1).astype(np.int64, copy=False)
        groups, parts = data.read("patients", "i", 1), data.read("split", "i", 1)
        pixels = _decoded(data, header, len(labels))
    if not len(pixels) == len(labels) == len(groups) == len(parts):
        raise _unusable(path, "its arrays have different lengths")
    if side is not None and side != header.side:
        pixels = _scaled(pixels, side, path)
    spacing = header.spacing_mm
    name_of = block_name if header.is_by_blocks else _patient_name
    try:
        images = LabelledImages(
            pixels=pixels,
            labels=labels,
            patients=np.array([name_of(group) for group in groups.tolist()], np.str_),
            label_names=header.label_names,
            intensity=IntensityHandling(**header.intensity.model_dump()),
            modality=header.modality,
            trained_bits=header.trained_bits,
            spacing_mm=None if spacing is None else spacing * header.side / pixels.shape[2],
        )
        train, held_out = images.subset(parts == Part.TRAIN), images.subset(parts == Part.HELD_OUT)
        if not len(train) or not len(held_out):
            raise ValueError("one of its parts is empty")
        return ImageSplit(train, held_out, header.notes)
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def write_prepared_pairs(path: Path, split: PairedSplit) -> None:
    """Write both parts of a split of pairs, with 16 bits for each value in [-1, 1].

    Raises
    ------
    InputError
        The file cannot be written, or the studies differ in the size of their slices.
    """
    held_out = list(split.held_out.values())
    studies = [*split.train, *held_out]
    if len({study.source.shape[1:] for study in studies}) != 1:
        raise InputError(
            "The studies have slices of different sizes.", "Prepare studies of one size."
        )
    names = ("",) * len(split.train) + tuple(split.held_out)
    header = _PairHeader(
        schema_version=1,
        content="pairs",
        names=names,
        subjects=tuple(study.subject for study in studies),
        pixel_mm=split.pixel_mm,
        notes=split.notes,
    )
    write_npz(
        path,
        {
            "header": _bytes_of(header),
            "slices": np.array([len(study.source) for study in studies], np.int64),
            "source": _row_differences(pixels_of(np.concatenate([s.source for s in studies]))),
            "target": _row_differences(pixels_of(np.concatenate([s.target for s in studies]))),
            "brain": np.packbits(np.concatenate([study.brain for study in studies])),
        },
    )


def read_prepared_pairs(path: Path) -> PairedSplit:
    """Read what `write_prepared_pairs` wrote.

    Raises
    ------
    InputError
        The file is damaged, of another kind, or its parts share a subject.
    """
    with NpzFile(path) as data:
        header = _read_header(data, _PairHeader)
        counts = data.read("slices", "i", 1)
        source, target = (
            values_of(_row_sums(data.read(name, "u", 3))) for name in ("source", "target")
        )
        packed = data.read("brain", "u", 1)
    is_counted = len(counts) == len(header.names) == len(header.subjects) and (counts > 0).all()
    is_fitting = source.shape == target.shape and packed.size == -(-source.size // 8)
    if not is_counted or counts.sum() != len(source) or not is_fitting:
        raise _unusable(path, "its arrays do not fit together")
    brain = np.unpackbits(packed.astype(np.uint8))[: source.size].reshape(source.shape) > 0
    train: list[PairedSlices] = []
    held_out: dict[str, PairedSlices] = {}
    ends = np.cumsum(counts).tolist()
    for name, subject, count, end in zip(
        header.names, header.subjects, counts.tolist(), ends, strict=True
    ):
        own = slice(end - count, end)
        study = PairedSlices(subject, source[own], target[own], brain[own])
        if name:
            held_out[name] = study
        else:
            train.append(study)
    try:
        return PairedSplit(train, held_out, header.notes, header.pixel_mm)
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def _patient_name(group: int) -> str:
    return f"patient {group + 1}"


def _bytes_of(header: _Document) -> npt.NDArray[np.uint8]:
    return np.frombuffer(header.model_dump_json().encode(), np.uint8)


def _read_header(data: NpzFile, kind: type[Header]) -> Header:
    raw = data.read("header", "u", 1)
    if raw.dtype != np.uint8 or raw.size > _MAX_HEADER_BYTES:
        raise _unusable(data.path, "its header is none")
    try:
        return kind.model_validate(json.loads(raw.tobytes()))
    except (ValueError, RecursionError, ValidationError) as error:
        raise _unusable(data.path, "its header is not of this kind of data", str(error)) from error


def _decoded(data: NpzFile, header: _ImageHeader, count: int) -> PixelArray:
    side = header.side
    if header.coding == "row-differences":
        pixels = data.read("pixels", "u", 3)
        if pixels.shape[1:] != (side, side) or pixels.dtype not in (np.uint8, np.uint16):
            raise _unusable(data.path, f"its images are not of {side} pixels")
        return _row_sums(pixels)
    coded, sizes = data.read("jpeg", "u", 1).tobytes(), data.read("jpeg_bytes", "i", 1)
    if len(sizes) != count or (sizes <= 0).any() or sizes.sum() != len(coded):
        raise _unusable(data.path, "its JPEG images are cut off")
    decoded = np.empty((count, side, side), np.uint8)
    for index, end in enumerate(np.cumsum(sizes).tolist()):
        stream = io.BytesIO(coded[end - int(sizes[index]) : end])
        try:
            with Image.open(stream, formats=("JPEG",)) as picture:
                if picture.size != (side, side) or picture.mode != "L":
                    raise _unusable(data.path, f"image {index + 1} is not of {side} pixels")
                decoded[index] = np.asarray(picture)
        except (OSError, SyntaxError, ValueError) as error:
            raise _unusable(data.path, f"image {index + 1} is damaged", str(error)) from error
    return decoded


def _scaled(pixels: PixelArray, side: int, path: Path) -> PixelArray:
    if side > pixels.shape[2]:
        raise InputError(
            f"{path.name} was prepared at {pixels.shape[2]} pixels, fewer than {side}.",
            "Train at this size, or prepare the data at a larger one.",
        )
    top = np.iinfo(pixels.dtype).max
    scaled = np.empty((len(pixels), side, side), pixels.dtype)
    for index, plane in enumerate(pixels):
        is_byte = plane.dtype == np.uint8
        small = centre_square(plane if is_byte else plane.astype(np.float32), side)
        scaled[index] = small if is_byte else np.clip(np.rint(small), 0, top)
    return scaled


def _row_differences(pixels: PixelArray) -> PixelArray:
    """Return each row less the one above, modulo the range of the type."""
    changed = pixels.copy()
    changed[:, 1:] -= pixels[:, :-1]
    return changed


def _row_sums(changed: npt.NDArray[Any]) -> PixelArray:
    summed: PixelArray = np.add.accumulate(changed, axis=1, dtype=changed.dtype)
    return summed


def _jpeg(plane: npt.NDArray[Any], quality: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(plane).save(stream, "JPEG", quality=quality, optimize=True)
    return stream.getvalue()


def _unusable(path: Path, reason: str, details: str = "") -> InputError:
    return InputError(f"{path.name} is no prepared file of use: {reason}.", _ACTION, details)
