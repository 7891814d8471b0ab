"""Frames as DICOM stores them: integers of at most 16 bits with rescale and VOI."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.valuerep import DSfloat, format_number_as_ds

from medgan_viewer.dicom.synthetic_marks import short_text
from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.voi import VoiFunction, VoiLut, VoiWindow

_UINT16_MAX = 65535


def storable(frames: Iterable[PixelFrame]) -> list[PixelFrame]:
    """Return the frames with integer stored values of at most 16 bits and a linear rescale.

    What fits is kept as it is. Everything else (floats, wider integers, modality tables) becomes
    uint16 with one slope and intercept for all, so that a volume stays one; the error is at most
    half a 65535th of the range over all frames. NaN becomes the smallest value.
    """
    frames = list(frames)
    wide = [frame for frame in frames if not _fits(frame)]
    if not wide:
        return frames
    finite = [values[np.isfinite(values)] for values in map(PixelFrame.modality_values, wide)]
    low = min((float(values.min()) for values in finite if values.size), default=0.0)
    high = max((float(values.max()) for values in finite if values.size), default=0.0)
    # As written in the file, so that the stored values match the slope that is read back.
    slope = float(format_number_as_ds((high - low) / _UINT16_MAX)) or 1.0
    intercept = float(format_number_as_ds(low))
    return [frame if _fits(frame) else _quantised(frame, slope, intercept) for frame in frames]


def set_pixels(dataset: Dataset, frame: PixelFrame) -> None:
    """Set the Image Pixel module (PS3.3 C.7.6.3) for a frame that `storable` has returned."""
    stored = frame.stored
    bits = stored.dtype.itemsize * 8
    dataset.Rows, dataset.Columns = frame.rows, frame.columns
    dataset.BitsAllocated = bits
    dataset.BitsStored = bits if frame.is_color else _bits_stored(frame)
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    if frame.is_color:
        dataset.SamplesPerPixel = 3
        dataset.PlanarConfiguration = 0
        dataset.PhotometricInterpretation = "RGB"
    else:
        dataset.SamplesPerPixel = 1
        dataset.PhotometricInterpretation = "MONOCHROME1" if frame.inverted else "MONOCHROME2"
    content = stored.astype(stored.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = content + b"\0" * (len(content) % 2)


def set_transforms(dataset: Dataset, frame: PixelFrame) -> None:
    """Set the Modality LUT and VOI LUT modules (PS3.3 C.11.1, C.11.2) of a gray frame.

    Only views of the same kind as the first are written: a file cannot say which of a window and a
    table, or of two functions, comes first.
    """
    rescale = frame.transform
    if frame.is_color or not isinstance(rescale, Rescale):
        return
    if not rescale.is_identity or rescale.unit:
        dataset.RescaleIntercept = DSfloat(rescale.intercept, auto_format=True)
        dataset.RescaleSlope = DSfloat(rescale.slope, auto_format=True)
        dataset.RescaleType = rescale.unit or "US"  # unspecified
    if not frame.vois:
        return
    tables = [voi for voi in frame.vois if isinstance(voi, VoiLut)]
    if isinstance(frame.vois[0], VoiLut) and all(map(_fits_descriptor, tables)):
        dataset.VOILUTSequence = [_lut_item(table) for table in tables]
        return
    windows = [voi if isinstance(voi, VoiWindow) else voi.as_window() for voi in frame.vois]
    function = _function_of(windows[0])
    windows = [window for window in windows if _function_of(window) is function]
    dataset.WindowCenter = [DSfloat(window.center, auto_format=True) for window in windows]
    dataset.WindowWidth = [DSfloat(window.width, auto_format=True) for window in windows]
    dataset.VOILUTFunction = function.value
    if any(window.explanation for window in windows):
        dataset.WindowCenterWidthExplanation = [
            short_text(window.explanation) for window in windows
        ]


def _fits(frame: PixelFrame) -> bool:
    if frame.is_color:
        return True
    dtype = frame.stored.dtype
    return dtype.kind in "iu" and dtype.itemsize <= 2 and isinstance(frame.transform, Rescale)


def _quantised(frame: PixelFrame, slope: float, intercept: float) -> PixelFrame:
    values = frame.modality_values().astype(np.float64)
    known = np.where(np.isnan(values), intercept, values)
    steps = (np.clip(known, intercept, intercept + slope * _UINT16_MAX) - intercept) / slope
    return replace(
        frame,
        stored=np.rint(steps).astype(np.uint16),
        transform=Rescale(slope, intercept, frame.transform.unit),
        padding=None,
        bits_stored=16,
    )


def _bits_stored(frame: PixelFrame) -> int:
    """Return the frame's own figure, or all bits where the values do not fit it."""
    allocated = frame.stored.dtype.itemsize * 8
    bits = min(frame.bits_stored, allocated)
    is_signed = frame.stored.dtype.kind == "i"
    low = -(1 << bits - 1) if is_signed else 0
    high = (1 << (bits - 1 if is_signed else bits)) - 1
    fits = int(frame.stored.min()) >= low and int(frame.stored.max()) <= high
    return bits if fits else allocated


def _function_of(window: VoiWindow) -> VoiFunction:
    """Return the function as the standard allows it: LINEAR asks for a width of 1 or more."""
    if window.function is VoiFunction.LINEAR and window.width < 1:
        return VoiFunction.LINEAR_EXACT
    return window.function


def _fits_descriptor(table: VoiLut) -> bool:
    """Return whether length and first value can share the one VR of a LUT Descriptor."""
    return 0 <= table.first_mapped < 1 << 16 or (
        table.first_mapped >= -(1 << 15) and table.entries.size < 1 << 15
    )


def _lut_item(table: VoiLut) -> Dataset:
    item = Dataset()
    vr = "US" if table.first_mapped >= 0 else "SS"
    length = table.entries.size % (1 << 16)  # 0 stands for 65536
    item.add(DataElement("LUTDescriptor", vr, [length, table.first_mapped, table.bits]))
    if table.explanation:
        item.LUTExplanation = short_text(table.explanation)
    item.add(DataElement("LUTData", "OW", table.entries.astype("<u2").tobytes()))
    return item
