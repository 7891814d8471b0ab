"""The baselines: DCGAN, and dense networks as GAN, as VAE, and as both."""

import pytest
import torch

from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.family import Progress
from tests.training.made_images import BATCH, family_of


def reports_of(family, count):
    return [family.step(Draw(1, s), Progress(s, s * BATCH, 0.0)) for s in range(count)]


@pytest.mark.parametrize(
    ("adversarial", "reconstruct", "networks", "losses"),
    [
        (True, False, {"model", "judge"}, {"judge", "told apart", "deceit"}),
        (False, True, {"model", "encoder"}, {"l1", "kl"}),
        (
            True,
            True,
            {"model", "judge", "encoder"},
            {"judge", "told apart", "deceit", "l1", "kl"},
        ),
    ],
)
def test_dense_networks_train_as_gan_as_vae_and_as_both(adversarial, reconstruct, networks, losses):
    _, family = family_of("fully-connected", adversarial=adversarial, reconstruct=reconstruct)
    before = {name: first_weight(trained) for name, trained in family.trained.items()}

    reports = reports_of(family, 2)

    assert set(family.trained) == networks
    assert set(reports[0]) == losses
    for name, trained in family.trained.items():
        assert not torch.equal(before[name], first_weight(trained)), name


def first_weight(trained):
    return next(iter(trained.network.parameters())).detach().clone()


def test_a_dense_vae_learns_to_reconstruct():
    _, family = family_of("fully-connected", adversarial=False, learning_rate=5e-3)

    reports = reports_of(family, 40)

    assert reports[-1]["l1"].item() < 0.75 * reports[0]["l1"].item()


@pytest.mark.parametrize("family", ["dcgan", "fully-connected"])
def test_a_discriminator_learns_to_tell_real_from_made(family):
    changes = {} if family == "dcgan" else {"reconstruct": False}
    _, made = family_of(family, learning_rate=2e-3, **changes)
    with torch.no_grad():  # a generator that stands still
        made.trained["model"].optimizer.param_groups[0]["lr"] = 0.0

    reports = reports_of(made, 30)

    assert reports[-1]["told apart"].item() > 0.8
    assert reports[-1]["judge"].item() < 0.6 * reports[0]["judge"].item()


def test_a_dcgan_shows_its_samples_with_running_statistics():
    """With those of the batch, a sample would depend on what is beside it."""
    _, family = family_of("dcgan")
    reports_of(family, 2)

    assert family.generator.training
    assert not family.average.training
    alone = family.average.synthesize(point_of(family, 1), NoiseMode.NONE, torch.float32)
    beside = family.average.synthesize(point_of(family, 3), NoiseMode.NONE, torch.float32)
    torch.testing.assert_close(alone, beside[:1])


def point_of(family, count):
    w_dim = family.average.w_dim
    return torch.arange(count * w_dim, dtype=torch.float32).view(count, 1, w_dim) / w_dim
