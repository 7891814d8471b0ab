"""Trains on prepared data, one run after the other; torchrun starts it in several processes.

python train_here.py CONFIG OUT [CONFIG OUT ...]
"""

import sys
from pathlib import Path

from medgan_viewer.training.config import read_config
from medgan_viewer.training.runner import RunOptions, run_training


def main():
    paths = [Path(word) for word in sys.argv[1:]]
    for config, out in zip(paths[::2], paths[1::2], strict=True):
        run_training(read_config(config), RunOptions(out, config.parent, config.parent))


if __name__ == "__main__":
    main()
