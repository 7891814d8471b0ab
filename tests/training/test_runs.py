"""A few steps of both trainers on made data: they learn, resume where they stopped, and package."""

import numpy as np
import pytest
import torch

from medgan_viewer.generators.autoencoder import AdversarialAutoencoder
from medgan_viewer.generators.stylegan2 import SynthesisSize
from medgan_viewer.training.autoencoder import AutoencoderTrainer
from medgan_viewer.training.autoencoder_run import AutoencoderRun
from medgan_viewer.training.checkpoint import load_checkpoint, save_checkpoint
from medgan_viewer.training.evaluation import (
    balanced_accuracy,
    frechet_distance,
    histogram_matched_baseline,
    nearest_distances,
)
from medgan_viewer.training.images import LabelledImages, PairedSlices
from medgan_viewer.training.prior_fit import encode_all, fit_prior
from medgan_viewer.training.translator import TranslatorRun, TranslatorTrainer

TINY = AutoencoderRun(
    resolution=16,
    w_dim=8,
    channel_base=64,
    channel_max=8,
    discriminator_base=64,
    batch=4,
    warmup_images=4,
    prior_interval=4,
    max_minutes=0.02,
    save_minutes=10,
)


def made_images(count=12):
    random = np.random.default_rng(0)
    labels = np.arange(count) % 2
    pixels = random.integers(0, 100, (count, 16, 16)) + labels[:, None, None] * 100
    patients = np.array([f"P{i}" for i in range(count)])
    return LabelledImages(pixels.astype(np.uint8), labels, patients, ("dark", "bright"))


def made_pairs():
    random = np.random.default_rng(0)
    source = random.uniform(-1, 1, (6, 64, 64)).astype(np.float32)
    return PairedSlices("someone", source, -source, np.ones((6, 64, 64), bool))


def test_a_run_of_both_phases_leaves_checkpoint_curves_and_a_sheet(tmp_path):
    AutoencoderTrainer(TINY, made_images(), tmp_path).train()

    assert (tmp_path / "checkpoint.safetensors").exists()
    assert list(tmp_path.glob("sheet-*.png"))


def test_a_run_goes_on_where_it_stopped(tmp_path):
    first = AutoencoderTrainer(TINY, made_images(), tmp_path)
    first.train()

    second = AutoencoderTrainer(TINY, made_images(), tmp_path)
    second.train()  # its time is over: it only restores and saves

    assert second.seen == first.seen
    for name, tensor in first.average.state_dict().items():
        if not name.startswith("prior"):  # fitted anew at every save
            assert torch.equal(tensor, second.average.state_dict()[name]), name


def test_the_translator_run_learns_a_simple_relation(tmp_path):
    run = TranslatorRun(
        base=4,
        downs=5,
        judge_base=4,
        batch=2,
        learning_rate=4e-3,
        average_half_life=4,
        warmup_images=10**9,
        max_minutes=0.05,
    )
    trainer = TranslatorTrainer(run, [made_pairs()], tmp_path)
    before = error_of(trainer.average)

    trainer.train()

    assert error_of(trainer.average) < 0.9 * before


@torch.no_grad()
def error_of(model):
    pairs = made_pairs()
    made = model(torch.from_numpy(pairs.source)[:, None])[:, 0]
    return float((made - torch.from_numpy(pairs.target)).abs().mean())


def test_a_checkpoint_restores_weights_and_optimiser(tmp_path):
    def make():
        torch.manual_seed(0)
        layer = torch.nn.Linear(3, 2)
        return layer, torch.optim.Adam(layer.parameters(), 0.1)

    def step(layer, optimizer):
        layer(torch.ones(1, 3)).sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    layer, optimizer = make()
    step(layer, optimizer)
    save_checkpoint(tmp_path / "c.safetensors", {"a": layer}, {"a": optimizer}, {"seen": 5})
    other, other_optimizer = make()
    progress = load_checkpoint(tmp_path / "c.safetensors", {"a": other}, {"a": other_optimizer})
    step(layer, optimizer)
    step(other, other_optimizer)

    assert progress == {"seen": 5}
    assert torch.equal(layer.weight, other.weight)


def test_the_fitted_prior_has_the_mean_of_each_label():
    torch.manual_seed(0)
    model = AdversarialAutoencoder(SynthesisSize(16, 1, 8, 64, 8), 2)
    images = made_images()
    pixels = torch.from_numpy(images.pixels)[:, None]

    fit_prior(model, pixels, torch.from_numpy(images.labels))

    means, _ = encode_all(model, pixels)
    expected = means[images.labels == 1].mean(dim=0)
    torch.testing.assert_close(model.prior.mean[1], expected)


def test_equal_sets_of_features_have_no_frechet_distance():
    features = np.random.default_rng(0).normal(size=(200, 4))

    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-9)
    # A shift alone counts with its square.
    assert frechet_distance(features, features + 2) == pytest.approx(16, rel=1e-6)


def test_balanced_accuracy_weighs_every_finding_alike():
    true = np.array([0, 0, 0, 1])
    predicted = np.array([0, 0, 0, 0])

    assert balanced_accuracy(predicted, true, 2) == 0.5


def test_a_copy_has_distance_zero_to_its_nearest_image():
    images = np.random.default_rng(0).uniform(-1, 1, (5, 16, 16)).astype(np.float32)

    assert nearest_distances(images[:2], images).tolist() == [0, 0]


def test_histogram_matching_turns_intensities_into_those_of_the_target():
    pairs = made_pairs()

    made = histogram_matched_baseline([pairs], pairs)

    inside = pairs.source > -0.9
    wanted = pairs.target[pairs.target > -0.9]
    np.testing.assert_allclose(np.median(made[inside]), np.median(wanted), atol=0.02)
