import numpy as np
import pytest

from medgan_viewer.imaging import colormaps


def test_the_gray_map_is_the_identity():
    table = colormaps.table("gray")

    assert table.tolist() == [[gray] * 3 for gray in range(256)]


@pytest.mark.parametrize("name", colormaps.names())
def test_a_map_has_256_colors_that_cannot_be_changed(name):
    table = colormaps.table(name)

    assert table.shape == (256, 3)
    assert not table.flags.writeable


def test_the_difference_map_is_darkest_where_nothing_differs():
    brightness = colormaps.table("difference").sum(axis=1)

    assert 126 <= int(np.argmin(brightness)) <= 129


def test_the_magnitude_map_grows_brighter_throughout():
    weights = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601 luma

    assert (np.diff(colormaps.table("magnitude") @ weights) >= -1e-9).all()


def test_an_unknown_map_is_a_key_error():
    with pytest.raises(KeyError):
        colormaps.table("rainbow")
