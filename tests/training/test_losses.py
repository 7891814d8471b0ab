"""Losses against their formulas on small numbers."""

import math

import pytest
import torch

from medgan_viewer.training import losses


def test_an_undecided_discriminator_costs_two_log_two():
    zero = torch.zeros(4)

    assert losses.discriminator_loss(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert losses.generator_loss(zero).item() == pytest.approx(math.log(2))


def test_r1_is_the_squared_gradient_by_the_image():
    images = torch.rand(2, 1, 3, 3, requires_grad=True)
    logits = (3 * images).sum(dim=(1, 2, 3))

    assert losses.r1_penalty(logits, images).item() == pytest.approx(9 * 9)


def test_kl_of_the_prior_itself_is_zero_but_for_what_is_free():
    mean, log_variance = torch.zeros(5, 3), torch.zeros(5, 3)

    assert losses.kl_divergence(mean, log_variance, 0.0).item() == 0
    assert losses.kl_divergence(mean, log_variance, 0.1).item() == pytest.approx(0.3)


def test_kl_grows_with_the_square_of_the_mean():
    mean = torch.full((2, 1), 2.0)

    assert losses.kl_divergence(mean, torch.zeros(2, 1), 0.0).item() == pytest.approx(2.0)


def test_multi_scale_l1_of_a_constant_shift_is_the_shift_at_every_scale():
    image = torch.rand(1, 1, 8, 8)

    assert losses.multi_scale_l1(image + 0.25, image).item() == pytest.approx(0.25)


def test_edges_do_not_see_a_constant_shift():
    image = torch.rand(1, 1, 8, 8)

    assert losses.edge_l1(image + 0.25, image).item() == pytest.approx(0, abs=1e-6)


def test_the_penalty_of_patches_is_the_squared_gradient_of_one_patch():
    images = torch.rand(2, 1, 4, 4, requires_grad=True)
    patches = 3 * images.unfold(2, 2, 2).unfold(3, 2, 2).sum(dim=(4, 5))  # each sees 2 x 2 pixels
    signs = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).expand(2, 1, 2, 2)

    penalty = losses.patch_r1_penalty([patches, patches * 0], [signs, signs], images)

    # Four pixels with the slope 3 each; the second scale is flat, and scales are averaged.
    assert penalty.item() == pytest.approx(4 * 9 / 2)


def test_free_nats_hold_for_each_feature_alone():
    mean = torch.tensor([[2.0, 0.0]])  # 2 nats and 0 nats

    assert losses.kl_divergence(mean, torch.zeros(1, 2), 0.5).item() == pytest.approx(2.5)


def test_a_feature_within_its_free_nats_is_not_pulled():
    mean = torch.tensor([[0.1, 2.0]], requires_grad=True)

    losses.kl_divergence(mean, torch.zeros(1, 2), 0.02).backward()

    assert mean.grad.tolist() == [[0.0, 2.0]]  # d (m^2 / 2) / dm = m


def test_kl_of_a_narrow_posterior_is_that_of_the_formula():
    log_variance = torch.full((3, 1), math.log(0.25))

    # (variance - 1 - ln variance) / 2
    expected = 0.5 * (0.25 - 1 - math.log(0.25))
    assert losses.kl_divergence(torch.zeros(3, 1), log_variance, 0.0).item() == pytest.approx(
        expected
    )


def test_path_lengths_of_a_linear_map_are_those_of_the_transposed_map():
    torch.manual_seed(0)
    matrix = torch.randn(4 * 4, 3)  # pixels by features of w
    ws = torch.randn(5, 2, 3, requires_grad=True)
    images = (ws.mean(dim=1) @ matrix.t()).view(5, 1, 4, 4)
    push = torch.randn(5, 1, 4, 4)

    lengths = losses.path_lengths(images, ws, push)

    # Both layers carry half of w, so each slope is half of A^T y (Karras et al. 2020, eq. 4).
    expected = (push.flatten(1) @ matrix).norm(dim=1) / 2
    torch.testing.assert_close(lengths, expected)


def test_path_lengths_can_be_learnt_from():
    scale = torch.tensor(2.0, requires_grad=True)
    ws = torch.ones(1, 1, 1, requires_grad=True)

    lengths = losses.path_lengths((scale * ws).view(1, 1, 1, 1), ws, torch.ones(1, 1, 1, 1))
    lengths.sum().backward()

    assert (lengths.item(), scale.grad.item()) == (2.0, 1.0)


def test_feature_matching_counts_every_layer_alike():
    made = [torch.zeros(1, 100), torch.zeros(1, 2)]
    real = [torch.ones(1, 100), torch.full((1, 2), 3.0)]

    assert losses.feature_matching(made, real).item() == pytest.approx(2.0)
