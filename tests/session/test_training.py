"""Runs are started, steered, survive the window and are found again; files stay off its thread."""

import builtins
import io
import json
import os
import subprocess
import sys
import threading
import time
import tomllib

import psutil
import pytest

from medgan_viewer.session.notices import NoticeBoard
from medgan_viewer.session.training import TrainingRuns
from medgan_viewer.session.training_order import DataKind, ModelFamily, TrainingOrder
from medgan_viewer.training.run_states import RunState
from tests.session.fixtures import PATIENCE_MS, deliver_posted
from tests.session.training_runs import end_processes, status_of, write_run, write_script


@pytest.fixture
def root(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def open_runs(qapp, tmp_path, root):
    """Return a function that looks at the runs folder; processes are ended after the test."""
    opened = []
    command = write_script(tmp_path)

    def open_runs():
        runs = TrainingRuns(root, NoticeBoard(), command, interval_s=0.05)
        opened.append(runs)
        runs.watch(True)
        return runs

    yield open_runs
    for runs in opened:
        runs.close()
    end_processes()
    deliver_posted()


@pytest.fixture
def runs(open_runs):
    return open_runs()


def order(folder, **changes):
    fields = {"name": "Chest", "kind": DataKind.IMAGES, "family": ModelFamily.VAE_GAN}
    return TrainingOrder(folder=folder, **(fields | changes))


def wait_for(qtbot, runs, state, condition=lambda run: True):
    """Wait until the chosen run has this state; return it."""

    def is_there():
        run = runs.chosen
        return run is not None and run.state is state and condition(run)

    qtbot.waitUntil(is_there, timeout=PATIENCE_MS)
    return runs.chosen


def started(qtbot, runs, folder, **changes):
    runs.start(order(folder, **changes))
    return wait_for(qtbot, runs, RunState.RUNNING, lambda run: run.images > 30)


def test_a_run_is_started_with_the_configuration_that_was_asked_for(qtbot, runs, root, tmp_path):
    run = started(qtbot, runs, tmp_path, name="Chest X-ray", resolution=64, seed=7)

    config = tomllib.loads((root / "chest-x-ray-1" / "config.toml").read_text())
    assert run.folder == root / "chest-x-ray-1"
    assert (run.name, run.family, run.resolution) == ("Chest X-ray", "vae-gan", 64)
    assert config["data"] == {"folder": str(tmp_path), "kind": "images"}
    assert config["training"]["seed"] == 7
    assert json.loads((run.folder / "arguments.json").read_text()) == [
        "train",
        str(run.folder / "config.toml"),
        "--out",
        str(run.folder),
    ]


def test_curves_and_sheets_come_in_while_it_runs(qtbot, runs, tmp_path):
    started(qtbot, runs, tmp_path)
    with qtbot.waitSignals([runs.curves_changed, runs.sheet_changed], timeout=PATIENCE_MS):
        pass

    first, second = runs.curves
    assert (first.name, second.name) == ("loss_g", "loss_d")
    assert first.means[0] == pytest.approx(1.1)
    assert runs.sheet.images % 30 == 0
    assert runs.sheet.picture.pixels[0, 0] == runs.sheet.images % 256


def test_a_run_waits_goes_on_and_ends_as_it_is_told(qtbot, runs, tmp_path):
    run = started(qtbot, runs, tmp_path)
    assert (run.can_pause, run.can_resume, run.can_stop) == (True, False, True)

    runs.pause()
    run = wait_for(qtbot, runs, RunState.PAUSED)
    assert (run.can_pause, run.can_resume, run.can_stop) == (False, True, True)

    runs.resume()
    wait_for(qtbot, runs, RunState.RUNNING, lambda now: now.images > run.images)

    runs.stop()
    run = wait_for(qtbot, runs, RunState.STOPPED)
    assert (run.can_pause, run.can_resume, run.can_stop) == (False, True, False)


def test_a_stopped_run_goes_on_in_a_new_process(qtbot, runs, tmp_path):
    started(qtbot, runs, tmp_path)
    runs.stop()
    stopped = wait_for(qtbot, runs, RunState.STOPPED)

    runs.resume()

    run = wait_for(qtbot, runs, RunState.RUNNING, lambda now: now.images > stopped.images)
    assert json.loads((run.folder / "arguments.json").read_text())[-1] == "--resume"
    [loss, _] = runs.curves
    assert (loss.images[1:] > loss.images[:-1]).all()


def test_a_run_survives_the_window_and_is_found_again(qtbot, open_runs, tmp_path):
    first = open_runs()
    before = started(qtbot, first, tmp_path)
    pid = status_of(before.folder)["pid"]

    first.close()
    again = open_runs()

    run = wait_for(qtbot, again, RunState.RUNNING, lambda run: run.images > before.images)
    assert run.folder == before.folder
    assert status_of(run.folder)["pid"] == pid
    again.stop()
    wait_for(qtbot, again, RunState.STOPPED)


def test_what_was_told_before_the_end_of_the_window_is_done(qtbot, open_runs, tmp_path):
    runs = open_runs()
    runs.start(order(tmp_path))

    runs.close()

    wait_for(qtbot, open_runs(), RunState.RUNNING)


def test_a_killed_run_is_shown_as_interrupted_and_resumed(qtbot, runs, tmp_path):
    run = started(qtbot, runs, tmp_path)

    psutil.Process(status_of(run.folder)["pid"]).kill()

    run = wait_for(qtbot, runs, RunState.INTERRUPTED)
    assert "ended without a word" in run.message
    assert run.can_resume
    assert status_of(run.folder)["state"] == "running"

    runs.resume()
    wait_for(qtbot, runs, RunState.RUNNING)


def test_resume_starts_no_second_process_beside_one_that_runs(qtbot, open_runs, tmp_path):
    runs = open_runs()
    run = started(qtbot, runs, tmp_path)
    pid = status_of(run.folder)["pid"]

    runs.resume()

    wait_for(qtbot, runs, RunState.RUNNING, lambda now: now.images > run.images + 30)
    assert status_of(run.folder)["pid"] == pid


def test_a_run_that_ends_before_it_begins_shows_the_last_words_of_its_log(qtbot, runs, tmp_path):
    runs.start(order(tmp_path, name="fails at once"))

    run = wait_for(qtbot, runs, RunState.FAILED)

    assert run.message == "There is no labels.csv. Add one."
    assert run.details.splitlines()[0] == "reading ..."


def test_a_failed_run_shows_its_own_message(qtbot, runs, tmp_path):
    runs.start(order(tmp_path, name="fails later"))

    run = wait_for(qtbot, runs, RunState.FAILED)

    assert run.message.startswith("The label 'x' has one image only.")
    assert run.can_resume


def test_a_data_folder_that_is_not_there_starts_nothing(qtbot, root, tmp_path):
    board = NoticeBoard()
    runs = TrainingRuns(root, board, write_script(tmp_path))
    with qtbot.waitSignal(board.notices_changed, timeout=PATIENCE_MS):
        runs.start(order(tmp_path / "none"))
    runs.close()

    assert "There is nothing at" in board.notices[0].problem
    assert not root.exists()


def test_a_command_that_cannot_be_started_is_told(qtbot, root, tmp_path):
    board = NoticeBoard()
    runs = TrainingRuns(root, board, [str(tmp_path / "no such program")])
    with qtbot.waitSignal(board.notices_changed, timeout=PATIENCE_MS):
        runs.start(order(tmp_path))
    runs.close()

    assert "could not be started" in board.notices[0].problem


def test_the_running_one_of_several_runs_is_chosen_first(qtbot, open_runs, root, tmp_path):
    runs = open_runs()
    run = started(qtbot, runs, tmp_path)
    runs.close()
    write_run(root, "later-1")

    again = open_runs()
    qtbot.waitUntil(lambda: again.chosen is not None, timeout=PATIENCE_MS)

    assert again.chosen.folder == run.folder
    assert len(again.runs) == 2


def test_another_choice_brings_the_curves_of_the_other_run(qtbot, open_runs, root):
    first = write_run(root, "a-1", curves="10,0.1,loss_a,1\n")
    second = write_run(root, "b-1", curves="10,0.1,loss_b,1\n")
    runs = open_runs()

    for folder, name in ((first, "loss_a"), (second, "loss_b"), (first, "loss_a")):
        runs.choose(folder)
        assert runs.curves == () or runs.curves[0].name == name
        qtbot.waitUntil(
            lambda name=name: bool(runs.curves) and runs.curves[0].name == name,
            timeout=PATIENCE_MS,
        )


def test_no_file_of_a_run_is_touched_by_the_thread_of_the_window(
    qtbot, runs, root, tmp_path, monkeypatch
):
    seen = {}

    def watch(owner, name):
        function = getattr(owner, name)

        def call(place, *arguments, **options):
            if str(root) in str(place):
                seen.setdefault(name, set()).add(threading.current_thread().name)
            return function(place, *arguments, **options)

        monkeypatch.setattr(owner, name, call)

    for owner, name in (
        (io, "open"),
        (builtins, "open"),
        *((os, name) for name in ("open", "stat", "scandir", "listdir", "mkdir", "replace")),
    ):
        watch(owner, name)

    started(qtbot, runs, tmp_path)
    runs.pause()
    wait_for(qtbot, runs, RunState.PAUSED)
    runs.stop()
    wait_for(qtbot, runs, RunState.STOPPED)

    assert set(seen) >= {"open", "stat", "mkdir"}
    assert set.union(*seen.values()) == {"medgan-training"}


def test_nothing_is_looked_at_while_nobody_watches(qtbot, runs, root):
    folder = write_run(root)
    wait_for(qtbot, runs, RunState.STOPPED)

    runs.watch(False)
    deliver_posted()
    (folder / "status.json").write_text(json.dumps({"state": "finished", "updated": time.time()}))
    qtbot.wait(200)
    deliver_posted()
    assert runs.chosen.state is RunState.STOPPED

    runs.watch(True)
    wait_for(qtbot, runs, RunState.FINISHED)


def test_without_a_look_there_is_no_thread(qapp, root):
    runs = TrainingRuns(root, NoticeBoard(), [sys.executable])

    runs.watch(False)

    assert "medgan-training" not in {thread.name for thread in threading.enumerate()}
    runs.close()


def test_after_the_end_nothing_is_done_any_more(qtbot, runs, root, tmp_path):
    runs.close()

    runs.start(order(tmp_path))
    runs.watch(True)
    runs.stop()

    assert not root.exists()


def test_the_window_loads_neither_networks_nor_picture_libraries_for_it():
    code = (
        "import sys, medgan_viewer.session.training\n"
        "print([name for name in ('torch', 'PIL', 'SimpleITK', 'pydicom') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
