"""How a file wishes its gray to be shown: modality transform, VOI views, padding, polarity.

PS3.3 C.11.1, C.11.2, C.7.5.1.1.2 and C.11.6. Notes are short remarks for the corner of the image.
"""

from dataclasses import replace

from pydicom.dataset import Dataset

from medgan_viewer.dicom import codecs
from medgan_viewer.dicom.attributes import items, number, text, texts
from medgan_viewer.dicom.functional_groups import FrameView
from medgan_viewer.dicom.lookup_tables import read_lut
from medgan_viewer.dicom.pixel_layout import PixelLayout
from medgan_viewer.imaging.frame import PaddingRange
from medgan_viewer.imaging.modality import ModalityLut, ModalityTransform, Rescale
from medgan_viewer.imaging.voi import Voi, VoiFunction, VoiLut, VoiWindow

_TRANSFORM_GROUP = "PixelValueTransformationSequence"
_VOI_GROUP = "FrameVOILUTSequence"
# X-ray angiography and fluoroscopy: the modality transform serves measurement, not display.
_NOT_FOR_DISPLAY = frozenset(("1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2"))
_PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
_UCUM_NO_UNIT = "1"
_PET_UNITS = {"BQML": "Bq/mL", "GML": "g/mL", "CNTS": "counts", "PROPCNTS": "prop. counts"}
_LUT_UNITS = {"HU": "HU", "OD": "10⁻³ OD", "MGML": "mg/mL"}


def transform_of(
    view: FrameView, layout: PixelLayout, *, is_little_endian: bool
) -> tuple[ModalityTransform, tuple[str, ...]]:
    """Return the modality transform of a gray frame, and notes."""
    root = view.root
    if text(root, "SOPClassUID") in _NOT_FOR_DISPLAY:
        return Rescale(), ()
    for item in items(root, "ModalityLUTSequence")[:1]:
        table = read_lut(
            item,
            "LUTDescriptor",
            "LUTData",
            is_signed=layout.is_signed,
            is_little_endian=is_little_endian,
        )
        if table is None:
            return Rescale(), ("modality LUT unreadable",)
        unit = _LUT_UNITS.get(text(item, "ModalityLUTType").upper(), "")
        return ModalityLut(table.first_mapped, table.entries, unit), ()
    slope = number(view.holder(_TRANSFORM_GROUP, "RescaleSlope"), "RescaleSlope")
    intercept = number(view.holder(_TRANSFORM_GROUP, "RescaleIntercept"), "RescaleIntercept")
    if slope is None and intercept is None:
        return Rescale(unit=_pet_unit(root) or _mapped_unit(view)), ()
    if slope == 0:
        return Rescale(), ("rescale slope 0 ignored",)
    slope = 1.0 if slope is None else slope
    return Rescale(slope, intercept or 0.0, _rescale_unit(view)), ()


def computable(
    transform: ModalityTransform, stored: codecs.Array
) -> tuple[ModalityTransform, tuple[str, ...]]:
    """Return a modality transform that float32 can compute on `stored`, and notes."""
    if not isinstance(transform, Rescale):
        return transform, ()
    notes = []
    if not transform.is_identity and not transform.is_computable(stored):
        transform = Rescale()
        notes.append("the rescale of this file cannot be computed: stored values are shown")
    if not transform.is_computable(stored):
        notes.append("values beyond 3.4e38 cannot be shown")
    elif transform.is_rounding(stored):
        notes.append("values are rounded to 24 bits")
    return transform, tuple(notes)


def vois_of(
    view: FrameView, layout: PixelLayout, transform: ModalityTransform, *, is_little_endian: bool
) -> tuple[tuple[Voi, ...], tuple[str, ...]]:
    """Return the views that the file offers, windows before tables, and notes."""
    windows, notes = _windows(view.holder(_VOI_GROUP, "WindowCenter"))
    if layout.float_bits:
        windows = [_for_real_numbers(window) for window in windows]
    # Modality values may be negative where stored values are not.
    is_signed = layout.is_signed or (isinstance(transform, Rescale) and transform.intercept < 0)
    tables: list[Voi] = []
    for item in items(view.holder(_VOI_GROUP, "VOILUTSequence"), "VOILUTSequence"):
        table = read_lut(
            item,
            "LUTDescriptor",
            "LUTData",
            is_signed=is_signed,
            is_little_endian=is_little_endian,
        )
        if table is None:
            notes.append("VOI LUT unreadable")
        else:
            explanation = text(item, "LUTExplanation")
            tables.append(VoiLut(table.first_mapped, table.entries, table.bits, explanation))
    return (*windows, *tables), tuple(notes)


def padding_of(dataset: Dataset, layout: PixelLayout) -> PaddingRange | None:
    """Return the stored values that mean "no image"; in MONOCHROME1 the limit lies below."""
    prefix = "Float" if layout.float_bits == 32 else "DoubleFloat" if layout.float_bits else ""
    value = number(dataset, f"{prefix}PixelPaddingValue")
    if value is None:
        return None
    limit = number(dataset, f"{prefix}PixelPaddingRangeLimit")
    ends = [value, value if limit is None else limit]
    if not layout.float_bits:
        ends = [_in_signedness(end, layout) for end in ends]
    return PaddingRange(min(ends), max(ends))


def is_inverted(dataset: Dataset) -> bool:
    """Tell whether the smallest value is white; the two ways of saying so do not add up."""
    return (
        text(dataset, "PhotometricInterpretation").upper() == "MONOCHROME1"
        or text(dataset, "PresentationLUTShape").upper() == "INVERSE"
    )


def _windows(dataset: Dataset) -> tuple[list[VoiWindow], list[str]]:
    centers, widths = texts(dataset, "WindowCenter"), texts(dataset, "WindowWidth")
    explanations = texts(dataset, "WindowCenterWidthExplanation")
    function = _voi_function(text(dataset, "VOILUTFunction"))
    windows: list[VoiWindow] = []
    notes = []
    for index, (center, width) in enumerate(zip(centers, widths, strict=False)):
        explanation = explanations[index] if index < len(explanations) else ""
        try:
            windows.append(VoiWindow(float(center), float(width), function, explanation))
        except ValueError:
            notes.append(f"window width {width or 'missing'}, center {center or 'missing'} ignored")
    return windows, notes


def _for_real_numbers(window: VoiWindow) -> VoiWindow:
    """Return a window without the half steps of LINEAR, which are meant for whole numbers.

    Center 0.5 and width 1, written for a map from 0 to 1, would be a threshold at 0 with them.
    """
    if window.function is not VoiFunction.LINEAR:
        return window
    return replace(window, function=VoiFunction.LINEAR_EXACT)


def _voi_function(name: str) -> VoiFunction:
    try:
        return VoiFunction(name.upper())
    except ValueError:
        return VoiFunction.LINEAR


def _rescale_unit(view: FrameView) -> str:
    root = view.root
    stated = text(view.holder(_TRANSFORM_GROUP, "RescaleType"), "RescaleType")
    if text(root, "Modality") == "CT":
        is_scout = "LOCALIZER" in (value.upper() for value in texts(root, "ImageType"))
        return "HU" if stated.upper() in ("HU", "") and not is_scout else _plain_unit(stated)
    return _pet_unit(root) or _plain_unit(stated) or _mapped_unit(view)


def _pet_unit(root: Dataset) -> str:
    if text(root, "Modality") != "PT":
        return ""
    units = text(root, "Units").upper()
    return _PET_UNITS.get(units, units.lower())


def _mapped_unit(view: FrameView) -> str:
    """Return the unit that a parametric map gives to its values as they are.

    A mapping that would change the values is an alternative to the modality transform, whose
    values we show, and its unit is not theirs.
    """
    if text(view.root, "SOPClassUID") != _PARAMETRIC_MAP:
        return ""
    mappings = view.group_items("RealWorldValueMappingSequence")[:1]
    for mapping in mappings or items(view.root, "RealWorldValueMappingSequence")[:1]:
        line = (number(mapping, "RealWorldValueSlope"), number(mapping, "RealWorldValueIntercept"))
        for code in items(mapping, "MeasurementUnitsCodeSequence")[:1]:
            unit = text(code, "CodeValue")
            if line == (1.0, 0.0) and unit != _UCUM_NO_UNIT:
                return unit
    return ""


def _plain_unit(stated: str) -> str:
    """Return a Rescale Type as a unit; HU is left to CT, US means unspecified."""
    return "" if stated.upper() in ("US", "HU", "NORMALIZED") else stated


def _in_signedness(value: float, layout: PixelLayout) -> float:
    """Read a padding value with the sign of the pixels; its VR is often the wrong one."""
    whole = int(value) & ((1 << layout.bits_allocated) - 1)
    if layout.is_signed and whole >> (layout.bits_allocated - 1):
        whole -= 1 << layout.bits_allocated
    return float(whole)
