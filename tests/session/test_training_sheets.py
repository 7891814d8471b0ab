import os

import numpy as np
import pytest
from PIL import Image

from medgan_viewer.session import training_sheets
from medgan_viewer.session.training_sheets import SHOWN_SIDE, read_newest_sheet


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sheets").mkdir()
    return tmp_path


def write_sheet(folder, images, value=100, *, written=None, size=(32, 16), mode="L"):
    path = folder / "sheets" / f"{images:08d}.png"
    color = value if mode == "L" else (value, 0, 0)
    Image.new(mode, size, color).save(path)
    if written is not None:
        os.utime(path, (written, written))
    return path


def test_a_sheet_is_read_with_its_number_of_images(folder):
    write_sheet(folder, 1234)

    sheet = read_newest_sheet(folder, None)

    assert sheet.images == 1234
    np.testing.assert_array_equal(sheet.picture.pixels, np.full((16, 32), 100, np.uint8))


def test_a_sheet_in_color_stays_in_color(folder):
    write_sheet(folder, 1, mode="RGB")

    assert read_newest_sheet(folder, None).picture.pixels[0, 0].tolist() == [100, 0, 0]


def test_the_sheet_written_last_is_the_newest_also_after_going_back(folder):
    write_sheet(folder, 5000, 50, written=1000)
    write_sheet(folder, 4500, 45, written=2000)

    assert read_newest_sheet(folder, None).images == 4500


def test_the_known_sheet_is_not_read_again(folder, monkeypatch):
    write_sheet(folder, 10, written=1000)
    known = read_newest_sheet(folder, None)
    assert read_newest_sheet(folder, known) is known

    write_sheet(folder, 20, 77, written=2000)

    assert read_newest_sheet(folder, known).picture.pixels[0, 0] == 77


@pytest.mark.parametrize("length", [0, 5, 40, -1])
def test_a_half_written_sheet_leaves_the_one_before_it(folder, length):
    write_sheet(folder, 10, 11, written=1000)
    path = write_sheet(folder, 20)
    content = path.read_bytes()
    path.write_bytes(content[:length])
    assert read_newest_sheet(folder, None).images == 10

    path.write_bytes(content)

    assert read_newest_sheet(folder, None).images == 20


def test_a_large_sheet_is_reduced_to_what_a_screen_shows(folder):
    write_sheet(folder, 10, size=(2 * SHOWN_SIDE, SHOWN_SIDE))

    assert read_newest_sheet(folder, None).picture.pixels.shape == (SHOWN_SIDE // 2, SHOWN_SIDE)


def test_a_picture_of_too_many_pixels_is_not_unpacked(folder, monkeypatch):
    monkeypatch.setattr(training_sheets, "MAX_PIXELS", 100)
    write_sheet(folder, 10)

    assert read_newest_sheet(folder, None) is None


def test_other_files_are_no_sheets(folder):
    (folder / "sheets" / "notes.png").write_bytes(b"")
    (folder / "sheets" / "00000001.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND\xaeB`\x82"
    )

    assert read_newest_sheet(folder, None) is None
    assert read_newest_sheet(folder / "none", None) is None
