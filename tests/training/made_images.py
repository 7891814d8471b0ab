"""Made images of two labels, tiny families of generators, and short runs of them."""

import numpy as np
import torch

from medgan_viewer.datasets.images import IntensityHandling, LabelledImages
from medgan_viewer.datasets.parts import ImageSplit
from medgan_viewer.datasets.prepared import write_prepared
from medgan_viewer.training.batches import ImageBatches
from medgan_viewer.training.config import (
    DcganModel,
    FullyConnectedModel,
    LoopConfig,
    StyleGan2Model,
    TrainingConfig,
    VaeGanModel,
)
from medgan_viewer.training.families.dcgan import Dcgan
from medgan_viewer.training.families.fully_connected import FullyConnected
from medgan_viewer.training.families.stylegan2 import StyleGan2
from medgan_viewer.training.families.vae_gan import VaeGan
from medgan_viewer.training.loop import Loop
from medgan_viewer.training.machine import start_machine
from medgan_viewer.training.run_folder import RunFolder
from medgan_viewer.training.run_states import Wish

BATCH = 4
FAMILIES = ("vae-gan", "stylegan2", "dcgan", "fully-connected")

_SIZES = {
    "vae-gan": {
        "resolution": 32,
        "w_dim": 8,
        "channel_base": 64,
        "channel_max": 8,
        "discriminator_base": 4,
        "warmup_images": 2 * BATCH,
    },
    "stylegan2": {
        "resolution": 16,
        "w_dim": 8,
        "z_dim": 8,
        "channel_base": 64,
        "channel_max": 8,
        "discriminator_base": 64,
        "mapping_layers": 1,
        "r1_interval": 2,
        "path_interval": 2,
    },
    "dcgan": {"resolution": 16, "z_dim": 4, "base": 4},
    "fully-connected": {"resolution": 16, "z_dim": 4, "width": 16, "reconstruct": True},
}
_MODELS = {
    "vae-gan": VaeGanModel,
    "stylegan2": StyleGan2Model,
    "dcgan": DcganModel,
    "fully-connected": FullyConnectedModel,
}
_KINDS = {
    "vae-gan": VaeGan,
    "stylegan2": StyleGan2,
    "dcgan": Dcgan,
    "fully-connected": FullyConnected,
}


def model_table(family, **changes):
    """Return the [model] table of a tiny network."""
    return {"family": family, "id": "made", "name": "Made", **_SIZES[family], **changes}


def model_of(family, **changes):
    return _MODELS[family].model_validate(model_table(family, **changes))


def made_images(count=12, side=32, labels=("dark", "bright"), dtype=np.uint8, first_patient=0):
    """Return noise that is brighter for the second label; every image is a patient's own."""
    random = np.random.default_rng(first_patient)
    index = np.arange(count) % max(len(labels), 1)
    gray = random.integers(0, 100, (count, side, side)) + index[:, None, None] * 100
    return LabelledImages(
        pixels=(gray * (np.iinfo(dtype).max // 255)).astype(dtype),
        labels=index.astype(np.int64),
        patients=np.array([f"P{first_patient + number}" for number in range(count)]),
        label_names=labels,
        intensity=IntensityHandling("full", 0.0, float(np.iinfo(dtype).max)),
        modality="CR",
    )


def cpu_machine(**changes):
    return start_machine(LoopConfig(device="cpu", precision="fp32", **changes))


def batches_of(machine, images=None, side=32, balance=True, mirror=False):
    return ImageBatches(images or made_images(side=side), machine, balance=balance, mirror=mirror)


def family_of(family, seed=1, machine=None, images=None, batch=BATCH, **changes):
    """Return a machine and a family with untrained weights that the seed decides."""
    machine = machine or cpu_machine()
    model = model_of(family, **changes)
    torch.manual_seed(seed)
    batches = batches_of(machine, images, model.resolution)
    return machine, _KINDS[family](model, batches, machine, batch)


def loop_config(steps, **changes):
    fixed = {"batch": BATCH, "images": steps * BATCH, "average_half_life": 4, "save_minutes": 1e6}
    return LoopConfig(device="cpu", precision="fp32", **(fixed | changes))


def loop_of(made, folder, steps, **changes):
    """Return the loop of a run of so many steps; `made` is what `family_of` returns."""
    machine, family = made
    folder = folder if isinstance(folder, RunFolder) else RunFolder(folder)
    return Loop(loop_config(steps, **changes), family, machine, folder)


class StoppingFolder(RunFolder):
    """Asks a run to stop after some steps, as somebody who writes the word at that moment."""

    def __init__(self, folder, steps):
        super().__init__(folder)
        self.left = steps

    def wish(self):
        self.left -= 1
        return Wish.STOP if self.left == -1 else Wish.RUN


class KilledError(Exception):
    """Stands for the end of the process."""


def killed_after(family, steps):
    """Let a family's process end at the start of its step with this number."""
    take_step = family.step

    def step(draw, progress):
        if progress.step >= steps:
            raise KilledError
        return take_step(draw, progress)

    family.step = step


def curve_points(folder):
    """Return the curves without their minutes, which no two runs share."""
    rows = (folder / "curves.csv").read_text("utf-8").splitlines()[1:]
    return [(images, loss, mean) for images, _, loss, mean in (row.split(",") for row in rows)]


def write_made_split(path, side=32, count=12, labels=("dark", "bright")):
    """Write a prepared file with made images; return its path."""
    train = made_images(count, side, labels)
    held_out = made_images(4, side, labels, first_patient=count)
    write_prepared(path, ImageSplit(train, held_out))
    return path


def run_config(family, data, model=None, card=None, **training):
    """Return the configuration of a short run on a prepared file."""
    fixed = {"batch": BATCH, "images": 3 * BATCH, "device": "cpu", "precision": "fp32"}
    return TrainingConfig.model_validate(
        {
            "model": model_table(family, **(model or {})),
            "data": {"folder": str(data), "kind": "prepared"},
            "training": fixed | training,
            "card": card or {},
        }
    )
