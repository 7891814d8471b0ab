"""Overlays of the file: drawn over the image, left out with a key."""

import numpy as np
from pydicom import dcmread
from PySide6.QtCore import Qt

from tests.dicom.test_overlays import add_overlay
from tests.dicom_factory import make_ct
from tests.session.fixtures import PATIENCE_MS, open_and_wait
from tests.ui.keys import press

SIDE = 64


def test_a_key_hides_the_graphics_of_the_file_and_the_tile_says_so(qtbot, window, tmp_path):
    path = make_ct(
        tmp_path / "a.dcm", np.zeros((SIDE, SIDE), np.int16), WindowCenter=0, WindowWidth=9
    )
    add_overlay(dcmread(path), np.ones((SIDE, SIDE))).save_as(path)
    open_and_wait(qtbot, window.session, tmp_path)
    window.images.focus_active()
    tile = window.session.acquired[0]
    qtbot.waitUntil(lambda: tile.frame is not None, timeout=PATIENCE_MS)

    def middle():
        image = window.images.widget_of(tile).grab().toImage()
        return image.pixelColor(image.width() // 2 - 20, image.height() // 2 - 20).value()

    with_graphics = middle()
    press(window, Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)

    assert (with_graphics, middle()) == (255, 0)
    assert not tile.shows_graphics
