"""Scrolling over planes that are not in memory, with a pool whose answers the test gives."""

from dataclasses import replace
from pathlib import Path

import pytest

from medgan_viewer.dicom.decoder import PREFETCH, VISIBLE, Ticket
from medgan_viewer.dicom.display_sets import DisplaySet
from medgan_viewer.dicom.hierarchy import FrameRef, SeriesFacts, StudyFacts
from medgan_viewer.dicom.slice_geometry import judge
from medgan_viewer.errors import InputError
from medgan_viewer.session.loading import FrameLoader
from medgan_viewer.session.stacks import StackFeeder, caption_of, spans_of
from medgan_viewer.session.tile_view import Role
from medgan_viewer.session.viewports import ViewportState
from tests.session.fixtures import deliver_posted, gray_frame


class HandPool:
    """A pool that decodes a frame when the test says so."""

    def __init__(self):
        self.asked = []

    def submit(self, task, deliver, priority=VISIBLE):
        ticket = Ticket(task, deliver)
        self.asked.append((priority, ticket))
        return ticket

    def waiting(self, priority):
        """Return the numbers of the frames that wait with this priority."""
        return [
            ticket.task.ref.frame_number
            for asked, ticket in self.asked
            if asked == priority and not ticket.is_cancelled
        ]

    def answer(self, number, outcome):
        for _, ticket in list(self.asked):
            if ticket.task.ref.frame_number == number and not ticket.is_cancelled:
                ticket.deliver(outcome)
        deliver_posted()


def stack(count=40, uid="stack"):
    path = Path("stack.dcm")
    return DisplaySet(
        uid=uid,
        label="Stack",
        study=StudyFacts(patient_id="T-1", patient_name="TEST^CASE", study_date="20240102"),
        series=SeriesFacts(series_uid="1.2", modality="MR"),
        frames=tuple(FrameRef(path, "1.2.3", number) for number in range(1, count + 1)),
        order_rule="frame number",
        geometry=judge((None,) * count),
        rows=16,
        columns=16,
        spacing_mm=(None, None, None),
        planes=(None,) * count,
        is_synthetic=False,
        sop_class_uid="1.2",
        is_lossy=False,
    )


@pytest.fixture
def pool():
    return HandPool()


@pytest.fixture
def loader(qapp, pool):
    loader = FrameLoader(pool, budget_bytes=1 << 20)
    yield loader
    loader.close()


@pytest.fixture
def feeder(loader):
    feeder = StackFeeder(ViewportState(Role.ACQUIRED), loader)
    feeder.show(stack())
    return feeder


def test_a_new_stack_asks_for_its_middle_and_blanks_the_tile(feeder, pool):
    assert pool.waiting(VISIBLE) == [21]
    assert feeder.viewport.frame is None
    assert feeder.viewport.message == "Loading …"


def test_a_fast_scroll_waits_for_the_last_plane_alone(feeder, pool):
    for _ in range(10):
        feeder.viewport.scroll(1)

    assert pool.waiting(VISIBLE) == [31]
    assert feeder.viewport.waiting == "loading 31 / 40"


def test_planes_ahead_are_loaded_in_the_direction_of_the_scroll(feeder, pool):
    feeder.viewport.scroll(-1)

    # Three ahead for each one behind, as many as the pool may hold: 20 is on screen.
    assert set(pool.waiting(PREFETCH)) - {20} == {*range(8, 20), *range(21, 25)}


def test_the_image_on_screen_keeps_its_own_number_until_the_next_comes(feeder, pool):
    pool.answer(21, gray_frame(21))

    feeder.viewport.scroll(1)

    assert feeder.viewport.frame.stored[1, 1] == 21
    assert (feeder.viewport.index, feeder.viewport.wanted) == (20, 21)


def test_a_plane_that_comes_after_the_user_went_on_is_not_shown(feeder, pool):
    _, ticket = pool.asked[0]
    pool.answer(21, gray_frame(21))
    feeder.viewport.scroll(5)

    ticket.deliver(gray_frame(99))  # the decoder was at it already
    deliver_posted()

    assert feeder.viewport.frame.stored[1, 1] == 21
    assert feeder.viewport.wanted == 25


@pytest.mark.parametrize("answers", ["the ticket that was dropped", "the new ticket"])
def test_a_plane_that_was_dropped_and_is_wanted_again_is_shown(feeder, pool, answers):
    _, dropped = pool.asked[0]
    feeder.viewport.go_to(0)
    feeder.viewport.go_to(20)

    assert dropped.is_cancelled
    assert pool.waiting(VISIBLE) == [21]
    if answers == "the new ticket":
        pool.answer(21, gray_frame(21))
    else:  # the decoder was at it already
        dropped.deliver(gray_frame(21))
        deliver_posted()

    assert feeder.viewport.frame.stored[1, 1] == 21
    assert pool.waiting(VISIBLE) == []


def test_a_plane_that_is_loaded_ahead_is_shown_by_whichever_answer_comes_first(feeder, pool):
    pool.answer(21, gray_frame(21))
    ahead = next(t for p, t in pool.asked if p == PREFETCH and t.task.ref.frame_number == 22)

    feeder.viewport.scroll(1)
    assert pool.waiting(VISIBLE)[-1] == 22
    ahead.deliver(gray_frame(22))
    deliver_posted()

    assert feeder.viewport.frame.stored[1, 1] == 22
    assert 22 not in pool.waiting(VISIBLE)


def test_a_plane_in_memory_is_shown_at_once(feeder, pool):
    pool.answer(21, gray_frame(21))
    pool.answer(22, gray_frame(22))

    feeder.viewport.scroll(1)

    assert feeder.viewport.frame.stored[1, 1] == 22


def test_the_stack_does_not_loop(feeder, pool):
    feeder.viewport.go_to(39)

    feeder.viewport.scroll(5)

    assert feeder.viewport.wanted == 39


def test_a_plane_that_fails_says_why_and_the_next_can_be_shown(feeder, pool):
    pool.answer(21, InputError("Plane 21 is broken.", "Open another."))

    assert feeder.viewport.message == "Plane 21 is broken.\n\nOpen another."

    feeder.viewport.scroll(1)
    pool.answer(22, gray_frame(22))
    assert feeder.viewport.frame.stored[1, 1] == 22


def test_another_stack_drops_what_the_one_before_waits_for(feeder, pool):
    feeder.show(replace(stack(count=3, uid="other"), frames=stack(count=3).frames))

    assert pool.waiting(VISIBLE) == [2]
    assert set(pool.waiting(PREFETCH)) == {1, 3}


def test_two_tiles_load_ahead_side_by_side(loader, pool, feeder):
    other = StackFeeder(ViewportState(Role.ACQUIRED), loader)

    other.show(replace(stack(uid="other"), frames=stack().frames[:5]))

    assert pool.waiting(VISIBLE) == [21, 3]
    assert {22, 4} <= set(pool.waiting(PREFETCH))


def test_memory_stays_below_its_budget_and_the_image_on_screen_stays(qapp, pool):
    frame_bytes = gray_frame().stored.nbytes
    loader = FrameLoader(pool, budget_bytes=2 * frame_bytes)
    feeder = StackFeeder(ViewportState(Role.ACQUIRED), loader)
    feeder.show(stack())
    for number in (21, 22, 23, 24):
        pool.answer(number, gray_frame(number))

    assert loader.size_bytes <= 2 * frame_bytes
    assert kept(loader) == {21, 22}  # the image on screen and the next
    feeder.viewport.scroll(1)
    for number in (22, 23, 24):
        pool.answer(number, gray_frame(number))
    assert kept(loader) == {22, 23}
    loader.close()


def kept(loader):
    return {ref.frame_number for ref in stack().frames if loader.has(ref)}


def test_the_whole_stack_is_loaded_nearest_planes_first(feeder, pool, loader):
    order = []
    pool.answer(21, gray_frame(21))
    while waiting := pool.waiting(PREFETCH):
        order.append(waiting[0])
        pool.answer(waiting[0], gray_frame(waiting[0]))

    assert order[:8] == [22, 23, 24, 20, 25, 26, 27, 19]
    assert kept(loader) == set(range(1, 41))


def test_a_stack_larger_than_the_budget_is_loaded_as_far_as_it_reaches(qapp, pool):
    loader = FrameLoader(pool, budget_bytes=6 * gray_frame().stored.nbytes)
    feeder = StackFeeder(ViewportState(Role.ACQUIRED), loader)
    feeder.show(stack())
    pool.answer(21, gray_frame(21))
    while waiting := pool.waiting(PREFETCH):
        pool.answer(waiting[0], gray_frame(waiting[0]))

    assert kept(loader) == {20, 21, 22, 23, 24, 25}
    loader.close()


def test_planes_of_a_stack_that_nobody_shows_go_first(qapp, pool):
    loader = FrameLoader(pool, budget_bytes=4 * gray_frame().stored.nbytes)
    feeder = StackFeeder(ViewportState(Role.ACQUIRED), loader)
    before = replace(stack(), frames=stack().frames[:3])
    feeder.show(before)
    for number in (2, 3, 1):
        pool.answer(number, gray_frame(number))
    feeder.show(replace(stack(uid="other"), frames=stack().frames[10:13]))
    for number in (12, 13, 11):
        pool.answer(number, gray_frame(number))

    assert {11, 12, 13} <= kept(loader)
    loader.close()


def test_a_plane_that_cannot_be_decoded_is_not_asked_for_again_and_again(feeder, pool, loader):
    pool.answer(21, gray_frame(21))
    asked = len(pool.asked)
    pool.answer(22, InputError("Plane 22 is broken.", "Open another."))
    pool.answer(23, gray_frame(23))

    assert 22 not in [t.task.ref.frame_number for _, t in pool.asked[asked:]]
    feeder.viewport.scroll(1)
    assert pool.waiting(VISIBLE) == [22]


def test_a_smaller_budget_drops_the_planes_that_lie_farthest(feeder, pool, loader):
    pool.answer(21, gray_frame(21))
    while waiting := pool.waiting(PREFETCH):
        pool.answer(waiting[0], gray_frame(waiting[0]))

    loader.set_budget(3 * gray_frame().stored.nbytes)

    assert kept(loader) == {21, 22, 23}


def test_the_tile_knows_which_planes_are_in_memory(qtbot, feeder, pool):
    for number in (21, 22, 20):
        pool.answer(number, gray_frame(number))

    qtbot.waitUntil(lambda: feeder.viewport.loaded == ((19, 21),))
    assert spans_of([True, True, False, True]) == ((0, 1), (3, 3))
    assert spans_of([]) == ()


def test_what_comes_after_the_close_is_dropped(loader, pool, feeder):
    loader.close()

    pool.asked[0][1].deliver(gray_frame(21))
    deliver_posted()

    assert feeder.viewport.frame is None


def test_a_caption_names_patient_id_and_date_in_lines_of_their_own():
    caption = caption_of(stack())

    assert caption.identity == ("TEST, CASE", "T-1", "2024-01-02")
    assert caption.title == "MR · Stack"
    assert caption.patient == "T-1"
