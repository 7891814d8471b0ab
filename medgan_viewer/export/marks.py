"""The marks of a synthetic image outside DICOM: one JSON document, beside the file or inside it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from PIL import Image, UnidentifiedImageError

from medgan_viewer import __version__
from medgan_viewer.errors import InputError
from medgan_viewer.files import is_file
from medgan_viewer.imaging.frame import Provenance, SyntheticKind

SCHEMA_VERSION = 1
SOFTWARE = f"medgan-viewer {__version__}"
PNG_KEY = "Medgan-Marks"
LARGEST_BYTES = 64 << 20  # of a document


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a bare array cannot say about its numbers.

    Attributes
    ----------
    unit : of the values; empty when they have none
    shape, dtype : of the array in the file
    spacing : text for people, "0.5 x 0.5 mm" with its source; "px" when no length is known
    notes : short remarks for people, such as slices that were interpolated
    """

    unit: str
    shape: tuple[int, ...]
    dtype: str
    spacing: str
    notes: tuple[str, ...] = ()


def sidecar_path(path: Path) -> Path:
    """Return where the marks of `path` stand: "image.npy" has "image.npy.json"."""
    return path.with_name(f"{path.name}.json")


def marks_json(provenance: Provenance | None, facts: ImageFacts | None = None) -> str:
    """Return the marks as a JSON document; an acquired image has `"synthetic": false`."""
    document: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "software": SOFTWARE,
        "synthetic": provenance is not None,
    }
    if facts is not None:
        document |= {
            "unit": facts.unit,
            "shape": list(facts.shape),
            "dtype": facts.dtype,
            "spacing": facts.spacing,
            "notes": list(facts.notes),
        }
    if provenance is not None:
        document["provenance"] = {
            "kind": provenance.kind.value,
            "model_name": provenance.model_name,
            "package_id": provenance.package_id,
            "weights_sha256": provenance.weights_sha256,
            "summary": provenance.summary,
            "source_uids": list(provenance.source_uids),
            "source_frames": list(provenance.source_frames),
            "own_source": provenance.own_source,
            "recipe_json": provenance.recipe_json,
        }
    return json.dumps(document, indent=2, ensure_ascii=False)


def read_marks(path: Path) -> Provenance | None:
    """Return the provenance of an exported PNG, .npy or NIfTI file; None for an acquired image.

    Raises
    ------
    InputError
        The file is missing, or it carries no marks of this program at all.
    """
    if not is_file(path):
        raise InputError(problem=f"{path} is missing.", action="Check the path.")
    text = png_text(path) if path.suffix.lower() == ".png" else sidecar_text(path)
    return parse_marks(text, path)


def parse_marks(text: str, path: Path) -> Provenance | None:
    """Return what a document of marks says; InputError names `path` when the text is none."""
    document = _marks_document(text)
    if document is None:
        raise _no_marks(path, "not a marks document")
    return _provenance_from(document.get("provenance")) if document["synthetic"] else None


def is_marks(text: str) -> bool:
    """Say whether a text is a document of marks."""
    return _marks_document(text) is not None


def _marks_document(text: str) -> dict[str, object] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(document, dict) and isinstance(document.get("synthetic"), bool)
    return document if is_one else None


def _provenance_from(entry: object) -> Provenance:
    """Read what is there; whatever is broken is unknown, and the image stays synthetic."""
    values = entry if isinstance(entry, dict) else {}

    def text(key: str) -> str:
        value = values.get(key)
        return value if isinstance(value, str) else ""

    known_kinds = {kind.value: kind for kind in SyntheticKind}
    stated = values.get("source_uids")
    uids = tuple(stated) if _is_list_of_texts(stated) else ()
    counted = values.get("source_frames")
    numbers = tuple(counted) if _is_list_of_whole_numbers(counted) else ()
    own = values.get("own_source")
    return Provenance(
        kind=known_kinds.get(text("kind"), SyntheticKind.UNKNOWN),
        model_name=text("model_name"),
        package_id=text("package_id"),
        weights_sha256=text("weights_sha256"),
        recipe_json=text("recipe_json"),
        summary=text("summary"),
        source_uids=uids,
        source_frames=numbers if len(numbers) == len(uids) else (),
        own_source=own if type(own) is int and 0 <= own < len(uids) else None,
    )


def _is_list_of_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_list_of_whole_numbers(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(each) is int and each > 0 for each in value)


def png_text(path: Path) -> str:
    """Return the document in a PNG; empty when it has none, InputError when it is no PNG."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return str(image.info.get(PNG_KEY, ""))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InputError(
            problem=f"{path.name} could not be read as a PNG file.",
            action="Use a file that this program exported.",
            details=f"{type(error).__name__}: {error}",
        ) from error


def sidecar_text(path: Path) -> str:
    """Return the document beside a file; InputError when there is none to be read."""
    sidecar = sidecar_path(path)
    try:
        if sidecar.stat().st_size > LARGEST_BYTES:
            raise _no_marks(path, f"{sidecar.name} is too large")
        return sidecar.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _no_marks(path, f"{type(error).__name__}: {error}") from error


def _no_marks(path: Path, details: str) -> InputError:
    return InputError(
        problem=f"{path.name} does not say whether it is synthetic and how it was made.",
        action=f"Keep {sidecar_path(path).name} beside it, or use the DICOM export.",
        details=details,
    )
