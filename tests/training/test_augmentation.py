"""Augmentations: plausible, shape-preserving, differentiable, and off at strength 0."""

import pytest
import torch

from medgan_viewer.training.augmentation import (
    AUGMENT_NUMBERS,
    augment_for_discriminator,
    jitter_geometry,
)


def images_of(batch=6, side=32):
    return torch.rand(batch, 1, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1


def uniforms_of(batch=6, seed=1):
    return torch.rand(batch, AUGMENT_NUMBERS, generator=torch.Generator().manual_seed(seed))


def test_strength_0_changes_nothing():
    images = images_of()

    torch.testing.assert_close(augment_for_discriminator(images, uniforms_of(), 0.0), images)


def test_full_strength_changes_every_image():
    images = images_of()

    changed = augment_for_discriminator(images, uniforms_of()) - images

    assert (changed.abs().amax(dim=(1, 2, 3)) > 0.05).all()


def test_half_strength_leaves_each_change_out_about_half_the_time():
    images = images_of(400, side=10)
    uniforms = uniforms_of(400)
    uniforms[:, 1:4] = 1  # brightness alone

    changed = augment_for_discriminator(images, uniforms, 0.5) - images

    part = (changed.abs().amax(dim=(1, 2, 3)) > 1e-5).float().mean().item()
    assert part == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("side", [16, 32])
def test_shape_and_range_stay_within_what_brightness_and_contrast_add(side):
    for seed in range(5):
        result = augment_for_discriminator(images_of(side=side), uniforms_of(seed=seed))

        # |x + 0.2 - mean| * 1.3 + |mean|, where neither goes beyond 1.2
        assert result.shape == (6, 1, side, side)
        assert torch.isfinite(result).all()
        assert result.abs().max() <= 1.3 * 2.4 + 1.2


def test_brightness_and_contrast_are_those_of_their_numbers():
    images = images_of(1)
    numbers = torch.ones(1, AUGMENT_NUMBERS)
    numbers[0, [0, 1]] = 0  # these two are on
    numbers[0, 4], numbers[0, 5] = 0.75, 0.25

    result = augment_for_discriminator(images, numbers, 0.5)

    moved = images + 0.1
    torch.testing.assert_close(result, (moved - moved.mean()) * 0.85 + moved.mean())


def test_a_move_shifts_whole_pixels():
    images = images_of(1, side=20)
    numbers = torch.ones(1, AUGMENT_NUMBERS)
    numbers[0, 2] = 0
    numbers[0, 6], numbers[0, 7] = 0.99, 0.5  # up by a tenth of the side; not sideways

    result = augment_for_discriminator(images, numbers, 0.5)

    torch.testing.assert_close(result[:, :, :18], images[:, :, 2:])


def test_the_cut_out_is_a_third_of_each_side():
    images = torch.ones(1, 1, 30, 30)
    numbers = torch.ones(1, AUGMENT_NUMBERS)
    numbers[0, 3] = 0
    numbers[0, 8:10] = 0.5

    result = augment_for_discriminator(images, numbers, 0.5)

    assert int((result == 0).sum()) == 100
    assert int((result == 1).sum()) == 800


def test_gradients_reach_the_images():
    images = images_of(4, side=16).double().requires_grad_()
    uniforms = uniforms_of(4).double()

    assert torch.autograd.gradcheck(
        lambda x: augment_for_discriminator(x, uniforms), images, fast_mode=True
    )


def test_the_same_numbers_move_two_images_alike():
    images = images_of(2)
    numbers = uniforms_of(1).expand(2, -1)

    first, second = augment_for_discriminator(images[:1].expand(2, -1, -1, -1), numbers)

    assert torch.equal(first, second)


def test_a_jitter_of_zero_leaves_images_alone():
    images = images_of()

    torch.testing.assert_close(
        jitter_geometry(images, torch.zeros(6, 4)), images, atol=1e-5, rtol=0
    )


def test_a_jitter_stays_in_the_range_and_shape_of_its_images():
    images = images_of()
    uniforms = torch.rand(6, 4, generator=torch.Generator().manual_seed(2)) * 2 - 1

    result = jitter_geometry(images, uniforms)

    assert result.shape == images.shape
    assert result.min() >= images.min()
    assert result.max() <= images.max()
    assert not torch.allclose(result, images, atol=0.1)


def test_a_jitter_moves_by_the_wished_part_of_the_side():
    images = images_of(1)
    across = torch.tensor([[0.0, 0.0, 1.0, 0.0]])

    result = jitter_geometry(images, across, shift=2 / 32)

    torch.testing.assert_close(result[..., :-2], images[..., 2:], atol=1e-4, rtol=0)
