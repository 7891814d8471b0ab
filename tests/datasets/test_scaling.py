"""The centre square: what is cut off, and what happens to oblong pixels."""

import numpy as np

from medgan_viewer.datasets.scaling import centre_square


def test_the_sides_of_a_wide_picture_are_cut_off_evenly():
    values = np.repeat(np.array([[0, 0, 100, 100, 100, 100, 0, 0]], np.uint8), 4, axis=0)

    assert centre_square(values, 4).tolist() == [[100] * 4] * 4


def test_a_picture_of_the_wished_size_stays_as_it_is():
    values = np.random.default_rng(0).integers(0, 256, (8, 8)).astype(np.uint8)

    assert np.array_equal(centre_square(values, 8), values)
    assert np.array_equal(centre_square(values.astype(np.float32), 8), values)


def test_oblong_pixels_are_cut_square_in_the_patient():
    # 4 rows of 3 mm and 8 columns of 1 mm: 12 x 8 mm, so the square is 8 mm high.
    values = np.tile(np.arange(8, dtype=np.float32), (4, 1))

    scaled = centre_square(values, 8, row_mm=3.0, column_mm=1.0)

    assert scaled.shape == (8, 8)
    np.testing.assert_allclose(scaled, np.tile(np.arange(8), (8, 1)), atol=1e-5)
