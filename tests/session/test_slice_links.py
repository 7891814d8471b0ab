from dataclasses import replace

import pytest

from medgan_viewer.session.grid import Layout
from medgan_viewer.session.session import Mode
from medgan_viewer.session.slice_links import align_on_screen
from tests.dicom_factory import AXIAL, make_series
from tests.session.fixtures import PATIENCE_MS, display_sets, open_and_wait


@pytest.fixture
def two_stacks(qtbot, session, tmp_path):
    """Return a function that shows slices every 5 mm beside slices every 10 mm."""

    def show(**of_second):
        session.set_mode(Mode.BROWSE)
        session.set_layout(Layout(1, 2))
        make_series(tmp_path / "a", range(0, 60, 5), name="a")
        make_series(tmp_path / "b", range(0, 60, 10), name="b", **of_second)
        open_and_wait(qtbot, session, tmp_path)
        sets = {s.label: s for s in display_sets(session)}
        for feeder, label in zip(session.feeders, ("a", "b"), strict=False):
            session.show_set(sets[label], feeder.viewport)
        first, second = session.acquired[:2]
        qtbot.waitUntil(
            lambda: first.frame is not None and second.frame is not None, timeout=PATIENCE_MS
        )
        return first, second

    return show


def align(session):
    align_on_screen(session.slice_links, session.feeders, session.grid, session.notices)


ELSEWHERE = {"FrameOfReferenceUID": "1.2.3"}


def test_aligned_stacks_of_different_spaces_scroll_by_millimetres(session, two_stacks):
    first, second = two_stacks(**ELSEWHERE)
    first.go_to(4)
    second.go_to(1)

    align(session)
    first.go_to(8)  # 20 mm further

    assert second.wanted == 3
    second.go_to(2)  # 10 mm back
    assert first.wanted == 6


def test_without_an_aligned_pair_they_scroll_alone(session, two_stacks):
    first, second = two_stacks(**ELSEWHERE)
    before = second.wanted

    first.go_to(8)

    assert second.wanted == before


def test_forgotten_pairs_link_no_longer(session, two_stacks):
    first, second = two_stacks(**ELSEWHERE)
    align(session)
    session.slice_links.forget()
    before = second.wanted

    first.go_to(first.wanted + 4)

    assert not session.slice_links.has_pairs
    assert second.wanted == before


def test_stacks_of_one_space_go_by_place_and_need_no_pair(session, two_stacks):
    first, second = two_stacks()
    first.go_to(2)
    align(session)

    first.go_to(8)

    assert not session.slice_links.has_pairs
    assert second.wanted == 4  # both 40 mm
    assert "no stacks" in session.notices.notices[-1].problem


def test_stacks_without_positions_go_slice_by_slice(session, two_stacks):
    without = {"ImagePositionPatient": None, "ImageOrientationPatient": None}
    first, second = two_stacks(**without)
    first.go_to(4)
    second.go_to(1)
    align(session)

    first.go_to(6)

    assert second.wanted == 3


def test_crossing_stacks_are_not_linked_by_hand(session, two_stacks):
    turned = [AXIAL[3], AXIAL[4], AXIAL[5], 0, 0, 1]
    two_stacks(ImageOrientationPatient=turned, ImagePositionPatient=[3, 0, 0], **ELSEWHERE)

    align(session)

    assert not session.slice_links.has_pairs


def test_a_stack_that_lost_its_aligned_slice_scrolls_alone(session, two_stacks):
    two_stacks(**ELSEWHERE)
    align(session)
    a, b = (feeder.display_set for feeder in session.feeders[:2])
    shorter = replace(b, frames=b.frames[:1], planes=b.planes[:1])

    assert session.slice_links.partner(a, shorter, 0) is None
