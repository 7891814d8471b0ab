"""One bit per pixel."""

import numpy as np

from medgan_viewer.imaging.bit_mask import BitMask


def test_a_mask_comes_back_whatever_its_size():
    mask = np.zeros((3, 5), np.bool_)
    mask[1, 4] = mask[2, 0] = True

    packed = BitMask.of(mask)

    assert packed.bits.nbytes == 2
    np.testing.assert_array_equal(packed.mask(), mask)


def test_a_thin_line_survives_when_the_image_is_reduced():
    mask = np.zeros((5, 7), np.bool_)
    mask[3, 6] = True

    assert BitMask.of(mask).reduced(3).mask().tolist() == [[False] * 3, [False, False, True]]
    assert BitMask.of(mask).reduced(1).mask().sum() == 1
