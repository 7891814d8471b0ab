from pathlib import Path

import numpy as np
import pytest

from medgan_viewer.imaging.display import DisplayImage
from medgan_viewer.session.training_sheets import SampleSheet
from medgan_viewer.ui.training.sheet_view import SheetView
from tests.ui.marks import assert_marked, grab, is_amber


@pytest.fixture
def view(qtbot, theme):
    view = SheetView()
    qtbot.addWidget(view)
    view.show()
    return view


def sheet(shape=(64, 64), value=255):
    picture = DisplayImage(np.full(shape, value, np.uint8))
    return SampleSheet(Path("/runs/a-1/sheets/00001200.png"), 1200, 1, picture)


def marked_part(pixels):
    rows, columns = (is_amber(pixels).any(axis=axis).nonzero()[0] for axis in (1, 0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@pytest.mark.parametrize("size", [(200, 160), (300, 700), (900, 400), (1000, 1000)], ids=str)
@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 3), (40, 160), (160, 40)], ids=str)
def test_a_sheet_is_marked_at_every_size(view, size, shape):
    view.resize(*size)
    view.show_sheet(sheet(shape))

    assert_marked(marked_part(grab(view)))


def test_a_sheet_keeps_its_shape_and_fills_the_room(view):
    view.resize(400, 700)
    view.show_sheet(sheet((50, 100)))

    part = marked_part(grab(view))

    assert part.shape[1] == 400
    picture = part[24:-3, 3:-3]
    assert picture.shape[1] / picture.shape[0] == pytest.approx(2, rel=0.02)


def test_no_pixel_of_the_sheet_lies_under_the_bar(view):
    view.resize(400, 430)
    view.show_sheet(sheet(value=77))

    part = marked_part(grab(view))

    np.testing.assert_array_equal(part[24:-3, 3:-3], 77)


def test_without_a_sheet_the_reason_stands_there_and_no_mark(view):
    view.resize(300, 300)
    view.set_empty_text("The first samples come after some minutes.")

    pixels = grab(view)
    assert not is_amber(pixels).any()
    assert pixels.max() > 100

    view.show_sheet(sheet())
    view.show_sheet(None)
    assert not is_amber(grab(view)).any()
