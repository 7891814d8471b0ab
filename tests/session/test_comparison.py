from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.imaging.frame import PixelFrame, SyntheticKind
from medgan_viewer.session.comparison import CompareMode, ComparisonState
from medgan_viewer.session.tile_view import Role, View
from medgan_viewer.session.viewports import ViewportState
from tests.session.fixtures import PATIENCE_MS, deliver_posted, provenance


def frame(value, size=16, is_synthetic=False, source_uids=("1.2",)):
    stored = np.full((size, size), value, np.int16)
    stored[:, : size // 2] += 100
    made = provenance(SyntheticKind.TRANSLATED, source_uids=source_uids) if is_synthetic else None
    return PixelFrame(stored=stored, modality="MR", provenance=made)


@pytest.fixture
def pair(qapp):
    return ViewportState(Role.ACQUIRED), ViewportState(Role.SYNTHETIC)


@pytest.fixture
def comparison(pair):
    state = ComparisonState(*pair)
    state.activate()
    yield state
    state.close()
    deliver_posted()


def show(qtbot, comparison, first, second):
    with qtbot.waitSignal(
        comparison.result_changed,
        timeout=PATIENCE_MS,
        check_params_cb=lambda: not comparison.is_comparing and comparison.result is not None,
    ):
        comparison.reference.show_frame(first)
        comparison.candidate.show_frame(second)


def test_the_difference_is_synthetic_minus_acquired(qtbot, comparison):
    show(qtbot, comparison, frame(200), frame(230, is_synthetic=True))

    np.testing.assert_array_equal(comparison.difference.frame.modality_values(), 30)
    assert comparison.result.mae == 30
    assert comparison.difference.frame.is_synthetic


def test_figures_of_the_pair_before_are_marked_while_new_ones_are_made(qtbot, comparison):
    show(qtbot, comparison, frame(200), frame(230, is_synthetic=True))

    comparison.candidate.show_frame(frame(250, is_synthetic=True))

    assert comparison.is_comparing
    assert comparison.difference.waiting == "comparing …"
    qtbot.waitUntil(lambda: comparison.result.mae == 50, timeout=PATIENCE_MS)


def test_images_on_different_grids_say_what_can_be_compared(qtbot, comparison):
    comparison.reference.show_frame(frame(200))
    comparison.candidate.show_frame(frame(0, size=8, is_synthetic=True, source_uids=()))

    qtbot.waitUntil(lambda: comparison.obstacle is not None, timeout=PATIENCE_MS)

    assert "differ in size" in comparison.obstacle.problem
    assert "Translate the series on the left" in comparison.obstacle.action
    assert comparison.difference.frame is None
    assert comparison.obstacle.problem in comparison.difference.message


def test_without_an_image_on_one_side_there_is_nothing_to_compare(qtbot, comparison):
    show(qtbot, comparison, frame(200), frame(230, is_synthetic=True))

    comparison.reference.show_message("gone")

    assert comparison.result is None
    assert comparison.difference.frame is None


def test_the_difference_keeps_the_view_that_the_user_gave_it(qtbot, comparison):
    show(qtbot, comparison, frame(200), frame(230, is_synthetic=True))
    comparison.difference.set_view(View(4.0, (0.1, 0.1)))

    comparison.candidate.show_frame(frame(250, is_synthetic=True))
    qtbot.waitUntil(lambda: not comparison.is_comparing, timeout=PATIENCE_MS)

    assert comparison.difference.view == View(4.0, (0.1, 0.1))


def test_a_first_difference_takes_the_view_of_the_acquired_image(qtbot, comparison):
    comparison.reference.set_view(View(2.0, (0.2, 0.0)))

    show(qtbot, comparison, frame(200), frame(230, is_synthetic=True))

    assert comparison.difference.view == View(2.0, (0.2, 0.0))


def test_the_same_pair_is_compared_once(qtbot, comparison):
    first = frame(200)
    show(qtbot, comparison, first, frame(230, is_synthetic=True))

    comparison.reference.show_frame(first)

    assert not comparison.is_comparing


@pytest.mark.parametrize(("asked", "taken"), [(0.25, 0.25), (-1.0, 0.0), (7.0, 1.0)])
def test_the_swipe_edge_stays_inside_the_tile(comparison, asked, taken):
    comparison.set_swipe(asked)

    assert comparison.swipe == taken


def test_a_mode_that_is_set_twice_is_told_once(qtbot, comparison):
    told = []
    comparison.mode_changed.connect(lambda: told.append(comparison.mode))

    comparison.set_mode(CompareMode.SWIPE)
    comparison.set_mode(CompareMode.SWIPE)

    assert told == [CompareMode.SWIPE]


def test_an_inactive_comparison_computes_nothing(comparison):
    comparison.deactivate()

    comparison.reference.show_frame(frame(1))
    comparison.candidate.show_frame(replace(frame(2), provenance=provenance()))

    assert not comparison.is_comparing
