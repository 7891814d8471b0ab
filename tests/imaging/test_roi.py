import numpy as np
import pytest
from skimage.draw import polygon2mask

from medgan_viewer.imaging.annotation import Annotation, AnnotationKind
from medgan_viewer.imaging.frame import ImageId, PaddingRange, PixelFrame
from medgan_viewer.imaging.modality import Rescale
from medgan_viewer.imaging.roi import roi_mask, roi_statistics

K = AnnotationKind


def drawn(kind, *points):
    return Annotation("1.2", kind, ImageId("1"), points)


def full_mask(annotation, rows=20, columns=20):
    row_slice, column_slice, mask = roi_mask(annotation, rows, columns)
    full = np.zeros((rows, columns), bool)
    full[row_slice, column_slice] = mask
    return full


def ramp_frame(**fields):
    return PixelFrame(np.arange(400, dtype=np.int16).reshape(20, 20), **fields)


def test_a_rectangle_holds_the_pixels_whose_centres_lie_in_it():
    mask = full_mask(drawn(K.RECTANGLE, (2.5, 3.0), (5.4, 6.9)))

    rows, columns = np.nonzero(mask)
    assert set(columns) == {3, 4, 5}
    assert set(rows) == {3, 4, 5, 6}
    assert mask.sum() == 12


def test_the_order_of_the_corners_does_not_matter():
    one = full_mask(drawn(K.ELLIPSE, (2, 3), (9, 12)))
    other = full_mask(drawn(K.ELLIPSE, (9, 3), (2, 12)))

    assert (one == other).all()


def test_an_ellipse_holds_the_centres_that_its_equation_says():
    mask = full_mask(drawn(K.ELLIPSE, (2, 4), (14, 10)))

    rows, columns = np.mgrid[:20, :20]
    assert (mask == (((columns - 8) / 6) ** 2 + ((rows - 7) / 3) ** 2 <= 1)).all()


def test_an_outline_holds_the_pixels_that_scikit_image_finds():
    # No vertex or edge through a pixel centre, where conventions differ.
    points = ((2.3, 1.7), (15.6, 4.2), (11.4, 17.8), (8.2, 9.1), (1.3, 14.6))
    mask = full_mask(drawn(K.FREEHAND, *points))

    expected = polygon2mask((20, 20), [(row, column) for column, row in points])
    assert (mask == expected).all()


def test_where_an_outline_crosses_itself_the_overlap_is_outside():
    points = ((2, 2), (12, 2), (12, 12), (2, 12), (2, 2), (7.2, 2.3), (7.2, 7.1), (4.4, 7.1))
    assert not full_mask(drawn(K.FREEHAND, *points))[5, 6]


def test_a_region_beyond_the_edge_counts_what_lies_in_the_image():
    assert full_mask(drawn(K.RECTANGLE, (-50, -50), (1.2, 0.5))).sum() == 2
    assert roi_statistics(drawn(K.RECTANGLE, (30, 30), (40, 40)), ramp_frame()) is None
    assert roi_statistics(drawn(K.RECTANGLE, (-9, -9), (-3, -3)), ramp_frame()) is None


def test_a_region_between_the_centres_has_no_values():
    assert roi_statistics(drawn(K.RECTANGLE, (2.2, 2.2), (2.8, 2.8)), ramp_frame()) is None


def test_mean_sd_and_range_are_those_of_the_modality_values():
    found = roi_statistics(
        drawn(K.RECTANGLE, (1, 1), (3, 2)), ramp_frame(transform=Rescale(-2, 5, "HU"))
    )

    values = 5 - 2 * np.array([21, 22, 23, 41, 42, 43])
    assert found.mean == values.mean()
    assert found.sd == pytest.approx(values.std())
    assert (found.minimum, found.maximum, found.unit) == (-81, -37, "HU")
    assert (found.pixels, found.excluded) == (6, 0)


def test_the_histogram_counts_every_pixel_once():
    found = roi_statistics(drawn(K.ELLIPSE, (1, 1), (18, 18)), ramp_frame())

    assert sum(found.histogram) == found.pixels
    assert found.histogram[0] > 0
    assert found.histogram[-1] > 0


def test_a_region_of_one_value_has_a_histogram_too():
    flat = PixelFrame(np.full((20, 20), 7, np.int16))
    found = roi_statistics(drawn(K.RECTANGLE, (1, 1), (4, 4)), flat)

    assert (found.sd, sum(found.histogram)) == (0, 16)


def test_padding_and_what_is_no_number_do_not_count():
    padded = ramp_frame(padding=PaddingRange(22, 30))
    found = roi_statistics(drawn(K.RECTANGLE, (1, 1), (3, 2)), padded)
    assert (found.pixels, found.excluded, found.minimum) == (4, 2, 21)

    stored = np.ones((20, 20), np.float32)
    stored[2, 2] = np.nan
    broken = roi_statistics(drawn(K.RECTANGLE, (1, 1), (3, 3)), PixelFrame(stored))
    assert (broken.pixels, broken.excluded, broken.mean) == (8, 1, 1)


def test_a_region_of_padding_alone_has_no_values():
    padded = ramp_frame(padding=PaddingRange(0, 400))

    assert roi_statistics(drawn(K.RECTANGLE, (1, 1), (3, 2)), padded) is None
