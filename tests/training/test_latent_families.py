"""What holds for every family of generators: runs repeat, and resume as if they never stopped."""

import numpy as np
import pytest
import torch

from medgan_viewer.training import loop
from medgan_viewer.training.config import LoopConfig
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.family import Progress
from medgan_viewer.training.machine import start_machine
from tests.training.made_contrasts import tensors_of
from tests.training.made_images import (
    FAMILIES,
    KilledError,
    StoppingFolder,
    curve_points,
    family_of,
    killed_after,
    loop_of,
    made_images,
    model_table,
)

STEPS = 6
each_family = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture(autouse=True)
def frequent_curves(monkeypatch):
    monkeypatch.setattr(loop, "CURVE_STEPS", 2)


def weights_of_a_run(family, folder, seed=1):
    made = family_of(family, seed=seed)
    loop_of(made, folder, STEPS, seed=seed).run()
    return tensors_of(made[1])


def assert_equal(first, second):
    assert first.keys() == second.keys()
    different = [name for name in first if not torch.equal(first[name], second[name])]
    assert not different


@each_family
def test_two_runs_with_one_seed_give_equal_weights_and_curves(family, tmp_path):
    first = weights_of_a_run(family, tmp_path / "a")
    second = weights_of_a_run(family, tmp_path / "b")

    assert_equal(first, second)
    assert curve_points(tmp_path / "a") == curve_points(tmp_path / "b") != []


@each_family
def test_another_seed_gives_other_weights(family, tmp_path):
    start = tensors_of(family_of(family)[1])
    first = weights_of_a_run(family, tmp_path / "a")
    machine, other = family_of(family)
    loop_of((machine, other), tmp_path / "b", STEPS, seed=2).run()

    # The start was the same, so it is the drawn numbers that make the difference.
    weights = tensors_of(other)
    trained = [name for name in first if not torch.equal(first[name], start[name])]
    assert trained
    assert any(not torch.equal(first[name], weights[name]) for name in trained)


@each_family
def test_a_killed_run_goes_on_as_if_it_had_never_stopped(family, tmp_path):
    whole = weights_of_a_run(family, tmp_path / "a")
    killed = family_of(family)
    folder = StoppingFolder(tmp_path / "b", 3)
    first = loop_of(killed, folder, STEPS)
    assert not first.run()  # leaves a checkpoint after three steps
    killed_after(killed[1], 5)
    with pytest.raises(KilledError):
        first.run()

    resumed = family_of(family, seed=5)  # everything comes from the checkpoint
    second = loop_of(resumed, tmp_path / "b", STEPS)
    second.restore()

    assert second.images == 12
    assert second.run()
    assert_equal(whole, tensors_of(resumed[1]))
    assert curve_points(tmp_path / "a") == curve_points(tmp_path / "b")


@pytest.mark.gpu
@each_family
def test_a_run_on_a_gpu_goes_on_from_its_checkpoint(family, tmp_path):
    config = LoopConfig(device="cuda")
    made = family_of(family, machine=start_machine(config))
    loop_of(made, StoppingFolder(tmp_path, 3), STEPS).run()

    resumed = family_of(family, machine=start_machine(config), seed=5)
    loop = loop_of(resumed, tmp_path, STEPS)
    loop.restore()

    assert loop.run()
    assert all(torch.isfinite(value).all() for value in tensors_of(resumed[1]).values())
    assert np.isfinite(resumed[1].sheet().images).all()


@each_family
def test_the_average_follows_the_weights_with_the_half_life_that_is_asked_for(family, tmp_path):
    machine, made = family_of(family)
    before = {k: v.clone() for k, v in made.trained["model"].average.named_parameters()}

    loop_of((machine, made), tmp_path, 1, average_half_life=4).run()  # one batch of four images

    trained = made.trained["model"]
    for name, average in trained.average.named_parameters():
        expected = (before[name] + trained.network.get_parameter(name)) / 2
        torch.testing.assert_close(average, expected)


@each_family
def test_a_sheet_shows_eight_finite_samples_of_each_label(family, tmp_path):
    made = family_of(family)
    loop_of(made, tmp_path, 3).run()

    sheet = made[1].sheet()

    assert sheet.columns == 8
    assert sheet.images.shape[0] == 16
    assert sheet.images.shape[1] == sheet.images.shape[2] == made[1].batches.pixels.shape[-1]
    assert np.isfinite(sheet.images).all()


@each_family
def test_a_family_trains_without_labels(family, tmp_path):
    side = model_table(family)["resolution"]
    made = family_of(family, images=made_images(side=side, labels=()))

    assert loop_of(made, tmp_path, 4).run()
    assert made[1].sheet().images.shape[0] == 8


@each_family
def test_a_step_with_broken_numbers_changes_no_trained_weight_and_no_running_mean(family):
    _, made = family_of(family)
    with torch.no_grad():
        for parameter in made.trained["model"].network.parameters():
            parameter.fill_(float("nan"))
    judge = made.trained["judge"].network
    before, running = parameters_of(judge), made.state()

    assert made.step(Draw(1, 0), Progress(0, 100, 0.0)) is None
    assert all(torch.equal(before[name], now) for name, now in parameters_of(judge).items())
    assert {name: made.state()[name] for name in running if name != "next_prior"} == {
        name: value for name, value in running.items() if name != "next_prior"
    }


def parameters_of(network):
    return {name: value.clone() for name, value in network.named_parameters()}
