"""What stands beside the mouse."""

import numpy as np

from medgan_viewer.imaging.bit_mask import BitMask
from medgan_viewer.imaging.frame import PaddingRange, PixelFrame
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.probe import value_text
from medgan_viewer.imaging.suv import SuvScale


def frame(**attributes):
    return PixelFrame(np.array([[1000, -2000]], np.int16), **attributes)


def test_a_value_has_its_unit():
    assert value_text(frame(transform=Rescale(1, -1024, "HU")), 0, 0) == "-24 HU"


def test_uptake_stands_beside_the_activity_it_comes_from():
    shown = value_text(frame(transform=Rescale(5, 0, "Bq/mL"), suv=SuvScale(2e-4)), 0, 0)

    assert shown == "5000 Bq/mL · SUVbw 1.00"


def test_padding_and_what_a_shutter_hides_have_no_value():
    padded = frame(padding=PaddingRange(-2000, -2000), hidden=BitMask.of(np.array([[1, 0]])))

    assert [value_text(padded, 0, column) for column in (0, 1)] == ["no image here"] * 2


def test_color_tells_its_three_components():
    rgb = PixelFrame(np.array([[[10, 20, 30]]], np.uint8))

    assert value_text(rgb, 0, 0) == "RGB 10 20 30"
