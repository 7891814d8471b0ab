"""Machine: precision, threads, layout, and steps that are left out when numbers break."""

import pytest
import torch
from torch import nn

from medgan_viewer.training.config import LoopConfig
from medgan_viewer.training.draw import Draw, Share
from medgan_viewer.training.family import Progress
from medgan_viewer.training.machine import start_machine
from tests.training.made_images import BATCH, FAMILIES, cpu_machine, family_of


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def made_layer():
    layer = nn.Linear(2, 1, bias=False)
    nn.init.ones_(layer.weight)
    return layer, torch.optim.SGD(layer.parameters(), 0.5)


def test_a_process_alone_takes_the_whole_batch():
    machine = cpu_machine()

    assert machine.share == Share(0, 1)
    assert machine.is_first
    assert machine.device == torch.device("cpu")


def test_a_run_may_be_held_to_some_threads(threads):
    cpu_machine(threads=1)

    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_convolutions_run_in_the_precision_that_is_asked_for(precision, dtype):
    machine = start_machine(LoopConfig(device="cpu", precision=precision))

    with machine.autocast():
        result = nn.Conv2d(1, 1, 1)(torch.ones(1, 1, 2, 2))

    assert machine.dtype is result.dtype is dtype


def test_a_step_goes_down_the_gradient():
    layer, optimizer = made_layer()

    done = cpu_machine().descend(
        layer(torch.tensor([[1.0, 2.0]])).sum(), optimizer, list(layer.parameters())
    )

    assert done
    assert layer.weight.tolist() == [[0.5, 0.0]]


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf")])
def test_a_step_with_a_broken_gradient_is_left_out(broken):
    layer, optimizer = made_layer()

    done = cpu_machine().descend(
        layer(torch.tensor([[broken, 2.0]])).sum(), optimizer, list(layer.parameters())
    )

    assert not done
    assert layer.weight.tolist() == [[1.0, 1.0]]


def test_a_step_with_a_broken_loss_is_left_out_though_its_gradient_is_sound():
    layer, optimizer = made_layer()
    loss = layer(torch.ones(1, 2)).sum() + torch.tensor(float("nan"))

    assert not cpu_machine().descend(loss, optimizer, list(layer.parameters()))
    assert layer.weight.tolist() == [[1.0, 1.0]]


def test_a_left_out_step_leaves_no_gradient_for_the_next():
    layer, optimizer = made_layer()
    machine = cpu_machine()
    machine.descend(layer(torch.full((1, 2), float("nan"))).sum(), optimizer, [layer.weight])

    machine.descend(layer(torch.ones(1, 2)).sum(), optimizer, [layer.weight])

    assert layer.weight.tolist() == [[0.5, 0.5]]


def test_images_and_networks_get_the_layout_with_channels_inside():
    machine = cpu_machine()

    network = machine.place(nn.Conv2d(3, 4, 3))
    images = machine.laid_out(torch.zeros(2, 3, 4, 4))

    assert network.weight.is_contiguous(memory_format=torch.channels_last)
    assert images.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_in_bfloat16(family):
    machine = start_machine(LoopConfig(device="cpu", precision="bf16"))
    _, made = family_of(family, machine=machine)

    for step in range(4):
        report = made.step(Draw(1, step), Progress(step, step * BATCH, 0.0))
        assert report is not None

    weights = [p for trained in made.trained.values() for p in trained.parameters]
    assert {weight.dtype for weight in weights} == {torch.float32}
