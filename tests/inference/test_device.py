"""Choice of the device, and what happens where a driver is missing or broken."""

import os

import pytest
import torch

from medgan_viewer.errors import EXIT_USAGE, UsageError
from medgan_viewer.inference import device
from medgan_viewer.inference.device import Preference, choose_device, limit_threads


@pytest.fixture
def no_accelerator(monkeypatch):
    monkeypatch.setattr(device, "_available", lambda kind: False)


@pytest.mark.usefixtures("no_accelerator")
def test_without_a_gpu_the_cpu_is_taken_and_the_reason_said():
    choice = choose_device()

    assert choice.device == torch.device("cpu")
    assert choice.name.startswith("CPU, ")
    assert choice.reason == "No GPU that torch can use was found."


@pytest.mark.usefixtures("no_accelerator")
@pytest.mark.parametrize("preference", [Preference.CUDA, Preference.MPS, Preference.XPU])
def test_a_device_that_is_not_there_is_a_usage_error(preference):
    with pytest.raises(UsageError, match=f"No {preference.value} device") as caught:
        choose_device(preference)

    assert caught.value.exit_code == EXIT_USAGE


def test_the_cpu_may_be_asked_for_beside_a_gpu(monkeypatch):
    monkeypatch.setattr(device, "_available", lambda kind: True)

    assert choose_device(Preference.CPU).kind == "cpu"


def test_the_first_accelerator_found_is_taken(monkeypatch):
    monkeypatch.setattr(device, "_available", lambda kind: kind is Preference.MPS)

    choice = choose_device()

    assert choice.kind == "mps"
    assert choice.fast_dtype is torch.float16
    assert choice.reason == "It is the fastest device found."


def broken():
    raise RuntimeError("driver and library do not fit together")


def test_a_broken_driver_leaves_the_cpu(monkeypatch, caplog):
    for module in (torch.cuda, torch.xpu, torch.backends.mps):
        monkeypatch.setattr(module, "is_available", broken)

    assert choose_device().kind == "cpu"
    assert "driver and library do not fit together" in caplog.text


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (4, 3), (16, 15)])
def test_one_core_is_left_to_the_window_where_there_are_more_than_two(monkeypatch, cores, threads):
    taken = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr(torch, "set_num_threads", taken.append)

    assert limit_threads() == threads
    assert taken == [threads]


def test_a_command_without_a_window_takes_every_core(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)

    assert limit_threads(reserved=0) == 8


@pytest.mark.gpu
def test_a_gpu_is_named_and_preferred():
    choice = choose_device()

    assert choice.kind == "cuda"
    assert choice.name == torch.cuda.get_device_name()
