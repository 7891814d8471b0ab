"""Training in processes of its own: killed and resumed, and two that work on one batch."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from medgan_viewer.training.checkpoint import read_tensors
from medgan_viewer.training.config import read_config
from medgan_viewer.training.runner import RunOptions, run_training
from tests.training.made_images import BATCH, curve_points, model_table, write_made_split

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("train_here.py")


@pytest.fixture(autouse=True)
def one_thread():
    """Compute here as in the processes: sums over several threads are others in the last bit."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def write_config(path, data, family, steps, model=None, **training):
    """Write the configuration of a run; return its path."""
    tables = {
        "model": model_table(family, **(model or {})),
        "data": {"folder": str(data), "kind": "prepared"},
        "training": {
            "batch": BATCH,
            "images": steps * BATCH,
            "device": "cpu",
            "precision": "fp32",
            "threads": 1,
            **training,
        },
    }
    lines = []
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def train_here(config, out):
    return run_training(read_config(config), RunOptions(out, config.parent, config.parent))


def start(*words):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def state_of(folder):
    return json.loads((folder / "status.json").read_text("utf-8"))["state"]


def weights_in(folder):
    return read_tensors(folder / "checkpoint.safetensors")


@pytest.mark.slow
def test_a_run_that_was_killed_gives_the_same_weights_and_curves_when_resumed(tmp_path):
    data = write_made_split(tmp_path / "data.npz", 16)
    config = write_config(tmp_path / "run.toml", data, "dcgan", steps=200, save_minutes=0.002)
    command = ("-m", "medgan_viewer", "train", config, "--out", tmp_path / "killed")

    process = start(*command)
    with process:
        wait_for(lambda: len(list((tmp_path / "killed" / "sheets").glob("*.png"))) > 1, process)
        process.kill()  # SIGKILL: the process can do nothing about it
    state = state_of(tmp_path / "killed")
    with start(*command, "--resume") as resumed:
        _, errors = resumed.communicate(timeout=60)
    train_here(config, tmp_path / "whole")

    assert (state, resumed.returncode) == ("running", 0), errors
    assert "resumed at" in errors
    first, second = weights_in(tmp_path / "killed"), weights_in(tmp_path / "whole")
    assert first.keys() == second.keys()
    assert not [name for name in first if not torch.equal(first[name], second[name])]
    assert curve_points(tmp_path / "killed") == curve_points(tmp_path / "whole")


def wait_for(happened, process, timeout_s=60):
    until = time.monotonic() + timeout_s
    while not happened():
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_from_the_same_batches(tmp_path):
    families = {"fully-connected": 12, "vae-gan": 6}
    words = []
    for family, steps in families.items():
        side = model_table(family)["resolution"]
        data = write_made_split(tmp_path / f"{side}.npz", side)
        config = write_config(tmp_path / f"{family}.toml", data, family, steps)
        train_here(config, tmp_path / f"{family}-1")
        words += [config, tmp_path / f"{family}-2"]

    timed = write_config(tmp_path / "timed.toml", data, "vae-gan", 1, max_minutes=0.005)
    timed.write_text(timed.read_text("utf-8").replace(f"images = {BATCH}\n", ""))
    words += [timed, tmp_path / "timed"]

    elastic = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    with start("-m", *elastic, SCRIPT, *words) as processes:
        _, errors = processes.communicate(timeout=120)

    assert processes.returncode == 0, errors
    assert state_of(tmp_path / "timed") == "finished"  # two clocks, one decision
    for family in families:
        one, two = tmp_path / f"{family}-1", tmp_path / f"{family}-2"
        compare(weights_in(one), weights_in(two))
        record = json.loads((two / "run.json").read_text("utf-8"))
        assert record["processes"] == 2
        assert state_of(two) == "finished"
        assert (two / "package" / "manifest.json").exists()
        assert len(curve_points(two)) == len(curve_points(one))  # one process alone wrote them
        assert len(list((two / "sheets").iterdir())) == 1


def compare(one, two):
    """Gradients are summed in another order, so that the last bits differ, and grow."""
    assert one.keys() == two.keys()
    for name in one:
        if name.startswith("model.average/"):
            difference = (one[name] - two[name]).norm() / one[name].norm().clamp(min=1e-6)
            assert difference < 1e-4, (name, float(difference))
