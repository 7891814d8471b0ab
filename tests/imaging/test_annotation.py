import math

import numpy as np
import pytest

from medgan_viewer.imaging.annotation import (
    Annotation,
    AnnotationKind,
    bidirectional_points,
    handles_of,
    with_handle,
)
from medgan_viewer.imaging.frame import ImageId

K = AnnotationKind


def drawn(kind, *points):
    return Annotation("1.2", kind, ImageId("1"), points)


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        (K.LENGTH, [(0, 0)]),
        (K.ANGLE, [(0, 0), (1, 1)]),
        (K.FREEHAND, [(0, 0), (1, 1)]),
        (K.PROBE, [(math.nan, 0)]),
        (K.LENGTH, [(0, 0), (math.inf, 0)]),
    ],
)
def test_points_that_make_no_drawing_are_refused(kind, points):
    with pytest.raises(ValueError, match=kind.value):
        drawn(kind, *points)


def test_every_corner_of_a_rectangle_moves_its_two_sides():
    start = drawn(K.RECTANGLE, (10, 20), (30, 40))
    assert handles_of(start) == ((10, 20), (30, 40), (30, 20), (10, 40))

    for index, moved in ((0, (5, 6)), (1, (50, 60)), (2, (35, 15)), (3, (7, 44))):
        changed = with_handle(start, index, moved, 1.0)
        assert moved in handles_of(changed)
        opposite = handles_of(start)[{0: 1, 1: 0, 2: 3, 3: 2}[index]]
        assert opposite in handles_of(changed)


def axes(points, aspect):
    start, end, one, other = (complex(c, r * aspect) for c, r in points)
    return end - start, other - one, start, one


@pytest.mark.parametrize("aspect", [1.0, 1.6])
@pytest.mark.parametrize("index", range(4))
def test_two_diameters_stay_at_right_angles(index, aspect):
    points = bidirectional_points((10, 10), (40, 30), aspect)
    changed = with_handle(drawn(K.BIDIRECTIONAL, *points), index, (37.5, 12.25), aspect)

    long, short, _, _ = axes(changed.points, aspect)
    assert (long * short.conjugate()).real == pytest.approx(0, abs=1e-6)


def test_an_end_of_the_long_axis_leaves_the_short_one_as_long_as_it_was():
    points = bidirectional_points((10, 10), (40, 10), 1.0)
    changed = with_handle(drawn(K.BIDIRECTIONAL, *points), 1, (10, 50), 1.0)

    assert changed.points[1] == pytest.approx((10, 50))
    assert math.dist(*changed.points[2:]) == pytest.approx(math.dist(*points[2:]))


def test_an_end_of_the_short_axis_leaves_the_long_one_where_it_was():
    points = bidirectional_points((10, 10), (40, 10), 1.0)
    changed = with_handle(drawn(K.BIDIRECTIONAL, *points), 2, (20, 35), 1.0)

    assert np.allclose(changed.points[:2], points[:2])
    assert changed.points[2] == pytest.approx((20, 35))
    assert changed.points[3][0] == pytest.approx(20)


def test_a_handle_of_an_outline_bends_what_lies_beside_it_and_no_more():
    turns = [2 * math.pi * step / 120 for step in range(120)]
    outline = tuple((50 + 20 * math.cos(t), 50 + 20 * math.sin(t)) for t in turns)
    start = drawn(K.FREEHAND, *outline)

    changed = with_handle(start, 0, (80, 50), 1.0)

    assert changed.points[0] == pytest.approx((80, 50))
    assert changed.points[60] == outline[60]
    assert 70 < changed.points[5][0] < 80


def test_the_smallest_outline_can_be_bent_at_every_point():
    start = drawn(K.FREEHAND, (0, 0), (10, 0), (0, 10))

    for index in range(3):
        changed = with_handle(start, index, (5, 5), 1.0)
        assert changed.points[index] == (5, 5)


def test_moving_keeps_the_form():
    moved = drawn(K.ANGLE, (0, 0), (1, 2), (3, 4)).moved(10, -1)

    assert moved.points == ((10, -1), (11, 1), (13, 3))
