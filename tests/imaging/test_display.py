"""render_display: the one windowing of the program, so its pixels are the pixels on the screen."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.imaging import colormaps
from medgan_viewer.imaging.display import (
    Region,
    automatic_voi,
    block_mean,
    default_voi,
    reduce_frame,
    render_display,
)
from medgan_viewer.imaging.frame import PaddingRange, PixelFrame
from medgan_viewer.imaging.modality import ModalityLut, Rescale
from medgan_viewer.imaging.voi import VoiFunction, VoiWindow

FULL = VoiWindow(127.5, 255, VoiFunction.LINEAR_EXACT)  # value = gray


def frame_of(values, **options):
    return PixelFrame(np.array(values, dtype=options.pop("dtype", np.int16)), **options)


def grays(frame, voi=FULL, **options):
    return render_display(frame, voi, **options).pixels.tolist()


def test_modality_values_and_not_stored_values_are_windowed():
    frame = frame_of([[1024, 1151]], transform=Rescale(1, -1024))

    assert grays(frame) == [[0, 127]]


def test_a_negative_slope_does_not_invert_the_picture():
    # pydicom 3.0.2 turns the picture over here.
    frame = frame_of([[0, 300]], transform=Rescale(-10, 3000))

    assert grays(frame, VoiWindow(1500, 3000)) == [[255, 0]]


def test_monochrome1_shows_its_smallest_value_white():
    frame = frame_of([[0, 100, 255]], inverted=True)

    assert grays(frame) == [[255, 155, 0]]


def test_the_users_inversion_of_an_inverted_image_shows_it_as_stored():
    frame = frame_of([[0, 100, 255]], inverted=True)

    assert grays(frame, inverted=True) == [[0, 100, 255]]


@pytest.mark.parametrize("inverted", [False, True])
def test_padding_is_black_whether_the_image_is_inverted_or_not(inverted):
    frame = frame_of([[-2000, 255]], padding=PaddingRange(-2000, -2000), inverted=inverted)

    assert grays(frame)[0][0] == 0


def test_padding_is_compared_before_the_modality_transform():
    frame = frame_of([[0, 100]], padding=PaddingRange(0, 0), transform=Rescale(1, 100))

    assert grays(frame) == [[0, 200]]


def test_a_modality_lut_comes_before_the_window():
    lut = ModalityLut(0, np.array([0, 255], dtype=np.uint16))

    assert grays(frame_of([[0, 1]], transform=lut)) == [[0, 255]]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16])
@pytest.mark.parametrize("inverted", [False, True])
def test_large_images_render_through_a_table_as_small_ones_do_directly(dtype, inverted):
    limits = np.iinfo(dtype)
    values = np.linspace(limits.min, limits.max, 6400).astype(dtype).reshape(80, 80)
    large = PixelFrame(values, transform=Rescale(0.5, -3), inverted=inverted)
    voi = VoiWindow(10, 4000 if values.itemsize == 2 else 40)

    rendered = render_display(large, voi).pixels

    rows = [render_display(replace(large, stored=row[None]), voi).pixels for row in values]
    np.testing.assert_array_equal(rendered, np.concatenate(rows))


def test_color_skips_the_modality_transform_and_the_window():
    rgb = np.array([[[10, 20, 30]]], dtype=np.uint8)
    frame = PixelFrame(rgb, transform=Rescale(5, 5))

    assert grays(frame, VoiWindow(0, 1)) == [[[10, 20, 30]]]
    assert grays(frame, inverted=True) == [[[245, 235, 225]]]


def test_a_region_is_rendered_alone():
    frame = frame_of(np.arange(16).reshape(4, 4))

    assert grays(frame, region=Region(1, 2, 3, 4)) == [[6, 7], [10, 11]]


def test_a_reduced_frame_averages_blocks_and_what_is_left_at_the_edges():
    frame = frame_of([[0, 2, 9], [4, 6, 11], [20, 22, 30]])

    assert grays(reduce_frame(frame, 2)) == [[3, 10], [21, 30]]


def test_a_block_that_is_mostly_padding_stays_padding_when_reduced():
    frame = frame_of(
        [[0, 0, 100, 100], [0, 9, 100, 0]], dtype=np.uint16, padding=PaddingRange(-5, 0)
    )

    reduced = reduce_frame(frame, 2)

    assert reduced.padding_mask().tolist() == [[True, False]]


def test_a_color_map_colors_the_grays():
    table = colormaps.table("magnitude")

    assert grays(frame_of([[0, 255]]), colormap="magnitude") == [
        [table[0].tolist(), table[255].tolist()]
    ]


def test_the_first_view_of_the_file_is_the_default():
    views = (VoiWindow(40, 400), VoiWindow(-600, 1500))

    assert default_voi(frame_of([[0, 1]], vois=views)) == views[0]


def test_without_a_view_the_default_spreads_the_image_without_its_padding():
    frame = frame_of([[-2000, 0, 100]], padding=PaddingRange(-2000, -2000))

    window = default_voi(frame)

    assert window.center == pytest.approx(50)
    assert window.width == pytest.approx(99.8, abs=0.01)


def test_the_automatic_window_of_a_ct_leaves_out_what_fills_its_corners():
    stored = np.full((4, 4), -2000, np.int16)
    stored[1:3, 1:3] = [[-100, 0], [50, 100]]
    ct = PixelFrame(stored, modality="CT")

    window = automatic_voi(ct)

    assert (window.center, window.width) == pytest.approx((0, 200), abs=1)
    assert automatic_voi(replace(ct, modality="MR")).center < -900


def test_block_mean_of_color_averages_each_channel():
    pixels = np.array([[[0, 10, 20], [2, 30, 40]]], dtype=np.uint8)

    assert block_mean(pixels, 2).tolist() == [[[1, 20, 30]]]


@pytest.mark.parametrize("shape", [(7, 9), (64, 66), (5, 3), (70, 67, 3), (1, 1), (2, 9)])
@pytest.mark.parametrize("step", [2, 3, 5, 40])
def test_block_mean_is_the_mean_of_each_block_also_at_the_edges(shape, step):
    pixels = np.random.default_rng(0).integers(-500, 4000, shape).astype(np.int16)

    mean = block_mean(pixels, step)

    for row in range(mean.shape[0]):
        for column in range(mean.shape[1]):
            block = pixels[row * step : (row + 1) * step, column * step : (column + 1) * step]
            np.testing.assert_allclose(mean[row, column], block.mean(axis=(0, 1)), atol=1e-2)
