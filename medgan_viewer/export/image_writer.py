"""A frame to PNG, as the screen shows it: 8 bits, amber bar and provenance when synthetic."""

from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medgan_viewer.dicom.synthetic_marks import TITLE
from medgan_viewer.export.marks import PNG_KEY, SOFTWARE, marks_json
from medgan_viewer.export.target import check_target
from medgan_viewer.files import write_atomically
from medgan_viewer.imaging.display import default_voi, render_display
from medgan_viewer.imaging.frame import PixelFrame, Provenance
from medgan_viewer.imaging.label import draw_bar, label_lines
from medgan_viewer.imaging.voi import Voi


def write_png(
    frame: PixelFrame,
    path: Path,
    voi: Voi | None = None,
    *,
    inverted: bool = False,
    colormap: str = "gray",
    burn_in: bool = True,
    overwrite: bool = False,
    source_paths: tuple[Path, ...] = (),
) -> None:
    """Write one image pixel per PNG pixel.

    Parameters
    ----------
    voi : None takes the frame's own default view
    inverted, colormap : as on screen, on top of the file's own polarity
    burn_in : cover the top rows of a synthetic image with the amber bar; the text marks in the
        metadata are always there. An acquired image gets neither
    source_paths : opened files and folders, into which nothing is written

    Raises
    ------
    InputError
        `path` may not be written.
    """
    check_target(path, overwrite=overwrite, source_paths=source_paths)
    pixels = render_display(
        frame, voi or default_voi(frame), inverted=inverted, colormap=colormap
    ).pixels
    if frame.is_synthetic and burn_in:
        pixels = draw_bar(pixels, "\n".join(label_lines(frame)))
    metadata = _metadata(frame.provenance, has_bar=burn_in)
    image = Image.fromarray(pixels)
    write_atomically(path, lambda stream: image.save(stream, "PNG", pnginfo=metadata))


def _metadata(provenance: Provenance | None, *, has_bar: bool) -> PngInfo:
    """Return text chunks: short ones for people and other programs, and the whole document."""
    texts = {"Software": SOFTWARE, PNG_KEY: marks_json(provenance)}
    if provenance is not None:
        texts |= {
            "Synthetic": "YES",
            "Description": f"{TITLE} - {provenance.model_name}",
            "Model": provenance.model_name,
            "Weights SHA-256": provenance.weights_sha256,
            "Recipe": provenance.recipe_json,
            "Label": "burned in" if has_bar else "left out of the pixels by choice",
        }
    metadata = PngInfo()
    for key, text in texts.items():
        metadata.add_text(key, text)
    return metadata
