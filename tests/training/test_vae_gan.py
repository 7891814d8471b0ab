"""VAE-GAN: its two phases, the balance of its losses, and a prior that follows the encoder."""

import pytest
import torch

from medgan_viewer.training.draw import Draw
from medgan_viewer.training.family import Progress
from tests.training.made_contrasts import tensors_of
from tests.training.made_images import BATCH, family_of

WITHOUT_END = 1 << 40


def reports_of(family, count, first=0):
    """Take steps without a loop; return the reports."""
    return [
        family.step(Draw(1, step), Progress(step, step * BATCH, 0.0))
        for step in range(first, first + count)
    ]


def test_reconstructions_come_closer_in_the_first_phase():
    _, family = family_of("vae-gan", warmup_images=WITHOUT_END)
    family.trained["model"].optimizer.param_groups[0]["lr"] = 1e-2

    l1 = [report["l1"].item() for report in reports_of(family, 20)]

    assert sum(l1[-5:]) < 0.7 * sum(l1[:5])


def test_the_discriminator_joins_in_after_the_warm_up():
    _, family = family_of("vae-gan", warmup_images=2 * BATCH)
    before = tensors_of(family)

    warm = reports_of(family, 2)
    judge = [name for name in before if name.startswith("judge")]
    assert all(torch.equal(before[name], tensors_of(family)[name]) for name in judge)
    full = reports_of(family, 1, first=2)

    assert [set(report) for report in warm] == [{"l1", "edges", "kl"}] * 2
    assert {"matching", "deceit", "judge"} <= set(full[0])
    assert not all(torch.equal(before[name], tensors_of(family)[name]) for name in judge)
    assert family.phase(Progress(0, 0, 0.0)) == "reconstruction"
    assert family.phase(Progress(2, 2 * BATCH, 0.0)) == "reconstruction and discriminator"


def test_the_finest_detail_can_be_left_to_the_discriminator():
    fine = torch.ones(BATCH, 1, 32, 32)
    fine[..., ::2, 1::2] = fine[..., 1::2, ::2] = -1.0

    def differences(**entries):
        _, family = family_of("vae-gan", warmup_images=BATCH, **entries)
        blank = torch.zeros_like(fine)
        family.batches.draw = lambda draw, count: (blank[:count], None)
        family._decode = lambda w, noise: fine[:1].expand(len(w), -1, -1, -1) + 0 * w.sum()
        warm, full = reports_of(family, 2)
        return [
            round(report[name].item(), 4) for report in (warm, full) for name in ("l1", "edges")
        ]

    assert differences(fine_differences=True) == [0.3333, 4.0, 0.3333, 4.0]
    assert differences(fine_differences=False) == [0.3333, 4.0, 0.0, 0.0]


def rms(tensor):
    return tensor.square().mean().sqrt()


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_losses_pull_at_the_pixels_in_the_stated_proportions(scale):
    _, family = family_of("vae-gan", matching_weight=2.0, adversarial_weight=0.25)
    random = torch.Generator().manual_seed(0)
    made = torch.zeros(BATCH + 2, 1, 8, 8, requires_grad=True)
    # Losses that are linear in the image, so that each slope is known.
    slopes = torch.randn(3, *made.shape, generator=random)
    slopes[0, BATCH:] = slopes[1, BATCH:] = 0  # samples have no image to be like
    likeness, matching, deceit = ((made * slope).sum() for slope in slopes)

    total = family._balanced(made, likeness, matching * scale, deceit / scale)

    rest = total - slopes[0]
    unit = rms(slopes[0, :BATCH])
    expected_matching = slopes[1] / rms(slopes[1, :BATCH]) * unit * 2.0
    expected_deceit = slopes[2] / rms(slopes[2, :BATCH]) * unit * 0.25
    torch.testing.assert_close(rest, expected_matching + expected_deceit, rtol=1e-3, atol=1e-4)


def test_a_loss_without_a_slope_pulls_at_nothing():
    _, family = family_of("vae-gan")
    made = torch.zeros(BATCH, 1, 8, 8, requires_grad=True)

    total = family._balanced(made, made.sum(), (made * 0).sum(), (made * 0).sum())

    assert torch.equal(total, torch.ones_like(made))


def test_the_prior_follows_the_encoder_when_the_discriminator_joins_in():
    _, family = family_of("vae-gan", warmup_images=BATCH)

    reports_of(family, 1)
    assert not family.model.prior.mean.any()
    reports_of(family, 1, first=1)

    assert family.model.prior.mean.abs().max() > 0
    assert family.state()["next_prior"] == BATCH + 4_000


def test_a_resumed_run_knows_when_the_prior_is_due():
    _, family = family_of("vae-gan", warmup_images=0)
    family.restore({"next_prior": 100.0})

    reports_of(family, 1)

    assert not family.model.prior.mean.any()


def test_the_average_gets_a_prior_of_its_own_before_it_is_shown():
    _, family = family_of("vae-gan", warmup_images=WITHOUT_END)

    family.finish_average()

    assert family.average.prior.mean.abs().max() > 0
    assert not family.model.prior.mean.any()


def test_the_average_keeps_the_prior_whose_samples_the_discriminators_saw():
    _, family = family_of("vae-gan", warmup_images=0)
    reports_of(family, 1)
    family.average.load_state_dict(family.model.state_dict())  # as the loop does by and by
    seen = family.model.prior.mean.clone()
    with torch.no_grad():
        for weights in family.average.encoder.parameters():
            weights.mul_(2)  # a fit would come out otherwise

    family.finish_average()

    assert torch.equal(family.average.prior.mean, seen)


def test_near_the_end_the_prior_rests():
    _, family = family_of("vae-gan", warmup_images=0)
    family.step(Draw(1, 0), Progress(0, 0, 0.0))
    seen = family.model.prior.mean.clone()

    family.step(Draw(1, 1), Progress(1, 100_000, 0.9))
    assert torch.equal(family.model.prior.mean, seen)
    family.step(Draw(1, 2), Progress(2, 100_000, 0.5))
    assert not torch.equal(family.model.prior.mean, seen)


@pytest.mark.parametrize(("side", "scales"), [(32, 1), (64, 2), (128, 2)])
def test_small_images_have_fewer_scales_of_patches(side, scales):
    _, family = family_of("vae-gan", resolution=side, channel_base=128, warmup_images=0)

    assert len(family.judge.scales) == scales
    assert family.package_parts().discriminator_sizes["scales"] == scales


def test_the_encoder_may_see_the_images_smaller_than_they_are():
    _, family = family_of("vae-gan", resolution=64, encoder_resolution=32, warmup_images=0)

    assert reports_of(family, 1)[0] is not None
    assert family.package_parts().sizes["encoder_resolution"] == 32
    assert family.sheet().images.shape[1:] == (64, 64)
