from dataclasses import replace

import pytest

from medgan_viewer.errors import PackageError
from medgan_viewer.session.notices import Severity
from medgan_viewer.session.session import Mode
from tests.session.fixtures import PATIENCE_MS, FailingEngine, GatedEngine, QuickEngine


def shown_value(session):
    frame = session.synthetic.frame
    return None if frame is None else int(frame.stored[1, 1])


def wait_for_value(qtbot, session, value):
    qtbot.waitUntil(lambda: shown_value(session) == value, timeout=PATIENCE_MS)


def test_the_synthetic_tile_follows_the_sliders(qtbot, session):
    session.set_mode(Mode.GENERATE)
    wait_for_value(qtbot, session, 0)

    session.latent.set_seed(41)

    wait_for_value(qtbot, session, 41)


def test_dragging_runs_only_the_first_and_the_newest_value(qtbot, make_session):
    engine = GatedEngine()
    session = make_session(lambda: engine)
    session.set_mode(Mode.GENERATE)
    qtbot.waitUntil(engine.started.is_set, timeout=PATIENCE_MS)

    for seed in (1, 2, 3):
        session.latent.set_seed(seed)
    engine.released.set()
    wait_for_value(qtbot, session, 3)

    assert [request.point.seed for request in engine.requests] == [0, 3]


def test_what_the_model_before_still_computes_is_dropped(qtbot, make_session, packages):
    engine = GatedEngine()
    session = make_session(lambda: engine)
    shown = []
    session.synthetic.content_changed.connect(lambda: shown.append(session.synthetic.frame))
    session.set_mode(Mode.GENERATE)
    qtbot.waitUntil(engine.started.is_set, timeout=PATIENCE_MS)

    session.latent.set_package(packages.other)
    engine.released.set()
    qtbot.waitUntil(lambda: session.synthetic.frame is not None, timeout=PATIENCE_MS)

    assert {frame.provenance.package_id for frame in shown if frame is not None} == {"other"}


def test_another_model_takes_the_image_of_the_one_before_away_at_once(
    qtbot, make_session, packages
):
    session = make_session()
    session.set_mode(Mode.GENERATE)
    wait_for_value(qtbot, session, 0)

    session.latent.set_package(packages.other)

    assert session.synthetic.frame is None
    assert "Loading" in session.synthetic.message


def test_a_package_that_fails_is_told_and_the_next_slider_move_tries_again(qtbot, make_session):
    engine = FailingEngine(PackageError("The weights are gone.", "Install them."))
    session = make_session(lambda: engine)
    session.set_mode(Mode.GENERATE)
    qtbot.waitUntil(lambda: bool(session.notices.notices), timeout=PATIENCE_MS)

    [notice] = session.notices.notices
    assert (notice.severity, notice.problem) == (Severity.ERROR, "The weights are gone.")
    assert "The weights are gone." in session.synthetic.message

    engine.error = None
    session.latent.set_seed(5)
    wait_for_value(qtbot, session, 5)


def test_a_bug_of_the_engine_becomes_a_notice(qtbot, make_session, expects_error_log):
    session = make_session(lambda: FailingEngine(RuntimeError("bug")))

    session.set_mode(Mode.GENERATE)

    qtbot.waitUntil(lambda: bool(session.notices.notices), timeout=PATIENCE_MS)
    assert "RuntimeError" in session.notices.notices[0].problem


def test_when_a_later_image_fails_the_one_before_stays_with_a_sign(qtbot, make_session):
    engine = FailingEngine(None)
    session = make_session(lambda: engine)
    session.set_mode(Mode.GENERATE)
    wait_for_value(qtbot, session, 0)

    engine.error = PackageError("The memory is full.", "Close programs.")
    session.latent.set_seed(5)
    qtbot.waitUntil(lambda: bool(session.synthetic.waiting), timeout=PATIENCE_MS)

    assert shown_value(session) == 0
    assert session.synthetic.waiting == "not made: see the message above"


class FallingBackEngine(QuickEngine):
    """Says `fallback` with every image."""

    fallback = ""

    def run(self, request, should_stop):
        return replace(super().run(request, should_stop), fallback=self.fallback)


def test_a_fallback_is_told_when_it_happens_and_again_when_it_changes(qtbot, make_session):
    engine = FallingBackEngine()
    session = make_session(lambda: engine)
    session.set_mode(Mode.GENERATE)
    wait_for_value(qtbot, session, 0)
    told = []

    for seed, fallback in enumerate(("full", "full", "fuller", "", "fuller"), start=1):
        engine.fallback = fallback
        session.latent.set_seed(seed)
        wait_for_value(qtbot, session, seed)
        told.append([notice.problem for notice in session.notices.notices])
        session.notices.clear()

    assert told == [["full"], [], ["fuller"], [], ["fuller"]]


def test_nothing_arrives_in_browse(qtbot, make_session):
    engine = GatedEngine()
    session = make_session(lambda: engine)
    session.set_mode(Mode.GENERATE)
    qtbot.waitUntil(engine.started.is_set, timeout=PATIENCE_MS)

    session.set_mode(Mode.BROWSE)
    engine.released.set()
    session.service.close()
    qtbot.wait(50)

    assert session.synthetic.frame is None


def test_the_latency_of_a_painted_image_is_the_sum_of_its_parts(qtbot, session):
    session.set_mode(Mode.GENERATE)
    wait_for_value(qtbot, session, 0)

    with qtbot.waitSignal(session.generation.latency_measured, timeout=PATIENCE_MS) as measured:
        session.synthetic.painted.emit(session.synthetic.frame)

    [latency] = measured.args
    parts = latency.wait_ms + latency.load_ms + latency.run_ms + latency.display_ms
    assert latency.run_ms == 0.001  # what the engine says
    assert parts == pytest.approx(latency.total_ms)


def test_painting_another_frame_measures_nothing(qtbot, session):
    session.set_mode(Mode.GENERATE)
    wait_for_value(qtbot, session, 0)

    with qtbot.assertNotEmitted(session.generation.latency_measured):
        session.synthetic.painted.emit(object())


def test_without_a_model_the_tile_says_what_to_do(make_session):
    session = make_session()
    session.latent.set_package(None)

    session.set_mode(Mode.GENERATE)

    assert "Choose a model" in session.synthetic.message
