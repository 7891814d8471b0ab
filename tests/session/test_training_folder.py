import json
import os
import time

import pytest

from medgan_viewer.session.training_folder import (
    DIED_EARLY,
    find_runs,
    log_tail,
    read_run,
    write_launch,
    write_wish,
)
from medgan_viewer.session.training_process import find_process
from medgan_viewer.training.run_states import RunState, Wish
from tests.session.training_runs import write_run

THIS = find_process(os.getpid())


def alive(**changes):
    """Return the status fields of a process that runs: this one."""
    return {"pid": os.getpid(), "pid_started": THIS.since_boot_s} | changes


def test_a_finished_run_tells_what_its_files_say(tmp_path):
    folder = write_run(tmp_path, state="finished", title="Chest X-ray", images_wanted=5000)
    (folder / "package").mkdir()
    (folder / "package" / "manifest.json").write_text("{}")

    run = read_run(folder)

    assert (run.name, run.family, run.resolution) == ("Chest X-ray", "vae-gan", 128)
    assert (run.state, run.images, run.images_wanted) == (RunState.FINISHED, 1200, 5000)
    assert (run.minutes, run.max_minutes) == (2.5, 30)
    assert run.package == folder / "package"
    assert not run.can_resume


@pytest.mark.parametrize("state", ["starting", "running", "paused"])
def test_a_live_state_is_believed_while_its_process_runs(tmp_path, state):
    run = read_run(write_run(tmp_path, state=state, **alive()))

    assert run.state is RunState(state)


@pytest.mark.parametrize("state", ["starting", "running", "paused"])
def test_a_live_state_without_a_process_is_an_interruption(tmp_path, state):
    run = read_run(write_run(tmp_path, state=state, pid=1 << 30))

    assert run.state is RunState.INTERRUPTED
    assert run.can_resume


@pytest.mark.skipif(THIS.since_boot_s is None, reason="the system does not tell")
def test_another_process_under_the_old_number_is_not_taken_for_the_run(tmp_path):
    status = alive(pid_started=THIS.since_boot_s - 60)

    assert read_run(write_run(tmp_path, state="running", **status)).state is RunState.INTERRUPTED


def test_without_its_start_a_process_must_be_older_than_the_last_word_of_the_run(tmp_path):
    old = write_run(tmp_path, "a-1", state="running", **alive(pid_started=None, updated=1e9))
    last_word = THIS.started + 1
    new = write_run(tmp_path, "b-1", state="running", **alive(pid_started=None, updated=last_word))

    assert read_run(old).state is RunState.INTERRUPTED
    assert read_run(new).state is RunState.RUNNING


@pytest.mark.parametrize(
    ("wish", "can_pause", "can_resume", "can_stop"),
    [(Wish.RUN, True, False, True), (Wish.PAUSE, False, True, True), (Wish.STOP,) + (False,) * 3],
)
def test_what_was_told_is_not_offered_again(tmp_path, wish, can_pause, can_resume, can_stop):
    folder = write_run(tmp_path, state="running", **alive())
    write_wish(folder, wish)

    run = read_run(folder)

    assert run.wish is wish
    assert (run.can_pause, run.can_resume, run.can_stop) == (can_pause, can_resume, can_stop)


def test_a_process_that_has_not_spoken_yet_is_starting(tmp_path):
    folder = write_run(tmp_path, state="stopped", updated=time.time() - 100)
    write_launch(folder, os.getpid(), before=time.time())

    run = read_run(folder)

    assert run.state is RunState.STARTING
    assert run.images == 1200  # of its start before


def test_a_process_that_ended_before_it_spoke_has_failed(tmp_path):
    folder = write_run(tmp_path, state="stopped", updated=time.time() - 100, message="old")
    write_launch(folder, 1 << 30, before=time.time())
    assert read_run(folder).state is RunState.FAILED
    assert read_run(folder).message == DIED_EARLY

    (folder / "log.txt").write_text("10 %\r20 %\r\x1b[31mNo space is left.\x1b[0m\n\n")

    run = read_run(folder)
    assert run.message == "No space is left."
    assert run.details == "10 %\n20 %\nNo space is left."


def test_what_the_process_said_after_its_start_counts_more_than_the_start(tmp_path):
    folder = write_run(tmp_path, state="failed", updated=time.time(), message="No labels. Add.")
    write_launch(folder, os.getpid(), before=time.time() - 10)

    run = read_run(folder)

    assert (run.state, run.message) == (RunState.FAILED, "No labels. Add.")


@pytest.mark.parametrize("content", [b"", b'{"state": "runn', b"[1]", b"\xff", b"[" * 100_000])
def test_a_half_written_status_leaves_what_was_known(tmp_path, content):
    folder = write_run(tmp_path, state="running", **alive())
    before = read_run(folder)

    (folder / "status.json").write_bytes(content)

    assert read_run(folder, before) is before
    assert read_run(folder).state is RunState.INTERRUPTED  # without such knowledge


@pytest.mark.parametrize("value", ["many", None, True, -3, 1e300, [1], {"a": 1}])
def test_a_status_with_values_of_another_kind_is_read_as_far_as_it_goes(tmp_path, value):
    names = ("pid", "pid_started", "images", "images_wanted", "minutes", "max_minutes", "updated")
    folder = write_run(tmp_path, state="running", **dict.fromkeys((*names, "phase"), value))

    run = read_run(folder)

    assert run.state is RunState.INTERRUPTED
    assert (run.images, run.images_wanted, run.minutes, run.max_minutes) == (0, None, 0, 30)


def test_not_a_number_in_a_status_is_no_number(tmp_path):
    folder = write_run(tmp_path, minutes=float("nan"), images=float("inf"))

    assert (read_run(folder).minutes, read_run(folder).images) == (0, 0)


def test_a_run_without_a_readable_configuration_has_the_name_of_its_folder(tmp_path):
    folder = write_run(tmp_path)
    (folder / "config.toml").write_text("[model\n")

    assert read_run(folder).name == "chest-1"


def test_a_name_that_would_steer_the_list_is_made_plain(tmp_path):
    folder = write_run(tmp_path, title="a\\nb\\u202ec")

    assert read_run(folder).name == "a bc"


def test_runs_are_listed_newest_first_and_other_folders_left_out(tmp_path):
    for index, name in enumerate(("old-1", "new-1")):
        folder = write_run(tmp_path, name)
        os.utime(folder / "config.toml", (1e9 + index, 1e9 + index))
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("")

    assert [run.folder.name for run in find_runs(tmp_path, {})] == ["new-1", "old-1"]
    assert find_runs(tmp_path / "none", {}) == []


def test_a_long_log_shows_its_end(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("".join(f"line {number}\n" for number in range(5000)))

    lines = log_tail(path).splitlines()

    assert lines[-1] == "line 4999"
    assert len(lines) == 20
    assert log_tail(tmp_path / "none") == ""


def test_a_status_that_is_no_object_of_a_run_started_by_hand_is_told(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "status.json").write_text(json.dumps({"state": "dreaming"}))

    assert read_run(folder).state is RunState.INTERRUPTED
