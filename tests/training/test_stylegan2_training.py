"""StyleGAN2: lazy penalties, style mixing, running means, and augmentation that adapts."""

import pytest
import torch

from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.stylegan2 import ADA_IMAGES, FIXED_STRENGTH
from medgan_viewer.training.family import Progress
from tests.training.made_images import BATCH, family_of, made_images

QUIET = {"r1_gamma": 0, "path_weight": 0}


def step_of(family, step=0):
    return family.step(Draw(1, step), Progress(step, step * BATCH, 0.0))


def test_penalties_are_paid_every_so_many_steps():
    _, family = family_of("stylegan2", r1_interval=2, path_interval=3)

    reports = [set(step_of(family, step)) for step in range(7)]

    assert ["r1" in report for report in reports] == [True, False] * 3 + [True]
    assert ["path length" in report for report in reports] == [True, False, False] * 2 + [True]


def test_penalties_can_be_left_out():
    _, family = family_of("stylegan2", **QUIET)

    assert set(step_of(family)) == {"judge", "deceit", "strength"}


def test_lazy_penalties_change_what_adam_averages_over():
    _, family = family_of("stylegan2", r1_interval=16, path_interval=8, learning_rate=1e-3)

    # Karras et al. 2020, appendix B: c = k / (k + 1)
    judge, model = family.trained["judge"], family.trained["model"]
    assert judge.rate == pytest.approx(1e-3 * 16 / 17)
    assert judge.optimizer.param_groups[0]["betas"] == pytest.approx((0, 0.99 ** (16 / 17)))
    assert model.rate == pytest.approx(1e-3 * 8 / 9)
    assert model.optimizer.param_groups[0]["betas"] == pytest.approx((0, 0.99 ** (8 / 9)))


def layers_of(family, count=600):
    """Return w of each layer, (count, layers, w_dim), as the synthesis network would get them."""
    seen = []

    def remember(ws, noise, dtype):
        seen.append(ws)
        return torch.zeros(ws.shape[0], 1, 16, 16)

    family.model.synthesis.forward = remember
    family._make(Draw(1, 0), count)
    return seen[0]


def test_mixed_images_take_their_w_from_two_points():
    _, family = family_of("stylegan2", mixing=0.9)

    ws = layers_of(family)

    changes = (ws.diff(dim=1).abs().sum(dim=2) > 0).int()  # (count, layers - 1)
    assert changes.sum(dim=1).max() == 1
    assert changes.sum(dim=1).float().mean().item() == pytest.approx(0.9, abs=0.05)
    # Every place between two layers is as likely as another.
    places = changes[changes.sum(dim=1) == 1].float().mean(dim=0)
    assert places.tolist() == pytest.approx([1 / 5] * 5, abs=0.06)


def test_without_mixing_all_layers_share_their_w():
    _, family = family_of("stylegan2", mixing=0.0)

    assert not layers_of(family).diff(dim=1).any()


def sure_family(logit, **changes):
    """Return a family whose discriminator says the same of every image."""
    _, family = family_of("stylegan2", images=made_images(side=16, labels=()), **QUIET, **changes)
    with torch.no_grad():
        family.judge.b4.out.weight.zero_()
        family.judge.b4.out.bias.fill_(logit)
    return family


@pytest.mark.parametrize(("logit", "sign"), [(5.0, 1), (-5.0, -1)])
def test_the_strength_rises_while_the_training_images_are_known_too_well(logit, sign):
    family = sure_family(logit)
    family.restore({"strength": 0.5, "right": 0.6, "path": 0.0})

    step_of(family)

    # 0.6 is the target; one step of four images out of those that take it from none to full.
    assert family.state()["strength"] == pytest.approx(0.5 + sign * BATCH / ADA_IMAGES, abs=1e-9)
    assert family.state()["right"] == pytest.approx(0.6 + 0.05 * (sign - 0.6))


@pytest.mark.parametrize(("strength", "logit"), [(0.0, -5.0), (1.0, 5.0)])
def test_the_strength_stays_between_0_and_1(strength, logit):
    family = sure_family(logit)
    family.restore({"strength": strength, "right": logit / 5, "path": 0.0})

    step_of(family)

    assert family.state()["strength"] == strength


def test_a_fixed_strength_does_not_move():
    family = sure_family(5.0, augmentation="fixed")

    report = step_of(family)

    assert family.state()["strength"] == FIXED_STRENGTH
    assert "strength" not in report


def test_the_mean_of_w_follows_the_points_that_were_drawn():
    _, family = family_of("stylegan2", mixing=0.0)
    ws = layers_of(family, BATCH)
    _, family = family_of("stylegan2", **QUIET)
    family.batches.draw(draw := Draw(1, 0), BATCH)
    labels = family.batches.random_labels(draw, BATCH)
    expected = family.model.map_latent(draw.normal(BATCH, 8), labels).mean(dim=0) * 0.005

    step_of(family)

    assert ws.shape == (BATCH, 6, 8)
    torch.testing.assert_close(family.model.mapping.w_avg, expected.detach())


def test_the_mean_path_length_moves_a_hundredth_of_the_way():
    _, family = family_of("stylegan2", path_interval=1)
    family.restore({"strength": 0.0, "right": 0.0, "path": 2.0})

    report = step_of(family)

    length = report["path length"].item()
    assert family.state()["path"] == pytest.approx(2.0 + 0.01 * (length - 2.0), rel=1e-5)
