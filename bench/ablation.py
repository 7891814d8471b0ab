"""What width, activation, discriminator and encoder buy: same data, same minutes, one table.

    python bench/ablation.py --data DATA --out runs/ablation --seconds 40

Trains every variant in a process of its own, one thread each, `--parallel` at a time, then measures
all of them on the same held-out patients. Runs that are there already are not repeated.
"""

import argparse
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from medgan_viewer.datasets.config import parse_data_config
from medgan_viewer.datasets.prepared import read_prepared, write_prepared
from medgan_viewer.datasets.read import read_split
from medgan_viewer.evaluation.generator_report import evaluate_generator
from medgan_viewer.evaluation.yardstick import Yardstick
from medgan_viewer.generators.package import open_package
from medgan_viewer.generators.registry import LatentGenerator, load_network
from medgan_viewer.training.packaging import sample_images

ROOT = Path(__file__).resolve().parents[1]
SIDE = 64
SAMPLES = 150
WIDTHS = (128, 512, 2048)
ACTIVATIONS = ("sigmoid", "relu", "leaky_relu")
FIGURES = ("fréchet", "sliced", "precision", "recall", "coverage", "shown")


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
        f'family = "vae-gan"\nwarmup_images = 1000\ndiscriminator_base = 16\n{small}',
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


def render_of(network: LatentGenerator):
    def render(label: int, count: int, first_seed: int):
        return sample_images(network, label, count, 1.0, first_seed)

    return render


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds chest_xray")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "ablation")
    parser.add_argument("--seconds", type=float, default=40)
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
    torch.set_num_threads(2)
    split = read_prepared(prepared, SIDE)
    yardstick = Yardstick(split.train, split.held_out, samples_per_label=SAMPLES)
    print_table(rows, packages, split, yardstick)


def print_table(rows, packages, split, yardstick) -> None:
    header: list[str] = []
    for variant, folder in zip(rows, packages, strict=True):
        package = open_package(folder)
        network = load_network(package)
        assert isinstance(network, LatentGenerator)
        report = evaluate_generator(
            render_of(network),
            split.train,
            split.held_out,
            model=variant.name,
            samples_per_label=SAMPLES,
            yardstick=yardstick,
        )
        shown = [row for row in report.rows if row.name.lower().startswith(FIGURES)]
        if not header:
            header = [row.name for row in shown]
            print("| Variant | Images seen | " + " | ".join(header) + " |")
            print("|---" * (len(header) + 2) + "|")
            floors = ["" if row.floor is None else f"{row.floor:.3g}" for row in shown]
            print("| *real images* | | " + " | ".join(floors) + " |")
        record = (folder / "training.json").read_text(encoding="utf-8")
        images = int(record.partition('"images_seen": ')[2].partition(",")[0])
        print(
            f"| {variant.kind} | {images:,} | "
            + " | ".join(f"{row.value:.3g}" for row in shown)
            + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
