"""find_recipe: the recipe in any file that this program writes; its kind is told by its content."""

from pathlib import Path

from medgan_viewer.dicom.decoder import DecoderPool
from medgan_viewer.dicom.decoder_messages import ReadFrame
from medgan_viewer.dicom.hierarchy import FrameRef
from medgan_viewer.errors import InputError
from medgan_viewer.export.marks import LARGEST_BYTES, is_marks, parse_marks, png_text, sidecar_text
from medgan_viewer.imaging.frame import PixelFrame, Provenance
from medgan_viewer.latent.recipe import Recipe, parse_recipe

_PNG = b"\x89PNG"
_WITH_SIDECAR = (b"\x93NUMPY", b"\x1f\x8b", b"\x5c\x01\0\0")  # .npy, .nii.gz, .nii
_DICOM, _DICOM_AT = b"DICM", 128


def find_recipe(path: Path, pool: DecoderPool) -> Recipe:
    """Return the recipe of an exported image.

    Parameters
    ----------
    path : DICOM or PNG file, .npy or NIfTI file with its JSON file beside it, that JSON file, or
        the recipe itself
    pool : reads DICOM

    Raises
    ------
    InputError
        The file cannot be read, or holds no recipe.
    """
    try:
        with path.open("rb") as stream:  # once: it may be a pipe
            start = stream.read(_DICOM_AT + len(_DICOM))
            if start.endswith(_DICOM) and len(start) > _DICOM_AT:
                return _recipe_of(_read(path, pool).provenance, path)
            if start.startswith(_PNG):
                text = png_text(path)
            elif start.startswith(_WITH_SIDECAR):
                text = sidecar_text(path)
            else:
                text = (start + stream.read(LARGEST_BYTES)).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            problem=f"The recipe in {path} cannot be read ({type(error).__name__}).",
            action="Give an image that medgan-viewer wrote, or a JSON file with a recipe.",
        ) from error
    if is_marks(text):
        return _recipe_of(parse_marks(text, path), path)
    return parse_recipe(text, path.name)


def _read(path: Path, pool: DecoderPool) -> PixelFrame:
    frame = pool.run(ReadFrame(FrameRef(path.absolute(), "")))
    assert isinstance(frame, PixelFrame)
    return frame


def _recipe_of(provenance: Provenance | None, path: Path) -> Recipe:
    if provenance is None:
        raise InputError(
            problem=f"{path.name} shows an acquired image, and only synthetic ones have a recipe.",
            action="Give an image that medgan-viewer made.",
        )
    if not provenance.recipe_json:
        raise InputError(
            problem=f"{path.name} is marked as synthetic but carries no recipe.",
            action="Use the file as medgan-viewer wrote it: de-identification removes the recipe.",
        )
    return parse_recipe(provenance.recipe_json, path.name)
