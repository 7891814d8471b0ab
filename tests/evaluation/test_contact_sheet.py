import io

import numpy as np
import pytest
from PIL import Image

from medgan_viewer.errors import InputError
from medgan_viewer.evaluation.contact_sheet import (
    SheetRow,
    contact_sheet,
    png_of,
    random_rows,
    rendered_rows,
    synthetic_sheet,
    write_sheet,
)
from medgan_viewer.imaging.label import AMBER
from tests.evaluation.pictures import disc_or_square, labelled


def rows(count=4, side=32):
    return [SheetRow("disc", disc_or_square(0, count, 0, side))]


def amber(sheet):
    return (sheet == np.array(AMBER)).all(axis=2)


def test_the_synthetic_half_lies_below_under_amber_and_within_amber():
    sheet = contact_sheet(rows(), rows(), model="Tiny 1.0", remark="random, seed 0")

    marked = amber(sheet)
    top = int(np.flatnonzero(marked.any(axis=1))[0])
    assert 0.4 < top / len(sheet) < 0.6
    assert marked[top : top + 8].mean() > 0.6  # the bar, with black letters in it
    assert marked[top:, 0].all()
    assert marked[top:, -1].all()
    assert marked[-1].all()


def test_both_halves_have_the_same_layout():
    real = np.zeros((3, 16, 16), np.float32)
    sheet = contact_sheet([SheetRow("a", real)], [SheetRow("a", real)], model="m", remark="random")

    gray = (sheet == 128).all(axis=2)
    lines = np.flatnonzero(gray.sum(axis=1) == 48)
    assert len(lines) == 32
    np.testing.assert_array_equal(gray[lines[0]], gray[lines[-1]])


def test_the_bar_is_at_least_3_percent_of_its_half_also_on_large_sheets():
    many = [SheetRow(str(k), disc_or_square(0, 4, 0, 128)) for k in range(8)]

    sheet = synthetic_sheet(many, model="m", remark="seed 0")

    columns = amber(sheet)[:, 5:-5].mean(axis=1)
    assert (columns > 0.3).sum() >= 0.03 * len(sheet)


def test_real_images_are_random_and_not_chosen():
    images = labelled(20, seed=0)

    first, again, other = (random_rows(images, 5, seed) for seed in (0, 0, 1))

    assert [row.title for row in first] == ["disc", "square"]
    np.testing.assert_array_equal(first[0].images, again[0].images)
    assert not np.array_equal(first[0].images, other[0].images)


def test_samples_are_those_of_the_first_seeds():
    asked = []

    def render(label, count, first_seed):
        asked.append((label, count, first_seed))
        return disc_or_square(label, count, first_seed)

    found = rendered_rows(render, ("disc", "square"), 4, first_seed=7)

    assert asked == [(0, 4, 7), (1, 4, 7)]
    assert [len(row.images) for row in found] == [4, 4]


def test_the_file_says_that_it_is_synthetic_and_replaces_nothing(tmp_path):
    sheet = synthetic_sheet(rows(), model="m", remark="seed 0")
    path = tmp_path / "sheet.png"

    write_sheet(path, sheet, {"Model": "m"})

    with Image.open(path) as picture:
        assert picture.info == {"Synthetic": "YES", "Model": "m"}
        np.testing.assert_array_equal(np.asarray(picture), sheet)
    with pytest.raises(InputError, match="exists"):
        write_sheet(path, sheet, {})
    assert Image.open(io.BytesIO(png_of(sheet, {}))).size == sheet.shape[1::-1]
