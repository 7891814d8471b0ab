"""The job that translates a series: which planes it looks at first, how it counts and stops."""

from dataclasses import replace

import numpy as np
import pytest

from medgan_viewer.errors import InputError, PackageError, RunAbortedError
from medgan_viewer.inference.engine import Engine
from medgan_viewer.inference.jobs import JobState, new_job_id
from medgan_viewer.inference.series_job import SeriesJob, sample_indices
from medgan_viewer.inference.worker import InferenceWorker
from tests.inference.gated import LIMIT_S, Inbox
from tests.inference.made_series import make_series
from tests.package_factory import write_tanh_translator, write_tiny_package


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    return write_tanh_translator(tmp_path_factory.mktemp("job") / "tanh")


def bright(positions):
    return np.full(positions.shape[:-1], 900.0)


def no_engine(*_):
    raise AssertionError("the engine is not needed yet")


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, []), (1, [0]), (3, [0, 1, 2]), (4, [0, 1, 2, 3]), (10, [0, 3, 6, 9]), (7, [0, 2, 4, 6])],
)
def test_intensities_are_learnt_from_planes_spread_over_the_series(count, expected):
    assert sample_indices(count, wanted=4) == expected


def test_a_long_series_is_sampled_at_sixteen_planes_with_both_ends():
    found = sample_indices(200)

    assert len(set(found)) == 16
    assert (found[0], found[-1]) == (0, 199)
    assert found == sorted(found)


def test_a_job_reads_its_samples_before_it_needs_the_network(translator):
    read = []
    source = make_series(bright, count=20)
    watched = replace(source, read=lambda index: read.append(index) or source.read(index))
    job = SeriesJob(translator, watched)

    for index in range(16):
        assert job.step(no_engine, index, lambda: False) is None

    assert read == sample_indices(20)
    assert job.total == 16 + 20


def test_a_job_says_what_it_translates(translator):
    one, other = (SeriesJob(translator, make_series(bright)) for _ in range(2))

    assert one.title == "Translating made series"
    assert one.job_id != other.job_id != new_job_id()


def test_a_generator_translates_nothing(tmp_path):
    generator = write_tiny_package(tmp_path / "gan", "fully-connected")

    with pytest.raises(ValueError, match="is not a translator"):
        SeriesJob(generator, make_series(bright))


def test_a_job_that_was_told_to_stop_reads_nothing(translator):
    source = replace(make_series(bright), read=no_engine)

    with pytest.raises(RunAbortedError):
        SeriesJob(translator, source).step(no_engine, 0, lambda: True)


def test_an_inverted_series_is_refused_at_its_first_plane(translator):
    job = SeriesJob(translator, make_series(bright, inverted=True))

    with pytest.raises(PackageError, match="inverted grays"):
        job.step(no_engine, 0, lambda: False)


def test_a_series_without_planes_is_refused(translator):
    source = replace(make_series(bright, count=1), planes=[], uids=[])

    with pytest.raises(InputError, match="intensities of the series cannot be mapped"):
        SeriesJob(translator, source).step(no_engine, 0, lambda: False)


def test_a_series_goes_through_the_worker_plane_by_plane(translator):
    inbox = Inbox()
    worker = InferenceWorker(Engine, inbox)
    job = SeriesJob(translator, make_series(bright, count=3))

    worker.enqueue(job)
    done = inbox.wait_for_state(job, JobState.DONE)
    assert worker.close(LIMIT_S)

    made = [item.made.index for item in inbox.items if item.made is not None]
    assert made == [0, 1, 2]
    assert (done.done, done.total) == (6, 6)


def test_cancelling_in_the_worker_keeps_the_planes_that_are_done(translator):
    inbox = Inbox()
    worker = InferenceWorker(Engine, inbox)
    source = make_series(bright, count=4)

    def read(index):
        if index == 2 and len(read_so_far) >= 4:  # after the samples, when it is translated
            worker.cancel(job.job_id)
        read_so_far.append(index)
        return source.read(index)

    read_so_far = []
    job = SeriesJob(translator, replace(source, read=read))
    worker.enqueue(job)
    inbox.wait_for_state(job, JobState.CANCELLED)
    assert worker.close(LIMIT_S)

    made = [item.made.index for item in inbox.items if item.made is not None]
    assert made == [0, 1]
