"""What width, activation, discriminator and encoder buy: same data, same minutes, one table.

    python bench/ablation.py --data DATA --out runs/ablation --seconds 90

Trains every variant in a process of its own, one thread each, `--parallel` at a time, then measures
all of them on the same held-out patients. Runs that are there already are not repeated.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import torch

from medgan_viewer.datasets.config import parse_data_config
from medgan_viewer.datasets.prepared import read_prepared, write_prepared
from medgan_viewer.datasets.read import read_split
from medgan_viewer.evaluation.faithfulness import judge
from medgan_viewer.evaluation.sample_bench import SampleBench
from medgan_viewer.evaluation.yardstick import Yardstick
from medgan_viewer.generators.package import open_package
from medgan_viewer.generators.registry import LatentGenerator, load_network
from medgan_viewer.training.packaging import sample_images

ROOT = Path(__file__).resolve().parents[1]
SIDE = 64
SAMPLES = 150
WIDTHS = (128, 512, 2048)
ACTIVATIONS = ("sigmoid", "relu", "leaky_relu")
SHOWN = "label shown"
FIGURES = {  # name in the report: head of its column
    "Fréchet distance, classifier features": "Fréchet",
    "Precision, classifier features": "Precision",
    "Recall, classifier features": "Recall",
    "Coverage, classifier features": "Coverage",
    "Sliced Wasserstein distance x 1000, mean of 3 sizes": "Sliced Wasserstein",
    "Sliced Wasserstein distance x 1000, finest detail": "Finest detail",
    "Spectrum distance [dB]": "Spectrum [dB]",
    SHOWN: "Label shown",
}
REAL = "real images"


@dataclass(frozen=True)
class Variant:
    """One row: a name, what is in it, and the [model] entries that make it."""

    name: str
    kind: str
    entries: str


def variants() -> Iterator[Variant]:
    """Yield all rows, the founding idea first."""
    ways = {
        "GAN": "adversarial = true\nreconstruct = false",
        "VAE": "adversarial = false\nreconstruct = true",
        "VAE-GAN": "adversarial = true\nreconstruct = true",
    }
    for way, entries in ways.items():
        for width in WIDTHS:
            for activation in ACTIVATIONS:
                if way == "VAE-GAN" and activation != "leaky_relu":
                    continue
                yield Variant(
                    f"dense-{way.lower()}-{width}-{activation}",
                    f"dense {way}, width {width}, {activation}",
                    f'family = "fully-connected"\nwidth = {width}\n'
                    f'activation = "{activation}"\n{entries}',
                )
    small = "channel_base = 1024\nchannel_max = 128\nw_dim = 64\n"
    yield Variant("dcgan", "convolutional GAN (DCGAN)", 'family = "dcgan"\nbase = 16')
    yield Variant(
        "conv-vae",
        "convolutional VAE",
        f'family = "vae-gan"\nwarmup_images = 100000000\ndiscriminator_base = 16\n{small}',
    )
    yield Variant(
        "conv-vae-gan",
        "convolutional VAE-GAN",
        f'family = "vae-gan"\nwarmup_images = 1000\ndiscriminator_base = 16\n'
        f"detail_gain = 8.0\nr1_gamma = 0.005\nadversarial_weight = 2.0\nmatching_weight = 2.0\n"
        f"fine_differences = false\n{small}",
    )
    yield Variant(
        "stylegan2",
        "StyleGAN2-class GAN",
        f'family = "stylegan2"\nz_dim = 64\ndiscriminator_base = 1024\n{small}',
    )


def config_text(variant: Variant, prepared: Path, seconds: float) -> str:
    return f"""[model]
id = "{variant.name}"
name = "{variant.kind}"
resolution = {SIDE}
psi = 1.0
{variant.entries}

[data]
kind = "prepared"
folder = "{prepared.name}"

[training]
max_minutes = {seconds / 60:.4f}
batch = 32
average_half_life = 2000
threads = 1
"""


def train(variant: Variant, prepared: Path, out: Path, seconds: float) -> Path:
    """Train one variant unless its package is there; return the package's folder."""
    package = out / variant.name / "package"
    if not package.is_dir():
        config = out / f"{variant.name}.toml"
        config.write_text(config_text(variant, prepared, seconds), encoding="utf-8")
        command = [sys.executable, "-m", "medgan_viewer", "train", str(config)]
        options = ["--out", str(out / variant.name), "--data", str(prepared.parent), "--resume"]
        subprocess.run([*command, *options], check=True, stdout=sys.stderr, cwd=ROOT)
    return package


_measure: Yardstick | None = None


def prepare_measure(prepared: Path) -> None:
    """Make the yardstick once in each process that measures."""
    global _measure
    torch.set_num_threads(1)
    split = read_prepared(prepared, SIDE)
    _measure = Yardstick(split.train, split.held_out, samples_per_label=SAMPLES)


def measure(folder: Path | None) -> tuple[int, dict[str, float]]:
    """Return the images that a run saw and its figures; None measures real training images."""
    assert _measure is not None
    if folder is None:
        images, labels, seen = _measure.train_values, _measure.train.labels, 0
    else:
        network = load_network(open_package(folder))
        assert isinstance(network, LatentGenerator)

        def render(label: int, count: int, first_seed: int):
            return sample_images(network, label, count, 1.0, first_seed)

        images, labels = SampleBench(_measure, SAMPLES, first_seed=0).make(render)
        record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
        seen = int(record["images_seen"])
    found = {
        name.name.format(of): figure.value
        for (name, of), figure in _measure.measure(images, labels, with_intervals=False).items()
    }
    shown = images if folder is not None else _measure.held_out_values
    wanted = labels if folder is not None else _measure.held_out.labels
    found[SHOWN] = judge(_measure.classifier, shown, wanted).value
    return seen, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds chest_xray")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "ablation")
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--parallel", type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    prepared = args.out / "chest64.npz"
    if not prepared.exists():
        text = (ROOT / "resources" / "training" / "chest-xray.toml").read_bytes()
        table = parse_data_config(tomllib.loads(text.decode())["data"])
        write_prepared(prepared, read_split(table, SIDE, args.data))
    rows = list(variants())
    with ThreadPoolExecutor(args.parallel) as pool:
        packages = list(pool.map(lambda v: train(v, prepared, args.out, args.seconds), rows))
    with ProcessPoolExecutor(
        args.parallel, get_context("spawn"), prepare_measure, (prepared,)
    ) as pool:
        names = [f"*{REAL}*", *(variant.kind for variant in rows)]
        print_table(names, pool.map(measure, [None, *packages]))


def print_table(names, measured) -> None:
    print("| Variant | Images seen | " + " | ".join(FIGURES.values()) + " |")
    print("|---" * (len(FIGURES) + 2) + "|")
    for kind, (images, found) in zip(names, measured, strict=True):
        values = " | ".join(f"{found[name]:.3g}" for name in FIGURES)
        print(f"| {kind} | {f'{images:,}' if images else ''} | {values} |", flush=True)


if __name__ == "__main__":
    main()
