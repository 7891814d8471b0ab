"""Write the data of the GPU runs as one file each, under 60 MB.

python bench/gpu/prepare.py --data DATA --out gpu-data
"""

import argparse
import tomllib
from pathlib import Path

from medgan_viewer.datasets.config import DataConfig, parse_data_config
from medgan_viewer.datasets.prepared import write_prepared, write_prepared_pairs
from medgan_viewer.datasets.read import read_paired_split, read_split

CONFIGS = Path(__file__).resolve().parents[2] / "resources" / "training"
SIDE = 256
# Brain slices do not fit without loss; they were JPEG files to begin with.
IMAGES = {"chest256.npz": ("chest-xray", None), "brain256.npz": ("brain-t1ce", 95)}
PAIRS = {"pairs-t2.npz": "brain-t1-to-t2", "pairs-flair.npz": "brain-t1-to-flair"}


def table(name: str) -> DataConfig:
    text = (CONFIGS / f"{name}.toml").read_text(encoding="utf-8")
    return parse_data_config(tomllib.loads(text)["data"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("gpu-data"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, (config, quality) in IMAGES.items():
        write_prepared(args.out / name, read_split(table(config), SIDE, args.data), quality)
    for name, config in PAIRS.items():
        write_prepared_pairs(args.out / name, read_paired_split(table(config), args.data))
    for path in sorted(args.out.glob("*.npz")):
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
