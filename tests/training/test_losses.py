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
