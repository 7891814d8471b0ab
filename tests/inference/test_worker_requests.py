"""Interactive lane of the inference thread: the newest request wins, old revisions are dropped."""

import threading
import time

from medgan_viewer.errors import InputError, MedganError
from medgan_viewer.inference.jobs import CallJob
from medgan_viewer.inference.request import GenerationRequest, InferenceFailure, InferenceResult
from medgan_viewer.inference.worker import InferenceWorker
from medgan_viewer.latent.point import LatentPoint
from tests.inference.gated import LIMIT_S, PACKAGE, GatedEngine, hold, request_of, seeds_of


class DeafEngine(GatedEngine):
    """Does not stop when it is told to."""

    def run(self, request, should_stop):
        return super().run(request, lambda: False)


def test_of_the_requests_that_wait_only_the_newest_runs(worker, engine, inbox):
    hold(worker, engine, seed=1)
    for seed in (2, 3, 4):
        worker.submit(request_of(seed))
    engine.released.set()

    inbox.wait_for_seed(4)

    assert engine.runs == [1, 4]
    assert seeds_of(inbox.items) == [1, 4]


def test_a_running_request_of_the_same_revision_is_left_to_finish(worker, engine, inbox):
    hold(worker, engine, seed=1)
    worker.submit(request_of(2))
    engine.released.set()

    inbox.wait_for_seed(1)

    assert not engine.aborted


def test_a_newer_revision_stops_what_runs(worker, engine, inbox):
    hold(worker, engine, seed=1, revision=0)

    worker.submit(request_of(2, revision=1))
    assert engine.stopped.wait(LIMIT_S)
    engine.released.set()
    inbox.wait_for_seed(2)

    assert engine.aborted == [1]
    assert seeds_of(inbox.items) == [2]


def test_a_request_older_than_the_revision_is_not_delivered(worker, engine, inbox):
    engine.released.set()
    worker.submit(request_of(1, revision=5))
    inbox.wait_for_seed(1)

    worker.submit(request_of(2, revision=4))
    worker.submit(request_of(3, revision=5))
    inbox.wait_for_seed(3)

    assert 2 not in seeds_of(inbox.items)


def test_withdrawing_drops_what_waits_and_stops_what_runs(worker, engine, inbox):
    hold(worker, engine, seed=1, revision=0)
    worker.submit(request_of(2, revision=0))

    worker.withdraw(revision=1)
    assert engine.stopped.wait(LIMIT_S)
    worker.submit(request_of(3, revision=1))
    engine.released.set()
    inbox.wait_for_seed(3)

    assert engine.aborted == [1]
    assert engine.runs == [1, 3]


def test_a_result_that_became_old_while_it_was_computed_is_not_delivered(inbox):
    engine = DeafEngine()
    worker = InferenceWorker(lambda: engine, inbox)
    hold(worker, engine, seed=1, revision=0)

    worker.withdraw(revision=1)
    engine.released.set()
    worker.submit(request_of(2, revision=1))
    inbox.wait_for_seed(2)

    assert seeds_of(inbox.items) == [2]
    assert worker.close(LIMIT_S)


def test_the_wait_of_a_request_is_part_of_its_timings(worker, engine, inbox):
    engine.released.set()
    asked = time.monotonic() - 60

    worker.submit(GenerationRequest(0, PACKAGE, LatentPoint(1), created_s=asked))

    timings = inbox.wait_for_seed(1).timings
    assert 60_000 <= timings.queued_ms < 60_000 + LIMIT_S * 1000
    assert timings.infer_ms == 1.0


def test_a_known_error_is_delivered_and_the_thread_lives(inbox):
    error = InputError("The weights are gone.", "Get them back.")
    engine = GatedEngine({1: error})
    engine.released.set()
    worker = InferenceWorker(lambda: engine, inbox)

    worker.submit(request_of(1))
    failure = inbox.wait_for_seed(1)
    worker.submit(request_of(2))

    assert isinstance(failure, InferenceFailure)
    assert failure.error is error
    assert isinstance(inbox.wait_for_seed(2), InferenceResult)
    assert worker.close(LIMIT_S)


def test_a_bug_is_logged_and_delivered_and_the_thread_lives(inbox, expects_error_log):
    engine = GatedEngine({1: ZeroDivisionError("float division by zero")})
    engine.released.set()
    worker = InferenceWorker(lambda: engine, inbox)

    worker.submit(request_of(1))
    failure = inbox.wait_for_seed(1)
    worker.submit(request_of(2))
    inbox.wait_for_seed(2)

    assert isinstance(failure.error, MedganError)
    assert "ZeroDivisionError" in failure.error.problem
    assert "tiny" in expects_error_log[0].getMessage()
    assert worker.close(LIMIT_S)


def test_an_engine_that_cannot_be_made_fails_each_request_and_is_tried_again(inbox):
    engine = GatedEngine()
    engine.released.set()
    failures = [InputError("No device.", "Wait.")]

    def make_engine():
        if failures:
            raise failures.pop()
        return engine

    worker = InferenceWorker(make_engine, inbox)
    worker.submit(request_of(1))
    assert isinstance(inbox.wait_for_seed(1), InferenceFailure)
    worker.submit(request_of(2))

    assert isinstance(inbox.wait_for_seed(2), InferenceResult)
    assert worker.close(LIMIT_S)


# ---- the end ----


def test_closing_stops_what_runs_and_delivers_nothing_more(engine, inbox):
    worker = InferenceWorker(lambda: engine, inbox)
    hold(worker, engine, seed=1)
    worker.enqueue(CallJob("never", lambda: None))
    before = list(inbox.items)

    assert worker.close(LIMIT_S)

    assert engine.aborted == [1]
    assert inbox.items == before


def test_closing_twice_does_no_harm(engine, inbox):
    worker = InferenceWorker(lambda: engine, inbox)

    assert worker.close(LIMIT_S)
    assert worker.close(LIMIT_S)


def test_a_thread_that_does_not_end_in_time_is_reported(inbox):
    engine = DeafEngine()
    worker = InferenceWorker(lambda: engine, inbox)
    hold(worker, engine)

    assert not worker.close(timeout_s=0.01)

    engine.released.set()
    assert worker.close(LIMIT_S)


def test_the_engine_is_made_on_the_thread_when_it_is_needed(inbox):
    made_on = []

    def make_engine():
        made_on.append(threading.current_thread().name)
        engine = GatedEngine()
        engine.released.set()
        return engine

    worker = InferenceWorker(make_engine, inbox)
    assert not made_on
    for seed in (1, 2):
        worker.submit(request_of(seed))
        inbox.wait_for_seed(seed)

    assert made_on == ["medgan-inference"]
    assert worker.close(LIMIT_S)
