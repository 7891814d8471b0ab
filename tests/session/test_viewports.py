from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.imaging.frame import PixelFrame
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.voi import VoiWindow
from medgan_viewer.session.tile_view import Caption, Role, View
from medgan_viewer.session.viewports import ViewportState

FILE_WINDOWS = (VoiWindow(40, 400), VoiWindow(300, 1500))


def ct_frame(**fields):
    stored = np.arange(2048, dtype=np.int16).reshape(32, 64)
    defaults = {"modality": "CT", "transform": Rescale(1, -1024, "HU"), "vois": FILE_WINDOWS}
    return PixelFrame(stored=stored, **{**defaults, **fields})


@pytest.fixture
def tile(qapp):
    tile = ViewportState(Role.ACQUIRED)
    tile.start_stack(Caption(title="CT"), 3, 0, "Loading …")
    tile.show_frame(ct_frame())
    return tile


def test_the_first_window_of_the_file_is_the_default(tile):
    assert tile.voi == VoiWindow(40, 400)


def test_without_a_window_in_the_file_one_automatic_window_holds_for_the_stack(qapp):
    tile = ViewportState(Role.ACQUIRED)
    tile.start_stack(Caption(), 2, 0, "")
    tile.show_frame(ct_frame(vois=()), 0)
    first = tile.voi

    brighter = replace(ct_frame(vois=()), transform=Rescale(2, 0, "HU"))
    tile.show_frame(brighter, 1)

    assert tile.voi == first


def test_a_drag_to_the_right_widens_and_down_raises_the_center(tile):
    tile.drag_window(10, 5)

    # The range of 2048 values by 1024 gives 2 HU a pixel.
    assert (tile.voi.center, tile.voi.width) == (40 + 5 * 2, 400 + 10 * 2)


def test_a_window_never_becomes_narrower_than_1(tile):
    tile.drag_window(-10_000, 0)

    assert tile.voi.width == 1


def test_the_users_window_stays_while_scrolling(tile):
    tile.set_voi(VoiWindow(100, 50))

    tile.show_frame(ct_frame(), 1)

    assert tile.voi == VoiWindow(100, 50)


def test_another_stack_starts_with_its_own_window(tile):
    tile.set_voi(VoiWindow(100, 50))
    tile.toggle_inversion()

    tile.start_stack(Caption(), 1, 0, "")
    tile.show_frame(ct_frame())

    assert tile.voi == VoiWindow(40, 400)
    assert not tile.is_inverted


def test_key_1_goes_through_the_windows_of_the_file(tile):
    tile.use_file_window()
    second = tile.voi
    tile.use_file_window()

    assert (second, tile.voi) == (FILE_WINDOWS[1], FILE_WINDOWS[0])


def test_the_automatic_window_fits_the_values(tile):
    tile.use_auto_window()

    assert tile.voi.center == pytest.approx(0, abs=2)  # -1024 to 1023 HU
    assert tile.voi.width == pytest.approx(2048, rel=0.02)


def test_key_3_is_the_lung_window_on_ct(tile):
    tile.use_preset(3)

    assert (tile.voi.width, tile.voi.center) == (1500, -600)  # docs: 1500/-600


def test_the_preset_keys_do_nothing_on_mr(qapp):
    tile = ViewportState(Role.ACQUIRED)
    tile.show_frame(ct_frame(modality="MR"))
    before = tile.voi

    for digit in range(2, 10):
        tile.use_preset(digit)

    assert tile.voi == before


def test_reset_gives_the_whole_image_in_its_first_window(tile):
    tile.set_voi(VoiWindow(100, 50))
    tile.toggle_inversion()
    tile.set_view(View(3.0, (0.2, 0.1)))

    tile.reset()

    assert (tile.voi, tile.is_inverted, tile.view) == (VoiWindow(40, 400), False, View())


def test_zoom_and_pan_stay_inside_their_limits(tile):
    tile.set_view(View(1000.0, (5.0, -5.0)))

    assert tile.view == View(40.0, (1.0, -1.0))


def test_color_images_have_no_window_to_drag(qapp):
    tile = ViewportState(Role.ACQUIRED)
    tile.show_frame(PixelFrame(stored=np.zeros((4, 4, 3), np.uint8)))
    before = tile.voi

    tile.drag_window(10, 10)
    tile.use_auto_window()
    tile.use_preset(2)

    assert tile.voi == before


def test_a_new_stack_takes_the_old_image_away(tile):
    tile.start_stack(Caption(title="next"), 1, 0, "Loading …")

    assert tile.frame is None
    assert tile.message == "Loading …"
