"""Frames of DICOM folders, read as the screen reads them; synthetic instances are refused."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt

from medgan_viewer.datasets.collection import ImageCollection, WholeSet, require_folder
from medgan_viewer.datasets.config import DataConfig
from medgan_viewer.datasets.images import IntensityHandling
from medgan_viewer.datasets.intensity import FloatArray, limits_of, sample_of, to_pixels
from medgan_viewer.datasets.label_table import joined_label, read_rows, required
from medgan_viewer.datasets.nifti_files import chosen_slices
from medgan_viewer.datasets.scaling import centre_square, square_edge_mm
from medgan_viewer.datasets.splits import is_left_out
from medgan_viewer.dicom.decoder import INFERENCE, DecoderPool, Outcome
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.display_sets import DisplaySet, split_into_display_sets
from medgan_viewer.dicom.hierarchy import FrameRef, InstanceHeader, Series
from medgan_viewer.dicom.scan import scan
from medgan_viewer.errors import InputError, MedganError
from medgan_viewer.files import is_file
from medgan_viewer.imaging.frame import PixelFrame

_AHEAD = 8  # frames that the decoder processes work on
_SYNTHETIC = "a synthetic image, which no model is trained on"


@dataclass(frozen=True, slots=True, eq=False)
class _Plane:
    """One frame, scaled; `whole` is the range of its stored integers as modality values."""

    values: FloatArray
    sample: FloatArray
    whole: tuple[float, float] | None
    is_inverted: bool
    bits: int
    spacing_mm: float | None


def read_dicom(
    config: DataConfig, folder: Path, side: int, pool: DecoderPool | None = None
) -> WholeSet:
    """Read the gray frames of all series below a folder, in modality values.

    A patient is a Patient ID or, where that is empty, a study. White is the top of the range also
    for frames that are stored the other way round (MONOCHROME1). What cannot be used is skipped,
    with the reason in the notes: synthetic or color images, other modalities and units.

    Parameters
    ----------
    pool : decoder processes that are there already; None starts some and ends them

    Raises
    ------
    InputError
        The folder or its table cannot be used, or no image is left.
    """
    if pool is None:
        with DecoderPool() as own:
            return read_dicom(config, folder, side, own)
    folder = require_folder(folder)
    collection = ImageCollection(folder, side)
    intensity = config.intensity.handling()
    labels = _labels_of(config, folder)
    result = scan([folder], pool)
    for skipped in result.skipped:
        if skipped.path != folder / config.labels_csv:
            collection.skip(skipped.path.name, skipped.reason)
    for study in result.studies:
        for series in study.series:
            if (usable := _usable(series, collection, config, folder)) is None:
                continue
            label = labels.label_of(usable, collection)
            if label is not None and label not in config.left_out_labels:
                _add_series(collection, pool, usable, label, intensity, config)
    return collection.finish(config.label_names, intensity, config.modality)


@dataclass(frozen=True, slots=True)
class _Labels:
    """Where labels of series come from: a table, sub-folders, or nowhere.

    Attributes
    ----------
    by_key : label for each Patient ID or Series Instance UID; None without a table
    """

    folder: Path
    config: DataConfig
    by_key: Mapping[str, str] | None

    def label_of(self, series: Series, collection: ImageCollection) -> str | None:
        """Return the label, empty when there are none; None when the series is not to be read."""
        header = series.instances[0]
        if self.by_key is not None:
            is_patient = self.config.series_key == "PatientID"
            key = header.study.patient_id if is_patient else header.series.series_uid
            if key not in self.by_key:
                collection.skip(header.path.name, "its series has no row in the label table")
                return None
            return self.by_key[key]
        if self.config.labels != "folders":
            return ""
        found = {self._folder_label(instance.path) for instance in series.instances}
        label = next(iter(found)) if len(found) == 1 else ""
        known = self.config.label_names
        if not label or (known and label not in (*known, *self.config.left_out_labels)):
            collection.skip(
                header.path.name, "its series lies in no sub-folder that is one of the labels"
            )
            return None
        return label

    def _folder_label(self, path: Path) -> str:
        inside = path.relative_to(self.folder)
        return inside.parts[0] if len(inside.parts) > 1 else ""


def _labels_of(config: DataConfig, folder: Path) -> _Labels:
    table = folder / config.labels_csv
    if not (config.labels == "csv" or (config.labels == "auto" and is_file(table))):
        return _Labels(folder, config, None)
    by_key: dict[str, str] = {}
    for line, row in read_rows(table, [config.series_key, *config.label_columns]):
        where = f"{table.name}, line {line}"
        key = required(row, config.series_key, where)
        if by_key.setdefault(key, label := joined_label(row, config, where)) != label:
            raise InputError(
                f"{where} gives a second label to the same {config.series_key}.",
                "Keep one row for each patient or series, or label series instead of patients.",
            )
    return _Labels(folder, config, by_key)


def _usable(
    series: Series, collection: ImageCollection, config: DataConfig, folder: Path
) -> Series | None:
    """Return the series without the instances that cannot be trained on; None if none is left."""
    kept = []
    for header in series.instances:
        path = header.path.relative_to(folder)
        if is_left_out(_patient_of(header), path.as_posix(), config.left_out):
            continue
        if reason := _reason_against(header, config):
            collection.skip(header.path.name, reason, header.frame_count)
        else:
            kept.append(header)
    return replace(series, instances=tuple(kept)) if kept else None


def _reason_against(header: InstanceHeader, config: DataConfig) -> str:
    if header.is_synthetic:
        return _SYNTHETIC
    if header.samples == 3:
        return "an image in color"
    if config.modality and header.series.modality != config.modality:
        return f"of modality {header.series.modality or 'unknown'}, not {config.modality}"
    if not _patient_of(header):
        return "it names neither patient nor study"
    return ""


def _patient_of(header: InstanceHeader) -> str:
    return header.study.patient_id or (header.study.study_uid and f"study {header.study.study_uid}")


def _add_series(
    collection: ImageCollection,
    pool: DecoderPool,
    series: Series,
    label: str,
    intensity: IntensityHandling,
    config: DataConfig,
) -> None:
    for display_set in split_into_display_sets(series):
        planes = list(_planes(collection, pool, display_set, intensity, config))
        if not planes:
            continue
        name = f"Series {series.facts.series_number} ({display_set.frames[0].path.name})"
        limits = None
        if intensity.rule != "full":
            sample = np.concatenate([plane.sample for plane in planes])
            try:
                limits = limits_of(intensity, sample, None, name)
            except InputError:
                collection.skip(name, "its values are all the same", len(planes))
                continue
        for plane in planes:
            own = limits or plane.whole
            if own is None:
                collection.skip(name, "its values have no range of their own, as full asks for")
                continue
            pixels = to_pixels(plane.values, own, deep=plane.bits > 8)
            collection.add(
                np.iinfo(pixels.dtype).max - pixels if plane.is_inverted else pixels,
                label=label,
                patient=_patient_of(series.instances[0]),
                bits=plane.bits,
                spacing_mm=plane.spacing_mm,
                modality=series.facts.modality,
            )


def _planes(
    collection: ImageCollection,
    pool: DecoderPool,
    display_set: DisplaySet,
    intensity: IntensityHandling,
    config: DataConfig,
) -> Iterator[_Plane]:
    chosen = chosen_slices(len(display_set.frames), config)
    for ref, frame in _frames(pool, [display_set.frames[index] for index in chosen]):
        if isinstance(frame, MedganError):
            collection.skip(ref.path.name, frame.problem.removeprefix(ref.path.name).strip(" ."))
        elif reason := _reason_against_frame(frame, intensity):
            collection.skip(ref.path.name, reason)
        else:
            yield _plane(frame, collection.side)


def _frames(
    pool: DecoderPool, refs: Iterable[FrameRef]
) -> Iterator[tuple[FrameRef, PixelFrame | MedganError]]:
    """Yield the frames in order, while the decoder processes read ahead."""
    waiting: deque[tuple[FrameRef, SimpleQueue[Outcome]]] = deque()
    for ref in refs:
        answers: SimpleQueue[Outcome] = SimpleQueue()
        pool.submit(ReadFrame(ref), answers.put, INFERENCE)
        waiting.append((ref, answers))
        if len(waiting) == _AHEAD:
            yield _next(waiting)
    while waiting:
        yield _next(waiting)


def _next(
    waiting: deque[tuple[FrameRef, SimpleQueue[Outcome]]],
) -> tuple[FrameRef, PixelFrame | MedganError]:
    ref, answers = waiting.popleft()
    outcome = answers.get()
    if not isinstance(outcome, PixelFrame | MedganError):
        raise TypeError(f"a frame was asked for, {type(outcome).__name__} came")
    return ref, outcome


def _reason_against_frame(frame: PixelFrame, intensity: IntensityHandling) -> str:
    if frame.is_synthetic:
        return _SYNTHETIC
    if frame.is_color:
        return "an image in color"
    if intensity.rule != "window":
        return ""
    if frame.inverted:
        return "stored with white as the smallest value, where a window of values would not fit"
    if intensity.unit and frame.unit != intensity.unit:
        return f"its values are in {frame.unit or 'no unit'}, not in {intensity.unit}"
    return ""


def _plane(frame: PixelFrame, side: int) -> _Plane:
    values = frame.modality_values()
    is_image = np.isfinite(values)
    padding = frame.padding_mask()
    if padding is not None and not padding.all():
        is_image &= ~padding
    inside = values[is_image]
    if inside.size:  # padding takes the value that is shown black
        values[~is_image] = inside.max() if frame.inverted else inside.min()
    else:
        values = np.zeros_like(values)
    spacing = frame.spacing
    row_mm, column_mm = (
        (frame.aspect, 1.0) if spacing is None else (spacing.row_mm, spacing.column_mm)
    )
    edge = square_edge_mm(frame.rows, frame.columns, row_mm, column_mm)
    scaled = centre_square(np.ascontiguousarray(values, np.float32), side, row_mm, column_mm)
    return _Plane(
        values=scaled.astype(np.float32, copy=False),
        sample=sample_of(values),
        whole=_whole_range(frame),
        is_inverted=frame.inverted,
        bits=min(frame.bits_stored, 16) if frame.stored.dtype.kind in "iu" else 16,
        spacing_mm=None if spacing is None else edge / side,
    )


def _whole_range(frame: PixelFrame) -> tuple[float, float] | None:
    """Return the ends of the stored integers as modality values; None for real numbers."""
    kind, bits = frame.stored.dtype.kind, frame.bits_stored
    if kind not in "iu":
        return None
    low, high = (0, (1 << bits) - 1) if kind == "u" else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    ends: npt.NDArray[np.float32] = frame.transform.apply(np.array([low, high], frame.stored.dtype))
    return (float(ends.min()), float(ends.max())) if ends[0] != ends[1] else None
