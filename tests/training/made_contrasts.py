"""Made slices of two contrasts, and a few steps of a family on them."""

import numpy as np
import scipy.ndimage
import torch

from medgan_viewer.datasets.paired import PairedSlices
from medgan_viewer.training.config import LoopConfig
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.family import Progress
from medgan_viewer.training.loop import Loop
from medgan_viewer.training.machine import start_machine
from medgan_viewer.training.run_folder import RunFolder

BATCH = 2


def inverted_study(subject="someone", slices=4, side=32, seed=0):
    """Return smooth blobs whose target is the source with black and white exchanged."""
    noise = np.random.default_rng(seed).normal(size=(slices, side, side))
    blobs = scipy.ndimage.gaussian_filter(noise, (0, 2, 2))
    source = (blobs / np.abs(blobs).max()).astype(np.float32)
    return PairedSlices(subject, source, -source, np.ones(source.shape, bool))


def cpu_machine():
    return start_machine(LoopConfig(device="cpu", precision="fp32"))


def steps_of(family, machine, count, first_image=0):
    """Take steps without a loop; return the reports, numbers in place of tensors."""
    reports = []
    for step in range(count):
        progress = Progress(step, first_image + step * BATCH, 0.0)
        report = family.step(Draw(1, step, machine.share, machine.device), progress)
        reports.append(
            {name: float(torch.as_tensor(value).detach()) for name, value in report.items()}
        )
    return reports


def loop_of(family, machine, folder, steps):
    config = LoopConfig(batch=BATCH, images=steps * BATCH, rate_fall=0, average_half_life=4)
    return Loop(config, family, machine, RunFolder(folder))


def weights_after(make_family, folder, steps):
    """Return all weights of a run in one go."""
    machine, family = make_family()
    loop_of(family, machine, folder, steps).run()
    return tensors_of(family)


def weights_after_a_break(make_family, folder, steps, break_at):
    """Return all weights of a run that was resumed from its checkpoint."""
    machine, family = make_family()
    loop_of(family, machine, folder, break_at).run()
    machine, family = make_family()
    loop = loop_of(family, machine, folder, steps)
    loop.restore()
    loop.run()
    return tensors_of(family)


def tensors_of(family):
    found = {}
    for name, trained in family.trained.items():
        for network in (trained.network, trained.average):
            if network is not None:
                averaged = ".average" if network is trained.average else ""
                state = network.state_dict()
                found |= {f"{name}{averaged}/{key}": state[key].clone() for key in state}
    return found
