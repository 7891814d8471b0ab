"""Exported pictures: what the screen shows, an amber bar, and marks that others can read."""

import numpy as np
import pytest
from PIL import Image

from medgan_viewer.errors import InputError
from medgan_viewer.export.image_writer import write_png
from medgan_viewer.export.marks import read_marks
from medgan_viewer.imaging.display import render_display
from medgan_viewer.imaging.frame import PixelFrame, Provenance, SyntheticKind
from medgan_viewer.imaging.label import AMBER
from medgan_viewer.imaging.voi import VoiWindow

GENERATED = Provenance(
    kind=SyntheticKind.GENERATED,
    model_name="Chest 1.0",
    package_id="chest",
    weights_sha256="ab" * 32,
    recipe_json='{"seed": 41, "note": "ψ"}',
    summary="seed 41 · psi 0.70",
    source_uids=("1.2.3",),
)
WINDOW = VoiWindow(2000, 3000)


def frame(provenance=GENERATED):
    stored = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    return PixelFrame(stored, vois=(WINDOW,), provenance=provenance)


def test_an_acquired_image_is_what_the_screen_shows_and_carries_no_mark(tmp_path):
    path = tmp_path / "image.png"

    write_png(frame(provenance=None), path)

    with Image.open(path) as image:
        assert np.array_equal(image, render_display(frame(), WINDOW).pixels)
        assert "Synthetic" not in image.info
    assert read_marks(path) is None


def test_a_synthetic_image_has_an_amber_bar_and_is_untouched_below_it(tmp_path):
    path = tmp_path / "image.png"

    write_png(frame(), path)

    shown = render_display(frame(), WINDOW).pixels
    with Image.open(path) as image:
        pixels = np.asarray(image)
    is_amber = (pixels == AMBER).all(axis=2)
    assert is_amber[0].all()
    assert is_amber[:11].mean() > 0.5
    assert np.array_equal(pixels[11:], np.stack([shown[11:]] * 3, axis=2))


def test_a_bar_left_out_leaves_the_pixels_and_keeps_the_metadata(tmp_path):
    path = tmp_path / "image.png"

    write_png(frame(), path, burn_in=False)

    with Image.open(path) as image:
        assert np.array_equal(image, render_display(frame(), WINDOW).pixels)
        assert image.info["Synthetic"] == "YES"
        assert image.info["Label"] == "left out of the pixels by choice"


def test_the_metadata_name_generator_weights_and_recipe(tmp_path):
    path = tmp_path / "image.png"

    write_png(frame(), path)

    with Image.open(path) as image:
        assert image.info["Synthetic"] == "YES"
        assert image.info["Model"] == "Chest 1.0"
        assert image.info["Recipe"] == GENERATED.recipe_json
        assert image.info["Software"].startswith("medgan-viewer ")
    assert read_marks(path) == GENERATED


def test_an_image_of_another_program_is_marked_though_its_recipe_is_unknown(tmp_path):
    path = tmp_path / "image.png"
    foreign = Provenance(SyntheticKind.UNKNOWN, "Other GAN")

    write_png(frame(foreign), path)

    assert read_marks(path) == foreign


def test_the_chosen_view_is_written(tmp_path):
    path = tmp_path / "image.png"
    narrow = VoiWindow(100, 10)

    write_png(frame(provenance=None), path, narrow)

    with Image.open(path) as image:
        assert np.array_equal(image, render_display(frame(), narrow).pixels)


def test_color_images_are_written_in_color(tmp_path):
    path = tmp_path / "image.png"
    rgb = np.arange(32 * 64 * 3, dtype=np.uint8).reshape(32, 64, 3)

    write_png(PixelFrame(rgb, provenance=GENERATED), path)

    with Image.open(path) as image:
        assert np.array_equal(np.asarray(image)[11:], rgb[11:])


def test_an_existing_file_is_replaced_only_when_asked(tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(b"mine")

    with pytest.raises(InputError, match="exists already"):
        write_png(frame(), path)
    assert path.read_bytes() == b"mine"

    write_png(frame(), path, overwrite=True)
    assert read_marks(path) == GENERATED


def test_a_picture_of_another_program_does_not_say_whether_it_is_synthetic(tmp_path):
    path = tmp_path / "image.png"
    Image.new("L", (4, 4)).save(path)

    with pytest.raises(InputError, match="does not say whether it is synthetic"):
        read_marks(path)


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"])
def test_a_broken_picture_is_refused_in_plain_words(tmp_path, content):
    path = tmp_path / "image.png"
    path.write_bytes(content)

    with pytest.raises(InputError, match="could not be read as a PNG file"):
        read_marks(path)


def test_a_missing_picture_is_refused_in_plain_words(tmp_path):
    with pytest.raises(InputError, match="is missing"):
        read_marks(tmp_path / "image.png")


def test_the_same_frame_gives_the_same_file(tmp_path):
    for name in ("a.png", "b.png"):
        write_png(frame(), tmp_path / name)

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
