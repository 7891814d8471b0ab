from pathlib import Path

import pytest

from medgan_viewer.session.training_folder import TrainingRun
from medgan_viewer.training.run_states import RunState, Wish
from medgan_viewer.ui.training.run_words import (
    done_part,
    minutes_words,
    model_words,
    progress_words,
    state_words,
)


def run(state=RunState.RUNNING, **fields):
    return TrainingRun(Path("/runs/a-1"), "A", state, **fields)


@pytest.mark.parametrize(
    ("state", "wish", "words"),
    [
        (RunState.RUNNING, Wish.RUN, "running"),
        (RunState.RUNNING, Wish.PAUSE, "pausing …"),
        (RunState.PAUSED, Wish.PAUSE, "paused"),
        (RunState.PAUSED, Wish.STOP, "stopping …"),
        (RunState.STARTING, Wish.RUN, "starting …"),
        (RunState.STOPPED, Wish.STOP, "stopped"),
        (RunState.INTERRUPTED, Wish.RUN, "interrupted"),
    ],
)
def test_the_state_says_what_comes_next_too(state, wish, words):
    assert state_words(run(state, wish=wish)) == words


def test_progress_is_one_line_with_what_is_known():
    fields = {"images": 12_345, "minutes": 6.24, "images_per_second": 33.33, "phase": "warm-up"}

    assert progress_words(run(**fields)) == "warm-up · 12,345 images · 33.3 images/s · 6.2 min"
    assert (
        progress_words(run(RunState.STOPPED, **fields, images_wanted=20_000, max_minutes=30.0))
        == "12,345 of 20,000 images · 6.2 of 30 min"
    )
    assert minutes_words(run(max_minutes=7.5)) == "0.0 of 7.5 min"
    assert model_words(run(family="dcgan", resolution=64)) == "dcgan · 64 px"
    assert model_words(run(family="pix2pix")) == "pix2pix"


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"minutes": 15, "max_minutes": 30}, 0.5),
        ({"images": 10, "images_wanted": 40, "minutes": 1, "max_minutes": 30}, 0.25),
        ({"minutes": 31, "max_minutes": 30}, 1.0),
        ({"minutes": 10}, 0.0),
        ({"state": RunState.FINISHED}, 1.0),
    ],
)
def test_how_far_a_run_is_follows_what_it_runs_out_of_first(fields, part):
    assert done_part(run(**fields)) == part
