"""The marks of a synthetic instance: read here from any file, set here on what we write.

One mark is enough to be read as synthetic, because others do not survive: PS3.15's Basic Profile
removes private elements and every free text. Synthetic Data, Conversion Type and the contributing
equipment stay, so the hash of the weights stands there too.
"""

import hashlib
import json
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as DicomSequence

from medgan_viewer import __version__
from medgan_viewer.dicom.source_images import SourceImage, source_references, sources_used
from medgan_viewer.errors import InputError
from medgan_viewer.imaging.frame import Provenance, SyntheticKind

SOFTWARE_NAME = "medgan-viewer"
TITLE = "SYNTHETIC - not acquired"
UNKNOWN_MODEL = "unknown generator"

PRIVATE_GROUP = 0x0099
PRIVATE_CREATOR = "MEDGAN VIEWER 1"
_RECIPE, _PACKAGE_ID, _MODEL_NAME, _WEIGHTS, _KIND, _SUMMARY, _PIXEL_HASH = range(0x01, 0x08)

_SYNTHESIZING_EQUIPMENT = ("109100", "DCM", "Synthesizing Equipment")  # CID 7005
_ACQUISITION_EQUIPMENT = ("109101", "DCM", "Acquisition Equipment")
_SOURCE_IMAGE = ("121322", "DCM", "Source image for image processing operation")  # CID 7202
_IMAGE_SYNTHESIS = ("SYNTH", "99MEDGAN", "Image synthesis by generative network")

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"  # and its multi-frame kinds .7.1 to .7.4
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What pydicom raises for values that do not fit their VR.
_BROKEN_VALUE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    NotImplementedError,
    ArithmeticError,
    EOFError,
    RecursionError,
    struct.error,
    BytesLengthException,
    InvalidDicomError,
)


class IncompleteProvenanceError(InputError):
    """A synthetic image lacks what must stand in its file."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """The equipment that acquired the source images."""

    manufacturer: str
    model_name: str = ""


def provenance_of(dataset: Dataset) -> Provenance | None:
    """Return where a synthetic instance came from, or None when it carries no mark.

    Never raises: broken values are read as far as they can be.

    Notes
    -----
    Conversion Type SYN raises false alarms: files that GDCM wrote carry it on acquired images too
    (seen with ITK/GDCM 1.2.4 and GDCM 2.8.4). They are kept, since other files have no other mark.
    """
    equipment = _synthesizing_equipment(dataset)
    private = _private_texts(dataset)
    is_marked = (
        "YES" in _texts(dataset, "SyntheticData")
        or _is_converted_from_nothing(dataset)
        or equipment is not None
        or private is not None
    )
    if not is_marked:
        return None
    private = private or {}
    versions = _texts(equipment, "SoftwareVersions") if equipment is not None else ()
    names = _texts(equipment, "ManufacturerModelName") if equipment is not None else ()
    hashes = [text.lower() for text in versions if _SHA256.fullmatch(text.lower())]
    sources = source_references(dataset)
    return Provenance(
        kind=_kind_of(private.get(_KIND, "")),
        model_name=private.get(_MODEL_NAME) or " ".join(names) or UNKNOWN_MODEL,
        package_id=private.get(_PACKAGE_ID, ""),
        weights_sha256=private.get(_WEIGHTS) or (hashes[0] if hashes else ""),
        recipe_json=private.get(_RECIPE, ""),
        summary=private.get(_SUMMARY, ""),
        source_uids=sources.uids,
        source_frames=sources.frame_numbers,
        own_source=sources.own_index,
    )


def require_complete(provenance: Provenance) -> None:
    """Raise IncompleteProvenanceError, naming what is missing, unless all of it is there."""
    missing = [
        name
        for name, is_there in (
            ("the way it was made", provenance.kind is not SyntheticKind.UNKNOWN),
            ("the name of its generator", bool(provenance.model_name)),
            ("its model package", bool(provenance.package_id)),
            ("the hash of the weights", bool(_SHA256.fullmatch(provenance.weights_sha256))),
            ("its recipe", _is_json_object(provenance.recipe_json)),
            ("its source images", bool(provenance.source_uids) or not _needs_sources(provenance)),
        )
        if not is_there
    ]
    if missing:
        raise IncompleteProvenanceError(
            problem=f"The synthetic image by {provenance.model_name or UNKNOWN_MODEL} "
            f"does not say {', '.join(missing)}.",
            action="Make the image again with an installed model package, then save it.",
        )


def apply_marks(
    dataset: Dataset,
    provenance: Provenance,
    *,
    has_label: bool,
    sources: Iterable[SourceImage] = (),
    scanner: Scanner | None = None,
    keeps_place: bool = False,
) -> None:
    """Set every mark on an instance that is complete otherwise, pixels included.

    Parameters
    ----------
    dataset : changed in place; its Pixel Data are hashed into the private block
    has_label : the word SYNTHETIC is burned into the pixels
    sources : one for each of `provenance.source_uids`; others are left out
    keeps_place : every pixel shows the same place in the patient as that of its own source

    Raises
    ------
    IncompleteProvenanceError
        A file could not say how the image was made.
    ValueError
        `sources` lacks one of `provenance.source_uids`, or the dataset has no pixels.
    """
    require_complete(provenance)
    if "PixelData" not in dataset:
        raise ValueError("marks are set last, after the pixels")
    used = sources_used(provenance, sources)
    dataset.SyntheticData = "YES"
    dataset.ImageType = ["DERIVED", "SECONDARY", "OTHER", "SYNTHETIC"]
    dataset.ConversionType = "SYN"
    dataset.BurnedInAnnotation = "YES" if has_label else "NO"
    dataset.Manufacturer = SOFTWARE_NAME
    dataset.ManufacturerModelName = short_text(provenance.model_name)
    dataset.SoftwareVersions = _versions(provenance)
    dataset.SeriesDescription = short_text(f"{TITLE} - {provenance.model_name}")
    dataset.ImageComments = _one_line(f"{TITLE} - {provenance.model_name}. {provenance.summary}")
    dataset.DerivationDescription = _derivation(provenance, has_label)
    dataset.DerivationCodeSequence = [_code(_IMAGE_SYNTHESIS)]
    dataset.ContributingEquipmentSequence = _equipment_items(provenance, scanner)
    if used:
        own = provenance.own_source if len(used) > 1 else 0
        dataset.SourceImageSequence = [
            _source_item(source, keeps_place and index == own) for index, source in enumerate(used)
        ]
    if any(source.is_lossy for source in used):
        dataset.LossyImageCompression = "01"
    _write_private_block(dataset, provenance)


def mark_derived(dataset: Dataset, provenance: Provenance) -> None:
    """Mark an object without pixels that tells of a synthetic image: a report, a presentation."""
    dataset.SyntheticData = "YES"
    dataset.SeriesDescription = short_text(f"{TITLE} - {provenance.model_name}")
    [equipment] = _equipment_items(provenance, None)
    equipment.SoftwareVersions = [each for each in equipment.SoftwareVersions if each]
    dataset.ContributingEquipmentSequence = [equipment]


def _needs_sources(provenance: Provenance) -> bool:
    return provenance.kind in (SyntheticKind.TRANSLATED, SyntheticKind.RECONSTRUCTED)


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _derivation(provenance: Provenance, has_label: bool) -> str:
    label = "burned into the pixels" if has_label else "left out of the pixels by choice"
    parts = (
        f"{provenance.kind.value.capitalize()} by {provenance.model_name}",
        f"package {provenance.package_id}",
        f"weights SHA-256 {provenance.weights_sha256}",
        f"label SYNTHETIC {label}",
        provenance.summary,
    )
    return _one_line("; ".join(filter(None, parts)))[:1024]  # ST


def _versions(provenance: Provenance) -> list[str]:
    """Return our version and the bare hash: both fit the 64 characters of LO exactly."""
    return [f"{SOFTWARE_NAME} {__version__}", provenance.weights_sha256]


def _equipment_items(provenance: Provenance, scanner: Scanner | None) -> list[Dataset]:
    ours = Dataset()
    ours.PurposeOfReferenceCodeSequence = [_code(_SYNTHESIZING_EQUIPMENT)]
    ours.Manufacturer = SOFTWARE_NAME
    ours.ManufacturerModelName = short_text(provenance.model_name)
    ours.SoftwareVersions = _versions(provenance)
    if scanner is None:
        return [ours]
    acquisition = Dataset()
    acquisition.PurposeOfReferenceCodeSequence = [_code(_ACQUISITION_EQUIPMENT)]
    acquisition.Manufacturer = short_text(scanner.manufacturer)
    acquisition.ManufacturerModelName = short_text(scanner.model_name)
    return [ours, acquisition]


def _source_item(source: SourceImage, keeps_place: bool) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = source.sop_class_uid
    item.ReferencedSOPInstanceUID = source.sop_instance_uid
    if source.frame_number is not None:
        item.ReferencedFrameNumber = source.frame_number
    if keeps_place:
        item.SpatialLocationsPreserved = "YES"
    item.PurposeOfReferenceCodeSequence = [_code(_SOURCE_IMAGE)]
    return item


def _code(triple: tuple[str, str, str]) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = triple
    return item


def _write_private_block(dataset: Dataset, provenance: Provenance) -> None:
    block = dataset.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
    block.add_new(_RECIPE, "UT", provenance.recipe_json)
    block.add_new(_PACKAGE_ID, "UT", provenance.package_id)
    block.add_new(_MODEL_NAME, "UT", provenance.model_name)
    block.add_new(_WEIGHTS, "LO", provenance.weights_sha256)
    block.add_new(_KIND, "CS", provenance.kind.value.upper())
    block.add_new(_SUMMARY, "UT", provenance.summary)
    block.add_new(_PIXEL_HASH, "LO", hashlib.sha256(dataset.PixelData).hexdigest())


def _private_texts(dataset: Dataset) -> dict[int, str] | None:
    """Return the texts of our private block by element, or None when there is no such block."""
    tags = dataset.keys()
    if not any(tag >> 16 == PRIVATE_GROUP for tag in tags):
        return None
    for number in range(0x10, 0x100):
        creator = _texts(dataset, (PRIVATE_GROUP, number))
        if creator == (PRIVATE_CREATOR,):
            return {
                element: text
                for element in (_RECIPE, _PACKAGE_ID, _MODEL_NAME, _WEIGHTS, _KIND, _SUMMARY)
                if (text := "\\".join(_texts(dataset, (PRIVATE_GROUP, number << 8 | element))))
            }
    return None


def _kind_of(text: str) -> SyntheticKind:
    try:
        return SyntheticKind(text.lower())
    except ValueError:
        return SyntheticKind.UNKNOWN


def _is_converted_from_nothing(dataset: Dataset) -> bool:
    """Say whether Conversion Type calls a Secondary Capture synthetic.

    The attribute belongs to Secondary Capture (PS3.3 C.8.6.1). Toolkits leave a meaningless SYN in
    scans that they rewrote, so elsewhere it says nothing.
    """
    sop_class = next(iter(_texts(dataset, "SOPClassUID")), "")
    is_capture = sop_class in ("", _SECONDARY_CAPTURE) or sop_class.startswith(
        f"{_SECONDARY_CAPTURE}."
    )
    return is_capture and "SYN" in _texts(dataset, "ConversionType")


def _synthesizing_equipment(dataset: Dataset) -> Dataset | None:
    value, scheme, _ = _SYNTHESIZING_EQUIPMENT
    for item in _items(dataset, "ContributingEquipmentSequence"):
        for code in _items(item, "PurposeOfReferenceCodeSequence"):
            is_ours = value in _texts(code, "CodeValue")
            if is_ours and scheme in _texts(code, "CodingSchemeDesignator"):
                return item
    return None


def _items(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    try:
        value = dataset.get(keyword)
        return tuple(value) if isinstance(value, DicomSequence) else ()
    except _BROKEN_VALUE:
        return ()


def _texts(dataset: Dataset, key: str | tuple[int, int]) -> tuple[str, ...]:
    """Return the values of an element as stripped texts; none when absent or unreadable."""
    try:
        if key not in dataset:
            return ()
        value = dataset[key].value
        values = list(value) if isinstance(value, MultiValue | list) else [value]
        texts = [
            each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each)
            for each in values
            if each is not None
        ]
    except _BROKEN_VALUE:
        return ()
    return tuple(text.strip(" \0") for text in texts)


def _one_line(text: str) -> str:
    """Return text that fits every text VR: no backslash, no control character."""
    return " ".join("".join(c if c.isprintable() and c != "\\" else " " for c in text).split())


def short_text(text: str) -> str:
    """Return text that fits LO: one line of at most 64 characters."""
    return _one_line(text)[:64].strip()
