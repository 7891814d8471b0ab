"""Makes the package brain-t1-to-t2 from a finished run, with figures on held-out persons."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from medgan_viewer.generators.layers import Norm
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.generators.unet_translator import UnetSize, UnetTranslator
from medgan_viewer.training import evaluation
from medgan_viewer.training.checkpoint import load_part
from medgan_viewer.training.evaluation import TranslationScore
from medgan_viewer.training.images import TARGET_HEADROOM, PairedSlices
from medgan_viewer.training.packaging import weights_of, write_checked
from medgan_viewer.training.recipes import (
    BRAIN_MAPPING,
    BRAIN_PIXEL_MM,
    paired_brain_studies,
)
from medgan_viewer.training.translator import TranslatorRun

METHODS = ("this translator", "mean T2", "histogram-matched T1", "linear filter, L1 only")


def write_translator_package(data: Path, run_folder: Path, folder: Path) -> ModelPackage:
    """Measure the averaged weights of a run and write them as a package."""
    run = TranslatorRun()
    model = UnetTranslator(UnetSize(1, 1, run.base, run.downs, Norm.INSTANCE))
    progress = load_part(run_folder / "checkpoint.safetensors", "average", model)
    model.requires_grad_(False).eval()
    train, held_out = paired_brain_studies(data, "t1", "t2")
    scores = translator_scores(model, train, held_out)
    subjects = len({study.subject for study in train})
    manifest: dict[str, Any] = {
        "schema_version": 1,
        "id": "brain-t1-to-t2",
        "name": "Brain T1 to T2",
        "version": "1.0",
        "task": "translate",
        "architecture": {
            "name": "unet-translator",
            "parameters": {
                "in_channels": 1,
                "base": run.base,
                "downs": run.downs,
                "norm": "instance",
                "dropout": False,
            },
        },
        "source": {
            "modality": "MR",
            "contrast": "T1-weighted",
            "other_words": ["t2", "flair", "dwi", "adc", "diff", "swi", "perf", "asl", "epi", "pd"],
            "body_part": "head",
            "plane": "axial",
            "spacing_mm": BRAIN_PIXEL_MM,
            "rows": 192,
            "columns": 192,
            "intensity": {
                "rule": BRAIN_MAPPING.rule.value,
                "low": BRAIN_MAPPING.low,
                "high": BRAIN_MAPPING.high,
            },
        },
        "output": {
            "modality": "MR",
            "channels": 1,
            "spacing_mm": BRAIN_PIXEL_MM,
            "value_low": 0,
            "value_high": round(3000 * TARGET_HEADROOM),
            "unit": "",
            "trained_bits": 8,
        },
        "summary": "Makes a T2-like image from a T1-weighted MR of the head, slice by slice.",
        "limits": "Seven people taught it. It shows what usually goes with the T1 image: a lesion "
        "that T1 does not show is missing, and one may appear that is not there.",
        "intended_use": "Research and teaching. Not for diagnosis.",
        "training": {
            "data": "Lesjak et al. 2016 and 2017 (open_ms_data, multiple sclerosis); TCGA-LGG, "
            "one glioma; registered T1 and T2, whole heads and skull-stripped brains",
            "data_licence": "CC BY; CC BY 3.0",
            "images": int(sum(len(study.source) for study in train)),
            "patients": subjects,
            "hours": round(progress["minutes"] / 60, 2),
            "hardware": "CPU, one core, bfloat16",
            "software": f"medgan-viewer 0.1, torch {torch.__version__.split('+')[0]}",
        },
        "metrics": _metrics(scores),
    }
    manifest["limits"] = manifest["limits"].replace("Seven", _count_word(subjects))
    card = translator_card(manifest, progress, scores)
    return write_checked(folder, manifest, weights_of(model), card)


@torch.inference_mode()
def translate_slices(model: nn.Module, pairs: PairedSlices) -> evaluation.FloatImages:
    """Return (slices, rows, columns) in [-1, 1]."""
    parts = torch.split(torch.from_numpy(pairs.source)[:, None], 8)
    made: evaluation.FloatImages = np.concatenate([model(part)[:, 0].numpy() for part in parts])
    return made


def translator_scores(
    model: nn.Module,
    train: list[PairedSlices],
    held_out: dict[str, PairedSlices],
    linear_steps: int = 800,
) -> list[TranslationScore]:
    """Score the translator and three baselines inside the brain of each held-out study."""
    scores = []
    linear = evaluation.train_linear_baseline(train, linear_steps)
    for name, pairs in held_out.items():
        images = (
            translate_slices(model, pairs),
            evaluation.mean_target_baseline(train, pairs),
            evaluation.histogram_matched_baseline(train, pairs),
            evaluation.linear_baseline(linear, pairs),
        )
        for method, made in zip(METHODS, images, strict=True):
            scores.append(evaluation.score_translation(method, name, pairs, made, pairs.brain))
    return scores


def score_table(scores: list[TranslationScore]) -> str:
    """Return the scores as a table, one line per study and method."""
    lines = [
        "| Held-out study | Method | Slices | PSNR [dB] | SSIM | MAE |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {s.study} | {s.method} | {s.n} | {s.psnr_db:.2f} | {s.ssim:.3f} | {s.mae:.4f} |"
        for s in scores
    ]
    return "\n".join(lines)


def _metrics(scores: list[TranslationScore]) -> list[dict[str, Any]]:
    metrics = []
    for own in (s for s in scores if s.method == METHODS[0]):
        others = [s for s in scores if s.study == own.study and s.method != METHODS[0]]
        for key, name in (("psnr_db", "PSNR [dB]"), ("ssim", "SSIM")):
            compared = "; ".join(f"{s.method}: {getattr(s, key):.3g}" for s in others)
            metrics.append(
                {
                    "name": f"{name} inside the brain, {own.study}",
                    "value": float(f"{getattr(own, key):.4g}"),
                    "n": own.n,
                    "compared_with": compared,
                }
            )
    return metrics


def _count_word(count: int) -> str:
    words = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
    return words[count] if count < len(words) else str(count)


def translator_card(
    manifest: dict[str, Any], progress: dict[str, Any], scores: list[TranslationScore]
) -> str:
    """Return the model card."""
    training = manifest["training"]
    return f"""# {manifest["name"]} {manifest["version"]}

{manifest["summary"]} {manifest["intended_use"]}

**What it is.** A U-Net (pix2pix layout) trained on L1 at three resolutions, and against a patch
discriminator with feature matching. It sees one axial slice of 1.25 mm pixels at a time; one intensity
mapping serves a whole series.

**Data.** {training["data"]}. Licences {training["data_licence"]}. {training["images"]} slices of
{training["patients"]} people for training. Whole people are held out, never slices. Intensities were
brought to 8 bits (whole heads) and 16 bits (brains).

**Training.** {training["hours"]} hours on {training["hardware"]}; {progress["seen"]:,} slices seen.

**Figures on held-out people**, inside the brain, range of values 2 (the network's own -1 to 1)

{score_table(scores)}

Mean T2: mean of the training T2 slices at the same height. Histogram-matched T1: intensities mapped to
the histogram of the training T2. Linear filter: one 11 x 11 convolution trained with L1.

**Limits.** {manifest["limits"]} Trained on 3 T and 1.5 T scanners of a few sites; slices of 3 to 5.5 mm
were interpolated. Translation may add or remove lesions (Cohen et al. 2018): use it to study the method,
never to read a patient.
"""
