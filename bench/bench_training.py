"""Images per second of training steps against a plain loop of the same networks.

Peer: the same networks and losses in float32, eagerly, in torch's default memory layout, as a first
version of such a loop would run. Both take turns in one process; medians over the rounds.

    python3 bootstrap.py exec python bench/bench_training.py [--device cpu] [--side N] [--compile]

On a GPU, set the batch to what fills it (--batch 64) and, with --side 256, compare with the
published 256 x 256 figures of stylegan2-ada (arXiv 2006.06676, table of its repository).
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from medgan_viewer.datasets.images import IntensityHandling, LabelledImages
from medgan_viewer.inference.device import limit_threads
from medgan_viewer.training.batches import ImageBatches
from medgan_viewer.training.config import (
    DcganModel,
    FullyConnectedModel,
    LoopConfig,
    StyleGan2Model,
    VaeGanModel,
)
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.dcgan import Dcgan
from medgan_viewer.training.families.fully_connected import FullyConnected
from medgan_viewer.training.families.latent_family import LatentFamily
from medgan_viewer.training.families.stylegan2 import StyleGan2
from medgan_viewer.training.families.vae_gan import VaeGan
from medgan_viewer.training.family import Progress
from medgan_viewer.training.machine import Machine, start_machine

STEPS = 16  # lazy regularisation comes once in 16 steps


def made_images(side: int, count: int = 96) -> LabelledImages:
    """Return smooth noise with three labels."""
    random = np.random.default_rng(0)
    coarse = torch.from_numpy(random.normal(0, 1, (count, 1, 8, 8)).astype(np.float32))
    smooth = torch.nn.functional.interpolate(coarse, size=side, mode="bicubic")[:, 0]
    pixels = np.clip(smooth.numpy() * 60 + 127, 0, 255).astype(np.uint8)
    return LabelledImages(
        pixels,
        np.arange(count) % 3,
        np.array([f"patient {index}" for index in range(count)]),
        ("a", "b", "c"),
        IntensityHandling("full", 0, 255),
    )


def families(batch: int, side: int) -> dict[str, Callable[[Machine, ImageBatches], LatentFamily]]:
    names = {"id": "bench", "name": "bench", "resolution": side}
    vae = VaeGanModel(family="vae-gan", warmup_images=0, **names)
    warm = VaeGanModel(family="vae-gan", warmup_images=1 << 40, **names)
    style = StyleGan2Model(family="stylegan2", augmentation="fixed", **names)
    dcgan = DcganModel(family="dcgan", **names)
    dense = FullyConnectedModel(family="fully-connected", **names)
    return {
        "VAE-GAN, first phase": lambda m, b: VaeGan(warm, b, m, batch),
        "VAE-GAN, adversarial": lambda m, b: VaeGan(vae, b, m, batch),
        "StyleGAN2": lambda m, b: StyleGan2(style, b, m, batch),
        "DCGAN": lambda m, b: Dcgan(dcgan, b, m, batch),
        "fully connected": lambda m, b: FullyConnected(dense, b, m, batch),
    }


def seconds_per_step(family: LatentFamily, first: int, steps: int, machine: Machine) -> float:
    began = time.perf_counter()
    for step in range(first, first + steps):
        done = family.step(Draw(1, step, device=machine.device), Progress(step, 1 + step, 0.0))
        assert done is not None
    if machine.device.type == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - began) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=128, help="rows and columns of the images")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--compile", action="store_true", help="a third column with torch.compile")
    args = parser.parse_args()
    limit_threads()
    ours = start_machine(LoopConfig(batch=args.batch), args.device)
    machines = {
        "plain": Machine(ours.fabric, torch.float32, channels_last=False),
        "ours": ours,
    }
    if args.compile:
        machines["compiled"] = Machine(ours.fabric, ours.dtype, compiled=True)
    setting = f"{ours.device}, {ours.dtype}, batch {args.batch}, {args.side} x {args.side}"
    print(f"{setting}; images per second")
    print("| Family | " + " | ".join(machines) + " | ours / plain |")
    print("|---" * (len(machines) + 2) + "|")
    images = made_images(args.side)
    for name, build in families(args.batch, args.side).items():
        built = {}
        for kind, machine in machines.items():
            torch.manual_seed(1)
            batches = ImageBatches(images, machine, balance=True, mirror=False)
            built[kind] = build(machine, batches)
            seconds_per_step(built[kind], 0, 2, machine)
        times: dict[str, list[float]] = {kind: [] for kind in machines}
        for turn in range(args.rounds):
            for kind, machine in machines.items():
                first = (1 + turn) * args.steps
                times[kind].append(seconds_per_step(built[kind], first, args.steps, machine))
        rates = {kind: args.batch / statistics.median(found) for kind, found in times.items()}
        shown = " | ".join(f"{rate:.1f}" for rate in rates.values())
        print(f"| {name} | {shown} | {rates['ours'] / rates['plain']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
