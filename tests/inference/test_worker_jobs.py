"""Batch lane of the inference thread: jobs in order, with progress and cancel."""

from medgan_viewer.errors import InputError
from medgan_viewer.inference.jobs import CallJob, JobState
from medgan_viewer.inference.worker import InferenceWorker
from tests.inference.gated import LIMIT_S, GatedEngine, GatedJob, request_of, seeds_of


def test_a_job_reports_every_step_in_order(worker, inbox):
    job = GatedJob(total=3)
    job.released.set()

    worker.enqueue(job)
    inbox.wait_for_state(job, JobState.DONE)

    reports = [(item.state, item.done, item.made) for item in inbox.items]
    assert reports == [
        (JobState.WAITING, 0, None),
        (JobState.RUNNING, 1, 0),
        (JobState.RUNNING, 2, 1),
        (JobState.DONE, 3, 2),
    ]


def test_a_job_is_reported_as_waiting_before_the_thread_sees_it():
    job = GatedJob(held=0)
    reached_while_reporting = []

    def deliver(report):
        if report.state is JobState.WAITING:
            reached_while_reporting.append(job.reached.wait(0.05))

    worker = InferenceWorker(GatedEngine, deliver)
    worker.enqueue(job)

    assert reached_while_reporting == [False]
    assert job.reached.wait(LIMIT_S)
    assert worker.close(LIMIT_S)


def test_jobs_run_one_after_the_other(worker, inbox):
    first, second = GatedJob(), GatedJob()
    second.released.set()
    worker.enqueue(first)
    worker.enqueue(second)
    assert first.reached.wait(LIMIT_S)
    assert not second.steps

    first.released.set()
    inbox.wait_for_state(second, JobState.DONE)

    last_of_first = inbox.items.index(inbox.wait_for_state(first, JobState.DONE))
    first_of_second = inbox.items.index(inbox.wait_for_state(second, JobState.RUNNING))
    assert last_of_first < first_of_second


def test_a_request_runs_between_two_steps_of_a_job(worker, engine, inbox):
    engine.released.set()
    job = GatedJob(total=3, held=1)
    worker.enqueue(job)
    assert job.reached.wait(LIMIT_S)

    worker.submit(request_of(7))
    job.released.set()
    inbox.wait_for_state(job, JobState.DONE)

    order = [seeds_of([item]) or item.done for item in inbox.items]
    assert order == [0, 1, 2, [7], 3]


def test_a_running_job_is_cancelled_within_its_step(worker, inbox):
    job = GatedJob(total=100, held=2)
    worker.enqueue(job)
    assert job.reached.wait(LIMIT_S)

    worker.cancel(job.job_id)
    report = inbox.wait_for_state(job, JobState.CANCELLED)

    assert (report.done, report.total) == (2, 100)
    assert job.steps == [0, 1, 2]


def test_a_waiting_job_is_cancelled_before_the_one_in_front_is_done(worker, inbox):
    first, second = GatedJob(total=3, held=0), GatedJob()
    worker.enqueue(first)
    worker.enqueue(second)
    assert first.reached.wait(LIMIT_S)

    worker.cancel(second.job_id)
    first.released.set()
    inbox.wait_for_state(first, JobState.DONE)

    states = [(item.job_id, item.state) for item in inbox.items]
    cancelled = states.index((second.job_id, JobState.CANCELLED))
    assert cancelled < states.index((first.job_id, JobState.DONE))
    assert not second.steps


def test_cancelling_what_is_over_or_unknown_does_nothing(worker, inbox):
    job = CallJob("quick", lambda: 5)
    worker.enqueue(job)
    inbox.wait_for_state(job, JobState.DONE)

    worker.cancel(job.job_id)
    worker.cancel(-1)

    other = CallJob("next", lambda: 6)
    worker.enqueue(other)
    assert inbox.wait_for_state(other, JobState.DONE).made == 6
    assert inbox.states_of(job)[-1] is JobState.DONE


def test_a_failed_job_says_why_and_lets_the_next_one_run(worker, inbox):
    error = InputError("Slice 2 is damaged.", "Get it anew.")
    failing, following = GatedJob(error=error), GatedJob()
    failing.released.set()
    following.released.set()

    worker.enqueue(failing)
    worker.enqueue(following)
    inbox.wait_for_state(following, JobState.DONE)

    assert inbox.wait_for_state(failing, JobState.FAILED).error is error


def test_a_bug_in_a_job_is_logged_and_the_thread_lives(worker, inbox, expects_error_log):
    job = GatedJob(error=KeyError("row"))
    job.released.set()
    worker.enqueue(job)

    report = inbox.wait_for_state(job, JobState.FAILED)

    assert "KeyError" in report.error.problem
    assert expects_error_log
    after = CallJob("after", lambda: None)
    worker.enqueue(after)
    inbox.wait_for_state(after, JobState.DONE)


class GrowingJob(GatedJob):
    """Learns in its first step that there is more to do."""

    def step(self, engine, index, should_stop):
        self.total = 4
        return super().step(engine, index, should_stop)


def test_a_job_may_grow_while_it_runs(worker, inbox):
    job = GrowingJob(total=1)
    job.released.set()
    worker.enqueue(job)

    report = inbox.wait_for_state(job, JobState.DONE)

    assert (report.done, report.total) == (4, 4)


def test_closing_stops_a_job_within_its_step(inbox):
    worker = InferenceWorker(GatedEngine, inbox)
    job = GatedJob(held=1)
    worker.enqueue(job)
    assert job.reached.wait(LIMIT_S)

    assert worker.close(LIMIT_S)

    assert job.steps == [0, 1]
    assert JobState.CANCELLED not in inbox.states_of(job)
