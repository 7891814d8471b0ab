"""The folder of a run: status, wishes, curves and sheets that survive what disks and people do."""

import json
import os
import time

import numpy as np
import pytest
from PIL import Image

from medgan_viewer.datasets.picture_files import read_picture
from medgan_viewer.errors import InputError
from medgan_viewer.training.family import Sheet
from medgan_viewer.training.run_folder import (
    MARK_ROWS,
    RunFolder,
    RunStatus,
    marked_sheet,
)
from medgan_viewer.training.run_states import RunState, Wish

HEADER = "images,minutes,loss,mean"


def status_in(folder):
    return json.loads((folder / "status.json").read_text("utf-8"))


def test_a_status_carries_process_and_time(tmp_path):
    RunFolder(tmp_path).write_status(RunStatus(RunState.RUNNING, images=7, phase="warm"))

    status = status_in(tmp_path)
    assert (status["state"], status["images"], status["phase"]) == ("running", 7, "warm")
    assert status["pid"] == os.getpid()
    assert status["pid_started"] is None or status["pid_started"] > 0
    assert abs(status["updated"] - time.time()) < 10
    assert [path.name for path in tmp_path.iterdir()] == ["status.json", "sheets"] or not list(
        tmp_path.glob(".*")
    )


def test_a_failure_keeps_how_far_the_run_was(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_status(RunStatus(RunState.RUNNING, images=70, minutes=2.5))

    folder.write_failure("The disk is full. Make room.")

    status = status_in(tmp_path)
    assert (status["state"], status["images"], status["minutes"]) == ("failed", 70, 2.5)
    assert status["message"] == "The disk is full. Make room."


def test_a_status_that_cannot_be_written_ends_no_run(tmp_path, caplog):
    folder = RunFolder(tmp_path)
    (tmp_path / "status.json").mkdir()

    folder.write_status(RunStatus(RunState.RUNNING))

    assert "status.json could not be written" in caplog.text


@pytest.mark.parametrize("wish", Wish)
def test_a_wish_is_read_as_it_was_written(tmp_path, wish):
    folder = RunFolder(tmp_path)

    folder.ask(wish)

    assert folder.wish() is wish


@pytest.mark.parametrize("content", [b"", b"halt", b"\xff\xfe\x00", b"stop now"])
def test_an_unknown_wish_means_to_go_on(tmp_path, content):
    (tmp_path / "control").write_bytes(content)

    assert RunFolder(tmp_path).wish() is Wish.RUN


def test_without_a_wish_the_run_goes_on(tmp_path):
    assert RunFolder(tmp_path).wish() is Wish.RUN


def test_a_wish_of_an_earlier_start_is_forgotten_and_a_later_one_holds(tmp_path):
    folder = RunFolder(tmp_path)
    folder.clear_wish(time.time())  # none is there
    folder.ask(Wish.STOP)

    folder.clear_wish(time.time() - 60)
    assert folder.wish() is Wish.STOP

    folder.clear_wish(time.time() + 60)
    assert folder.wish() is Wish.RUN


def test_curves_grow_as_a_long_table(tmp_path):
    folder = RunFolder(tmp_path)

    folder.append_curves(40, 0.5, {"l1": 0.25, "told apart": 1.0})
    folder.append_curves(80, 1.0, {"l1": 1e-7})

    assert folder.curves.read_bytes().decode() == (
        f"{HEADER}\n40,0.500,l1,0.25\n40,0.500,told apart,1\n80,1.000,l1,1e-07\n"
    )


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (f"{HEADER}\n40,0.5,l1,0.2\n80,1,l1,0.1\n120,2,l1,0.1\n", ["40,0.5,l1,0.2", "80,1,l1,0.1"]),
        (f"{HEADER}\n40,0.5,l1,0.2\n80,1.0,l", ["40,0.5,l1,0.2"]),
        (f"{HEADER}\n40,0.5,l1,0.2\n80,1.0,l1,0.", ["40,0.5,l1,0.2"]),
        (f"{HEADER}\n40,0.5,l1,\n\n40,0.5,l1\n40,,l1,3\n", []),
        (f"{HEADER}\n40,0.5,l1,nan\nforty,0.5,l1,1\n-40,1,l1,1\n", []),
        (f"{HEADER}\n{'9' * 6000},0.5,l1,1\n40,1,l1,1\n", ["40,1,l1,1"]),
        ("images,min", []),
        ("", []),
        ("\x00\x00\n40,1,l1,1\n", ["40,1,l1,1"]),
        ("\ufffd\n", []),
    ],
)
def test_curves_are_cut_to_whole_points_before_a_checkpoint(tmp_path, lines, kept):
    folder = RunFolder(tmp_path)
    folder.curves.write_text(lines, encoding="utf-8")

    folder.cut_curves(80)

    assert folder.curves.read_text("utf-8").splitlines() == [HEADER, *kept]


def test_curves_that_are_no_text_are_cut_away(tmp_path):
    folder = RunFolder(tmp_path)
    folder.curves.write_bytes(b"\xff\xfe\xfd\n40,1,l1,1\n")

    folder.cut_curves(80)

    assert folder.curves.read_text("utf-8") == f"{HEADER}\n40,1,l1,1\n"


def test_there_may_be_no_curves_to_cut(tmp_path):
    RunFolder(tmp_path).cut_curves(10)

    assert not (tmp_path / "curves.csv").exists()


def test_a_record_comes_back_and_a_damaged_one_counts_as_none(tmp_path):
    folder = RunFolder(tmp_path)
    assert folder.read_record() is None

    folder.write_record({"seed": 3})
    assert folder.read_record() == {"seed": 3}

    (tmp_path / "run.json").write_text("[1]", encoding="utf-8")
    assert folder.read_record() is None
    (tmp_path / "run.json").write_text('{"seed": ', encoding="utf-8")
    assert folder.read_record() is None


def test_a_sheet_lays_pictures_out_in_rows_under_a_mark(tmp_path):
    images = np.linspace(-1, 1, 5, dtype=np.float32).repeat(32 * 32).reshape(5, 32, 32)

    path = RunFolder(tmp_path).save_sheet(1234, Sheet(images, 3))

    with Image.open(path) as picture:
        pixels = np.asarray(picture)
    assert path.name == "00001234.png"
    assert pixels.shape == (MARK_ROWS + 64, 96)
    assert pixels[MARK_ROWS + 16, [16, 48, 80]].tolist() == [0, 64, 128]
    assert pixels[MARK_ROWS + 48, [16, 48, 80]].tolist() == [191, 255, 0]
    assert pixels[:MARK_ROWS].max() == 255


@pytest.mark.parametrize(("columns", "side"), [(1, 16), (8, 16)])
def test_the_mark_is_whole_however_small_the_pictures_are(columns, side):
    wide = marked_sheet(Sheet(np.zeros((1, 300, 300), np.float32), 1))
    words = wide[:MARK_ROWS][:, np.flatnonzero(wide[:MARK_ROWS].max(axis=0))[-1] :]

    small = marked_sheet(Sheet(np.zeros((columns, side, side), np.float32), columns))

    last = np.flatnonzero(wide[:MARK_ROWS].max(axis=0))[-1]
    assert words.size
    np.testing.assert_array_equal(small[:MARK_ROWS, : last + 1], wide[:MARK_ROWS, : last + 1])


def test_rows_of_one_caption_share_a_strip_and_each_caption_has_its_own():
    images = np.linspace(-1, 1, 4, dtype=np.float32).repeat(16 * 200).reshape(4, 16, 200)
    captions = ("REAL, source", "SYNTHETIC", "SYNTHETIC", "REAL, target")

    pixels = marked_sheet(Sheet(images, 1, captions))

    tops = [0, MARK_ROWS + 16, 2 * MARK_ROWS + 48]
    assert pixels.shape == (3 * MARK_ROWS + 64, 200)
    strips = [pixels[top : top + MARK_ROWS] for top in tops]
    synthetic = marked_sheet(Sheet(images, 1))[:MARK_ROWS]
    assert [np.array_equal(strip, synthetic) for strip in strips] == [False, True, False]
    assert not np.array_equal(strips[0], strips[2])
    rows = [tops[0] + MARK_ROWS, tops[1] + MARK_ROWS, tops[1] + MARK_ROWS + 16, tops[2] + MARK_ROWS]
    assert pixels[rows, 100].tolist() == [0, 85, 170, 255]


def test_a_caption_is_whole_on_a_narrow_sheet():
    narrow, wide = (
        marked_sheet(Sheet(np.zeros((1, 16, side), np.float32), 1, ("REAL, a long source",)))
        for side in (16, 400)
    )

    assert narrow[:MARK_ROWS].any(axis=0).sum() == wide[:MARK_ROWS].any(axis=0).sum()


def test_every_row_of_a_sheet_needs_its_caption():
    with pytest.raises(ValueError, match="argument"):
        marked_sheet(Sheet(np.zeros((2, 16, 16), np.float32), 1, ("SYNTHETIC",)))


def test_no_sheet_is_taken_for_a_real_picture_to_train_on(tmp_path):
    path = RunFolder(tmp_path).save_sheet(8, Sheet(np.zeros((2, 16, 16), np.float32), 2))

    _, _, is_synthetic = read_picture(path, path.name)

    assert is_synthetic


def test_values_beyond_the_range_become_black_and_white():
    pixels = marked_sheet(Sheet(np.array([[[-3.0, 3.0]]], np.float32), 1))

    assert pixels[MARK_ROWS, :2].tolist() == [0, 255]


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "run").write_text("a file")

    with pytest.raises(InputError, match="cannot be written"):
        RunFolder(tmp_path / "run")
