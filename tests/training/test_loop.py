"""The loop: steps, status, control, curves, and what it does when numbers break."""

import json
import threading
import time

import pytest
import torch
from torch import nn

from medgan_viewer.errors import CancelledError, InputError, UsageError
from medgan_viewer.training import loop as loop_module
from medgan_viewer.training.checkpoint import load_checkpoint, save_checkpoint
from medgan_viewer.training.config import LoopConfig
from medgan_viewer.training.draw import Share
from medgan_viewer.training.family import Family, PackageParts, Sheet, TrainedNetwork
from medgan_viewer.training.loop import MAX_ROLLBACKS, SKIPS_BEFORE_ROLLBACK, Loop
from medgan_viewer.training.machine import Machine
from medgan_viewer.training.run_folder import RunFolder
from medgan_viewer.training.run_states import RunState, Wish
from tests.training.made_images import (
    KilledError,
    StoppingFolder,
    cpu_machine,
    curve_points,
    killed_after,
)

BATCH = 4
RATE = 0.5


class Line(Family):
    """One weight, pulled towards 3 by as much as its learning rate; breaks in some steps.

    Attributes
    ----------
    broken : numbers of the steps whose loss is not a number
    rates : learning rates of the steps that were taken
    draws : first random number of each step
    """

    def __init__(self, machine, broken=(), before_step=None):
        network = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(network.weight)
        average = nn.Linear(1, 1, bias=False).requires_grad_(False)
        average.load_state_dict(network.state_dict())
        optimizer = torch.optim.SGD(network.parameters(), RATE)
        self.machine = machine
        self.trained = {"model": TrainedNetwork(network, optimizer, RATE, average)}
        self.broken = broken
        self.before_step = before_step
        self.rates, self.draws, self.steps = [], [], []

    @property
    def weight(self):
        return self.trained["model"].network.weight.item()

    def step(self, draw, progress):
        if self.before_step is not None:
            self.before_step(progress)
        model = self.trained["model"]
        self.rates.append(model.optimizer.param_groups[0]["lr"])
        self.draws.append(float(draw.uniform(1)))
        self.steps.append(progress.step)
        loss = (model.network.weight - 3).abs().sum()
        if progress.step in self.broken:
            loss = loss * float("nan")
        done = self.machine.descend(loss, model.optimizer, model.parameters)
        return {"distance": loss.detach(), "step": float(progress.step)} if done else None

    def sheet(self):
        return Sheet(torch.full((1, 8, 8), self.weight / 10).numpy(), 1)

    def package_parts(self):
        return PackageParts("line", {}, self.trained["model"].network)


def config_of(steps=10, **changes):
    fixed = {"batch": BATCH, "images": steps * BATCH, "rate_fall": 0, "save_minutes": 1e6}
    return LoopConfig(device="cpu", precision="fp32", **(fixed | changes))


def made_run(folder, steps=10, broken=(), before_step=None, **changes):
    """Return a family and its loop."""
    machine = cpu_machine()
    family = Line(machine, broken, before_step)
    folder = folder if isinstance(folder, RunFolder) else RunFolder(folder)
    return family, Loop(config_of(steps, **changes), family, machine, folder)


def status_in(folder):
    return json.loads((folder / "status.json").read_text("utf-8"))


# ---- steps ----


def test_a_run_takes_as_many_steps_as_its_images_need(tmp_path):
    family, loop = made_run(tmp_path, steps=5)

    assert loop.run()
    assert family.steps == [0, 1, 2, 3, 4]
    assert loop.images == 20


def test_a_run_ends_when_its_minutes_are_over(tmp_path):
    family, loop = made_run(tmp_path, images=None, max_minutes=0.001)

    assert loop.run()
    assert loop.minutes >= 0.001
    assert family.steps


def test_rates_fall_to_a_twentieth_over_the_last_part_of_a_run(tmp_path):
    family, loop = made_run(tmp_path, steps=10, rate_fall=0.5)

    loop.run()

    # Parts 0, 0.1 ... of the run: full until a half is done, then (1 - part) / 0.5.
    expected = [1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2]
    assert family.rates == pytest.approx([RATE * part for part in expected])


def test_a_short_run_without_a_limit_of_images_stops_after_its_piece(tmp_path):
    machine = cpu_machine()
    family = Line(machine)
    loop = Loop(
        config_of(images=None, max_minutes=60), family, machine, RunFolder(tmp_path), 0.0005
    )

    assert not loop.run()
    assert (tmp_path / "checkpoint.safetensors").exists()


def test_a_batch_that_processes_cannot_share_is_refused(tmp_path, monkeypatch):
    machine = cpu_machine()
    monkeypatch.setattr(Machine, "share", Share(0, 3))

    with pytest.raises(UsageError, match="batch of 4 images cannot be shared by 3 processes"):
        Loop(config_of(), Line(machine), machine, RunFolder(tmp_path))


# ---- curves ----


def test_a_curve_holds_the_mean_of_the_steps_since_the_point_before(tmp_path, monkeypatch):
    monkeypatch.setattr(loop_module, "CURVE_STEPS", 4)
    _, loop = made_run(tmp_path, steps=10)

    loop.run()

    header, *rows = (tmp_path / "curves.csv").read_text("utf-8").splitlines()
    assert header == "images,minutes,loss,mean"
    steps = [(images, mean) for images, name, mean in curve_points(tmp_path) if name == "step"]
    # Steps 0 to 3, 4 to 7, and what was left at the end.
    assert steps == [("16", "1.5"), ("32", "5.5"), ("40", "8.5")]
    assert len(rows) == 6


def test_a_run_without_a_single_sound_step_writes_no_curves(tmp_path):
    _, loop = made_run(tmp_path, steps=3, broken=range(3))

    assert loop.run()
    assert not (tmp_path / "curves.csv").exists()


def test_curves_are_cut_to_the_checkpoint_when_a_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(loop_module, "CURVE_STEPS", 2)
    folder = StoppingFolder(tmp_path, 5)
    family, first = made_run(folder, steps=9)
    first.run()  # checkpoint after five steps, the fifth of which waits to be written
    killed_after(family, 8)
    with pytest.raises(KilledError):
        first.run()
    with (tmp_path / "curves.csv").open("a") as stream:
        stream.write("36,0.1,distan")  # the process ended in the middle of a line

    _, second = made_run(tmp_path, steps=9)
    second.restore()

    assert [images for images, name, _ in curve_points(tmp_path) if name == "step"] == ["8", "16"]
    second.run()
    _, whole = made_run(tmp_path / "whole", steps=9)
    whole.run()
    assert curve_points(tmp_path) == curve_points(tmp_path / "whole")


# ---- broken numbers ----


def test_a_step_with_broken_numbers_is_left_out(tmp_path):
    family, loop = made_run(tmp_path, steps=4, broken={1, 2})

    assert loop.run()
    assert family.weight == pytest.approx(2 * RATE)  # two of four steps
    assert family.rates == [RATE] * 4
    assert family.steps == [0, 1, 2, 3]


def test_many_broken_steps_take_the_run_back_to_its_checkpoint_with_half_the_rate(tmp_path):
    folder = StoppingFolder(tmp_path, 3)
    family, loop = made_run(folder, steps=20)
    loop.run()  # leaves a checkpoint after three steps
    kept = family.weight
    family.broken = range(4, 4 + SKIPS_BEFORE_ROLLBACK)

    def mend(progress):
        # The rollback begins at step 3 again; what broke the numbers is gone then.
        if family.steps[-1] > progress.step:
            family.broken = ()
            assert family.weight == kept

    family.before_step = mend
    assert loop.run()

    back = family.steps.index(3, 4)  # the second time
    assert family.steps[:back] == [*range(12)]
    assert family.steps[back:] == [*range(3, 20)]
    assert set(family.rates[:back]) == {RATE}
    assert set(family.rates[back:]) == {RATE / 2}
    assert family.draws[3] != family.draws[back]  # the same numbers would break again


def test_the_lower_rate_survives_a_new_start(tmp_path):
    folder = StoppingFolder(tmp_path, 3)
    family, loop = made_run(folder, steps=20)
    loop.run()
    family.broken = range(3, 3 + SKIPS_BEFORE_ROLLBACK)
    family.before_step = lambda progress: (
        family.steps[-1] > progress.step and setattr(family, "broken", ())
    )
    folder.left = 3 + SKIPS_BEFORE_ROLLBACK
    loop.run()

    again, resumed = made_run(tmp_path, steps=20)
    resumed.restore()
    resumed.run()

    assert set(again.rates) == {RATE / 2}


def test_a_run_that_breaks_again_and_again_ends_and_names_its_checkpoint(tmp_path):
    folder = StoppingFolder(tmp_path, 2)
    family, loop = made_run(folder, steps=100)
    loop.run()
    family.broken = range(2, 100)

    with pytest.raises(CancelledError) as caught:
        loop.run()

    assert str(tmp_path / "checkpoint.safetensors") in caught.value.action
    assert "diverged" in caught.value.problem
    assert sorted(set(family.rates), reverse=True) == [
        RATE / 2**rollback for rollback in range(MAX_ROLLBACKS + 1)
    ]


def test_a_run_that_breaks_before_its_first_checkpoint_says_that_nothing_was_kept(tmp_path):
    _, loop = made_run(tmp_path, steps=100, broken=range(100))

    with pytest.raises(CancelledError, match="no weights were kept"):
        loop.run()


# ---- status and control ----


def test_the_status_says_where_the_run_is(tmp_path):
    seen = []

    def look(progress):
        if (tmp_path / "status.json").exists():
            seen.append(status_in(tmp_path))

    _, loop = made_run(tmp_path, steps=3, before_step=look, max_minutes=7.0)
    loop.run()

    first = seen[0]
    assert set(first) == {
        "state",
        "pid",
        "pid_started",
        "images",
        "images_wanted",
        "minutes",
        "max_minutes",
        "images_per_second",
        "phase",
        "message",
        "updated",
    }
    assert (first["state"], first["images"], first["images_wanted"]) == ("running", 4, 12)
    assert (first["max_minutes"], first["phase"]) == (7.0, "training")
    assert first["images_per_second"] > 0
    assert abs(first["updated"] - time.time()) < 60


def test_the_last_report_keeps_what_was_reached(tmp_path):
    _, loop = made_run(tmp_path, steps=3)
    loop.run()

    loop.report(RunState.FINISHED, "done")

    status = status_in(tmp_path)
    assert (status["state"], status["images"], status["message"]) == ("finished", 12, "done")


def test_a_run_that_is_asked_to_stop_keeps_a_checkpoint_and_a_sheet(tmp_path):
    folder = RunFolder(tmp_path)
    family, loop = made_run(
        folder, steps=50, before_step=lambda p: p.step == 4 and folder.ask(Wish.STOP)
    )

    assert not loop.run()
    assert family.steps == [0, 1, 2, 3, 4]
    assert (tmp_path / "checkpoint.safetensors").exists()
    assert (tmp_path / "sheets" / "00000020.png").exists()


def test_a_paused_run_waits_with_a_checkpoint_until_it_may_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(loop_module, "PAUSE_SECONDS", 0.005)
    monkeypatch.setattr(loop_module, "STATUS_SECONDS", 0.02)
    folder = RunFolder(tmp_path)
    family, loop = made_run(
        folder, steps=6, before_step=lambda p: p.step == 2 and folder.ask(Wish.PAUSE)
    )
    paused = []

    def somebody():
        """Wait until the run rests and says so again, then let it go on."""
        until = time.monotonic() + 10
        while len({status["updated"] for status in paused}) < 2 and time.monotonic() < until:
            if (tmp_path / "status.json").exists():
                status = status_in(tmp_path)
                paused.extend([status] if status["state"] == "paused" else [])
            time.sleep(0.002)
        folder.ask(Wish.RUN)

    steering = threading.Thread(target=somebody)
    steering.start()
    assert loop.run()
    steering.join()

    assert {status["images"] for status in paused} == {12}
    assert (tmp_path / "sheets" / "00000012.png").exists()
    assert family.steps == [0, 1, 2, 3, 4, 5]


def test_a_pause_does_not_count_as_time_of_work(tmp_path, monkeypatch):
    monkeypatch.setattr(loop_module, "PAUSE_SECONDS", 0.01)
    folder = RunFolder(tmp_path)
    folder.ask(Wish.PAUSE)
    threading.Timer(0.8, folder.ask, [Wish.RUN]).start()
    _, loop = made_run(folder, steps=2)

    loop.run()

    assert loop.minutes < 0.7 / 60


class SleepingClock:
    """The module `time` for the loop, where all sleep is over at once and yet counted."""

    def __init__(self):
        self.slept = 0.0

    def monotonic(self):
        return time.monotonic() + self.slept

    def sleep(self, seconds):
        self.slept += seconds


class FolderOfALongPause(RunFolder):
    """Asks for a pause at the first so many looks; keeps what the run says of itself."""

    def __init__(self, folder, looks):
        super().__init__(folder)
        self.left = looks
        self.said = []

    def wish(self):
        self.left -= 1
        return Wish.PAUSE if self.left >= 0 else Wish.RUN

    def write_status(self, status):
        self.said.append(status)


def test_the_minutes_stand_still_while_a_run_is_paused(tmp_path, monkeypatch):
    clock = SleepingClock()
    monkeypatch.setattr(loop_module, "time", clock)
    folder = FolderOfALongPause(tmp_path, looks=600)
    _, loop = made_run(folder, steps=2)

    loop.run()

    paused = [status.minutes for status in folder.said if status.state is RunState.PAUSED]
    assert clock.slept > 100
    assert len(paused) > 50
    assert max(paused) < 0.5


def test_a_paused_run_can_be_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(loop_module, "PAUSE_SECONDS", 0.005)
    folder = RunFolder(tmp_path)
    folder.ask(Wish.PAUSE)
    threading.Timer(0.05, folder.ask, [Wish.STOP]).start()
    family, loop = made_run(folder, steps=2)

    assert not loop.run()
    assert family.steps == []


# ---- checkpoints ----


def test_a_checkpoint_is_written_as_often_as_asked_for(tmp_path):
    _, loop = made_run(tmp_path, steps=4, save_minutes=1e-9)

    loop.run()

    names = sorted(path.name for path in (tmp_path / "sheets").iterdir())
    assert names == [f"{images:08d}.png" for images in (4, 8, 12, 16)]


def test_minutes_are_counted_over_all_starts(tmp_path):
    _, first = made_run(StoppingFolder(tmp_path, 1), steps=5)
    first.run()
    progress = change_progress(tmp_path, minutes=7.5)
    assert progress["images"] == 4

    _, second = made_run(tmp_path, steps=5, max_minutes=7.0)
    second.restore()

    assert second.minutes >= 7.5
    assert second.run()
    assert second.images == 4


def change_progress(folder, **changes):
    """Write other progress into a checkpoint; return it."""
    family = Line(cpu_machine())
    model = family.trained["model"]
    networks = {"model": model.network, "model.average": model.average}
    optimizers = {"model": model.optimizer}
    path = folder / "checkpoint.safetensors"
    progress = load_checkpoint(path, networks, optimizers) | changes
    wanted = {name: value for name, value in progress.items() if value is not None}
    save_checkpoint(path, networks, optimizers, wanted)
    return wanted


@pytest.mark.parametrize(
    "changes",
    [{"step": None}, {"images": "many"}, {"sums": 3}, {"minutes": []}, {"sums": {"a": ["b"]}}],
)
def test_a_checkpoint_that_does_not_say_how_far_it_was_is_refused(tmp_path, changes):
    _, first = made_run(StoppingFolder(tmp_path, 1), steps=5)
    first.run()
    change_progress(tmp_path, **changes)
    _, second = made_run(tmp_path, steps=5)

    with pytest.raises(InputError, match="does not say how far"):
        second.restore()
