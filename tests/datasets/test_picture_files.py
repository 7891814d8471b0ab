"""Pictures of a folder: their depth, their labels, and files that are refused."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from medgan_viewer.datasets.picture_files import read_pictures
from medgan_viewer.errors import InputError
from tests.datasets.conftest import config_of, write_picture, write_table


def table_of(folder, *rows):
    return write_table(folder / "labels.csv", rows)


def test_pictures_are_read_gray_at_one_size_with_label_and_patient(tmp_path):
    write_picture(tmp_path / "one.png", 200, (20, 30))
    Image.fromarray(np.full((9, 9, 3), 50, np.uint8)).save(tmp_path / "color.jpg")
    table_of(tmp_path, ("one.png", "sick", "P7"), ("color.jpg", "well", "P8"))

    images = read_pictures(config_of(tmp_path, label_names=("well", "sick")), tmp_path, 8).images

    assert images.pixels.shape == (2, 8, 8)
    assert images.pixels.dtype == np.uint8
    assert images.pixels[0].tolist() == [[200] * 8] * 8
    assert images.pixels[1].mean() == pytest.approx(50, abs=1)
    assert images.labels.tolist() == [1, 0]
    assert images.patients.tolist() == ["P7", "P8"]
    assert (images.intensity.rule, images.intensity.high, images.trained_bits) == ("full", 255, 8)


def test_sixteen_bit_pictures_keep_their_grays_and_the_others_become_as_deep(tmp_path):
    ramp = np.arange(40_000, 40_064, dtype=np.uint16).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    Image.fromarray(ramp).save(tmp_path / "deep.tif")
    write_picture(tmp_path / "flat.png", 128)
    names = ("deep.png", "deep.tif", "flat.png")
    table_of(tmp_path, *((name, "x", name) for name in names))

    images = read_pictures(config_of(tmp_path), tmp_path, 8).images

    assert images.pixels.dtype == np.uint16
    assert np.array_equal(images.pixels[0], ramp)
    assert np.array_equal(images.pixels[1], ramp)
    assert (images.pixels[2] == 128 * 257).all()
    assert images.trained_bits == 16


def test_twelve_bits_in_sixteen_are_noticed_and_a_window_spreads_them(tmp_path):
    Image.fromarray(np.linspace(0, 4095, 64).astype(np.uint16).reshape(8, 8)).save(
        tmp_path / "a.png"
    )
    table_of(tmp_path, ("a.png", "x", "P"))

    dark = read_pictures(config_of(tmp_path), tmp_path, 8)
    window = {"rule": "window", "low": 0, "high": 4095}
    bright = read_pictures(config_of(tmp_path, intensity=window), tmp_path, 8)

    assert dark.images.trained_bits == 12
    assert dark.images.pixels.max() == 4095
    assert "lowest 12 bits" in dark.notes[0]
    assert bright.images.pixels.max() == 65535
    assert bright.notes == ()


def test_percentiles_are_taken_of_each_picture(tmp_path):
    ramp = np.arange(64, dtype=np.uint8).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "dark.png")
    Image.fromarray(ramp * 3 + 20).save(tmp_path / "bright.png")
    table_of(tmp_path, ("dark.png", "x", "P"), ("bright.png", "x", "Q"))
    rule = {"rule": "percentile", "low": 0, "high": 100}

    images = read_pictures(config_of(tmp_path, intensity=rule), tmp_path, 8).images

    assert images.pixels.dtype == np.uint8
    assert np.array_equal(images.pixels[0], images.pixels[1])
    assert images.pixels[0].flat[-1] == 255


def test_without_a_table_sub_folders_are_labels_and_file_names_tell_patients(tmp_path):
    for name in ("well/p1_run1.png", "well/p1_run2.png", "sick/deep/p2.jpg", "stray.png"):
        write_picture(tmp_path / name)

    whole = read_pictures(config_of(tmp_path), tmp_path, 8)

    assert whole.images.label_names == ("sick", "well")
    assert whole.images.labels.tolist() == [0, 1, 1]
    assert whole.images.patients.tolist() == ["p2", "p1", "p1"]
    assert "2 patients for 3 files" in whole.notes[0]
    assert "stray.png" in whole.notes[1]


def test_slices_of_one_person_are_of_one_patient(tmp_path):
    for name in ("sick/person1_bacteria_1.png", "sick/person1_bacteria_2.png", "well/p7_9.png"):
        write_picture(tmp_path / name)

    images = read_pictures(config_of(tmp_path), tmp_path, 8).images

    assert images.patients.tolist() == ["person1", "person1", "p7"]


def test_names_that_tell_a_patient_for_each_file_need_somebody_to_say_so(tmp_path):
    for name in ("well/scan.png", "well/other.png", "sick/third.png"):
        write_picture(tmp_path / name)

    with pytest.raises(InputError, match="3 files tell 3 patients") as caught:
        read_pictures(config_of(tmp_path), tmp_path, 8)
    assert "one_patient_per_file" in caught.value.action

    images = read_pictures(config_of(tmp_path, one_patient_per_file=True), tmp_path, 8).images
    assert len(set(images.patients)) == 3


def test_pictures_without_labels_have_no_names(tmp_path):
    write_picture(tmp_path / "a.png")
    write_picture(tmp_path / "b.png")

    config = config_of(tmp_path, one_patient_per_file=True)
    images = read_pictures(config, tmp_path, 8).images

    assert images.label_names == ()
    assert images.labels.tolist() == [0, 0]


def test_the_pixel_size_grows_as_the_picture_shrinks(tmp_path):
    write_picture(tmp_path / "a.png", shape=(16, 32))
    table_of(tmp_path, ("a.png", "x", "P"))

    images = read_pictures(config_of(tmp_path, spacing_mm=0.5), tmp_path, 8).images

    assert images.spacing_mm == 1.0  # 16 pixels of 0.5 mm become 8


def test_pictures_marked_as_synthetic_are_not_trained_on(tmp_path):
    marks = PngInfo()
    marks.add_text("Synthetic", "YES")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "made.png", pnginfo=marks)
    write_picture(tmp_path / "real.png")
    table_of(tmp_path, ("made.png", "x", "P"), ("real.png", "x", "Q"))

    whole = read_pictures(config_of(tmp_path), tmp_path, 8)

    assert whole.images.patients.tolist() == ["Q"]
    assert "made.png: a synthetic image" in whole.notes[0]


def bomb():
    """Return a PNG that says it has 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = b""
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000)))):
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        chunks += struct.pack(">I", len(data)) + kind + data + checksum
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "damaged or no PNG"),
        (b"just text", "damaged or no PNG"),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "damaged or no PNG"),
        (bomb(), "too large"),
    ],
)
def test_a_file_that_is_no_usable_picture_is_named(tmp_path, content, words):
    (tmp_path / "bad.png").write_bytes(content)
    table_of(tmp_path, ("bad.png", "x", "P"))

    with pytest.raises(InputError) as caught:
        read_pictures(config_of(tmp_path), tmp_path, 8)

    assert caught.value.problem.startswith("bad.png")
    assert words in caught.value.problem


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_a_truncated_picture_is_named(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    table_of(tmp_path, (path.name, "x", "P"))

    with pytest.raises(InputError, match=rf"cut\.{suffix} is damaged"):
        read_pictures(config_of(tmp_path), tmp_path, 8)


def test_a_picture_of_several_pages_is_refused(tmp_path):
    pages = [Image.fromarray(np.full((8, 8), value, np.uint8)) for value in (1, 2)]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    table_of(tmp_path, ("stack.tif", "x", "P"))

    with pytest.raises(InputError, match="several pages"):
        read_pictures(config_of(tmp_path), tmp_path, 8)


def test_real_numbers_need_a_window_or_percentiles(tmp_path):
    Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)).save(tmp_path / "a.tif")
    table_of(tmp_path, ("a.tif", "x", "P"))

    with pytest.raises(InputError, match=r"a\.tif has no range"):
        read_pictures(config_of(tmp_path), tmp_path, 8)

    window = {"rule": "window", "low": 0, "high": 1}
    images = read_pictures(config_of(tmp_path, intensity=window), tmp_path, 8).images
    assert images.pixels.dtype == np.uint16
    assert images.pixels.max() == 65535


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone is not a folder"):
        read_pictures(config_of("gone"), tmp_path / "gone", 8)


def test_a_folder_without_pictures_is_named(tmp_path):
    with pytest.raises(InputError, match="holds no image"):
        read_pictures(config_of(tmp_path), tmp_path, 8)


def test_a_label_that_no_picture_has_is_named(tmp_path):
    write_picture(tmp_path / "a.png")
    table_of(tmp_path, ("a.png", "well", "P"))

    with pytest.raises(InputError, match="no image with the label sick"):
        read_pictures(config_of(tmp_path, label_names=("well", "sick")), tmp_path, 8)
