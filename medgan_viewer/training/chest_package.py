"""Makes the package chest-xray from a finished run, with figures on held-out patients."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from medgan_viewer.generators.autoencoder import AdversarialAutoencoder
from medgan_viewer.generators.package import ModelPackage
from medgan_viewer.generators.stylegan2 import NoiseMode, SynthesisSize
from medgan_viewer.training import evaluation
from medgan_viewer.training.autoencoder_run import AutoencoderRun
from medgan_viewer.training.checkpoint import load_part
from medgan_viewer.training.images import LabelledImages
from medgan_viewer.training.packaging import (
    latent_directions,
    sample_images,
    weights_of,
    write_checked,
)
from medgan_viewer.training.recipes import CHEST_LABELS, chest_xray_images

PSI = 0.8
SAMPLES_PER_LABEL = 200
TITLES = {"normal": "Normal", "bacteria": "Bacterial", "virus": "Viral"}


def write_chest_package(
    data: Path, run_folder: Path, folder: Path, direction_titles: dict[str, tuple[str, str]]
) -> ModelPackage:
    """Measure the averaged weights of a run and write them as a package."""
    run = AutoencoderRun()
    size = SynthesisSize(run.resolution, 1, run.w_dim, run.channel_base, run.channel_max)
    model = AdversarialAutoencoder(size, len(CHEST_LABELS))
    progress = load_part(run_folder / "checkpoint.safetensors", "average", model)
    model.requires_grad_(False).eval()
    train, held_out = chest_xray_images(data, run.resolution)
    metrics = chest_metrics(model, train, held_out)
    entries, vectors = latent_directions(model, direction_titles)
    hours = progress["minutes"] / 60
    manifest: dict[str, Any] = {
        "schema_version": 1,
        "id": "chest-xray",
        "name": "Chest X-ray 128",
        "version": "1.0",
        "task": "generate",
        "architecture": {
            "name": "autoencoder",
            "parameters": {
                "resolution": run.resolution,
                "w_dim": run.w_dim,
                "channel_base": run.channel_base,
                "channel_max": run.channel_max,
            },
        },
        "directions": entries,
        "labels": [{"name": name, "title": TITLES[name]} for name in CHEST_LABELS],
        "latent": {"truncation": PSI},
        "output": {
            "modality": "CR",
            "channels": 1,
            "rows": run.resolution,
            "columns": run.resolution,
            "value_low": 0,
            "value_high": 4095,
            "unit": "",
            "trained_bits": 8,
        },
        "summary": "Invented chest radiographs of children, normal or with pneumonia.",
        "limits": "Soft, 128 x 128 pixels; no fine lung structure, no tubes, no letters. "
        "What separates the findings is also posture and cropping.",
        "intended_use": "Teaching how a generator behaves, research. Not for diagnosis.",
        "training": {
            "data": "Paediatric chest radiographs (1 to 5 years), Kermany et al., Cell 172(5) "
            "2018, Mendeley doi:10.17632/rscbjbr9sj.3; centre square at 128 pixels",
            "data_licence": "CC BY 4.0 (second-hand)",
            "images": len(train),
            "patients": len(set(train.patients.tolist())),
            "hours": round(hours, 2),
            "hardware": "CPU, two shared cores, bfloat16",
            "software": f"medgan-viewer 0.1, torch {torch.__version__.split('+')[0]}",
        },
        "metrics": metrics,
    }
    card = chest_card(manifest, progress, held_out)
    return write_checked(folder, manifest, weights_of(model), card, vectors)


def chest_metrics(
    model: AdversarialAutoencoder, train: LabelledImages, held_out: LabelledImages
) -> list[dict[str, Any]]:
    """Return likeness, faithfulness to the finding, reconstruction and distance to the data."""
    labels = len(CHEST_LABELS)
    real = held_out.pixels.astype(np.float32) / 127.5 - 1
    seen = train.pixels.astype(np.float32) / 127.5 - 1
    made = np.concatenate(
        [sample_images(model, label, SAMPLES_PER_LABEL, PSI) for label in range(labels)]
    )
    made_labels = np.repeat(np.arange(labels), SAMPLES_PER_LABEL)
    classifier = evaluation.train_classifier(train)
    on_real = evaluation.balanced_accuracy(
        evaluation.predict(classifier, real), held_out.labels, labels
    )
    on_made = evaluation.balanced_accuracy(
        evaluation.predict(classifier, made), made_labels, labels
    )
    of_real = evaluation.features_of(classifier, real)
    of_made = evaluation.features_of(classifier, made)
    of_seen = evaluation.features_of(classifier, seen)
    noise = np.random.default_rng(0).normal(0, 0.4, made.shape).astype(np.float32)
    of_noise = evaluation.features_of(classifier, np.clip(noise, -1, 1))
    rebuilt = _rebuild(model, real)
    error = float(np.abs(rebuilt - real).mean() / 2)
    flat = float(np.abs(seen.mean(axis=0) - real).mean() / 2)
    near_made = float(np.median(evaluation.nearest_distances(made, seen)) / 2)
    near_real = float(np.median(evaluation.nearest_distances(real, seen)) / 2)
    n_real, n_made = len(real), len(made)
    distance = evaluation.frechet_distance
    return [
        _metric(
            "Fréchet distance, features of our finding classifier",
            distance(of_real, of_made),
            n_made,
            f"held-out real to training real: {distance(of_real, of_seen):.3g}; "
            f"to noise: {distance(of_real, of_noise):.3g}",
        ),
        _metric(
            "Samples whose finding the classifier recognises (balanced accuracy)",
            on_made,
            n_made,
            f"the same classifier on {n_real} held-out real images: {on_real:.3f}; chance 0.333",
        ),
        _metric(
            "Reconstruction of held-out images, mean absolute difference (part of the range)",
            error,
            n_real,
            f"the mean training image: {flat:.4f}",
        ),
        _metric(
            "Distance to the nearest training image, median (part of the range)",
            near_made,
            n_made,
            f"held-out real images: {near_real:.4f}",
        ),
    ]


def _metric(name: str, value: float, n: int, compared_with: str) -> dict[str, Any]:
    return {"name": name, "value": float(f"{value:.4g}"), "n": n, "compared_with": compared_with}


@torch.inference_mode()
def _rebuild(
    model: AdversarialAutoencoder, images: evaluation.FloatImages
) -> evaluation.FloatImages:
    parts = []
    for part in torch.split(torch.from_numpy(images).unsqueeze(1), 32):
        ws = model.encode(part).unsqueeze(1).expand(-1, model.num_ws, -1)
        parts.append(model.synthesize(ws, NoiseMode.NONE, torch.float32)[:, 0].numpy())
    rebuilt: evaluation.FloatImages = np.clip(np.concatenate(parts), -1, 1)
    return rebuilt


def chest_card(manifest: dict[str, Any], progress: dict[str, Any], held_out: LabelledImages) -> str:
    """Return the model card."""
    training = manifest["training"]
    rows = "\n".join(
        f"| {m['name']} | {m['value']:.4g} | {m['n']} | {m['compared_with']} |"
        for m in manifest["metrics"]
    )
    patients = len(set(held_out.patients.tolist()))
    return f"""# {manifest["name"]} {manifest["version"]}

{manifest["summary"]} {manifest["intended_use"]}

**What it is.** A VAE-GAN: an encoder, a Gaussian of latents per finding, and a decoder (StyleGAN2's
synthesis network) trained on reconstruction, then against a discriminator. One sample is one latent;
the finding sliders mix the Gaussians.

**Data.** {training["data"]}. Licence {training["data_licence"]}. {training["images"]} images of
{training["patients"]} patients for training; {len(held_out)} images of {patients} patients held out,
split by patient. 8 bits a pixel. No attempt to identify anyone.

**Training.** {training["hours"]} hours on {training["hardware"]}; {progress["seen"]:,} images seen.

**Figures on held-out patients** (samples at psi {PSI}, {SAMPLES_PER_LABEL} a finding)

| Figure | Value | n | Compared with |
|---|---|---|---|
{rows}

**Limits.** {manifest["limits"]} The pictures are those of a small network trained for a few hours on a
processor: rib edges and vessels are blurred, and a radiologist tells them from real ones at once.
Normal and sick children differ in the data also in age, posture and cropping, so the finding sliders
move those too. Samples lie nearer to a training image than held-out real images do; blurred pictures
lie nearer to any image, so this neither shows nor excludes copies. No promise of anonymity is made.
"""
