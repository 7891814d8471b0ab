"""How the shipped packages were trained: `python -m medgan_viewer.training chest-xray ...`."""

import argparse
import logging
from pathlib import Path

import torch

from medgan_viewer.training.autoencoder import AutoencoderTrainer
from medgan_viewer.training.autoencoder_run import AutoencoderRun
from medgan_viewer.training.chest_package import write_chest_package
from medgan_viewer.training.recipes import (
    CHEST_DIRECTIONS,
    chest_xray_images,
    paired_brain_studies,
)
from medgan_viewer.training.translator import TranslatorRun, TranslatorTrainer
from medgan_viewer.training.translator_package import write_translator_package


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m medgan_viewer.training", description=__doc__)
    parser.add_argument("model", choices=("chest-xray", "brain-t1-to-t2"))
    parser.add_argument("--data", type=Path, required=True, help="folder with the prepared data")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the run; resumed when it exists"
    )
    parser.add_argument("--max-minutes", type=float, default=180)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--package", type=Path, help="write a finished run as a package and leave")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(args.threads)
    if args.package is not None:
        if args.model == "chest-xray":
            write_chest_package(args.data, args.out, args.package, CHEST_DIRECTIONS)
        else:
            write_translator_package(args.data, args.out, args.package)
    elif args.model == "chest-xray":
        run = AutoencoderRun(max_minutes=args.max_minutes)
        train, _ = chest_xray_images(args.data, run.resolution)
        AutoencoderTrainer(run, train, args.out).train()
    else:
        studies, _ = paired_brain_studies(args.data, "t1", "t2")
        TranslatorTrainer(TranslatorRun(max_minutes=args.max_minutes), studies, args.out).train()


if __name__ == "__main__":
    main()
