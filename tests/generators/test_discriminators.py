"""Discriminators: one logit per image or patch, and the names of published checkpoints."""

import pytest
import torch

from medgan_viewer.generators.discriminators import (
    DcganDiscriminator,
    DiscriminatorEpilogue,
    FullyConnectedDiscriminator,
    MultiScalePatchDiscriminator,
    PatchDiscriminator,
    ResidualDiscriminator,
    scales_that_fit,
)
from medgan_viewer.generators.stylegan2 import SynthesisSize

SMALL = SynthesisSize(16, 1, w_dim=8, channel_base=128, channel_max=8)


def random_images(batch, channels=1, side=16):
    return torch.rand(batch, channels, side, side, generator=torch.Generator().manual_seed(0))


def test_a_residual_discriminator_gives_one_logit_per_image():
    network = ResidualDiscriminator(SMALL)

    assert network(random_images(4), torch.zeros(4, 0)).shape == (4,)


def test_names_are_those_of_published_state_dicts():
    names = set(ResidualDiscriminator(SMALL, label_count=2).state_dict())

    assert {"b16.fromrgb.weight", "b16.skip.weight", "b8.conv1.resample_filter"} <= names
    assert {"b4.conv.weight", "b4.fc.weight", "b4.out.bias", "mapping.embed.weight"} <= names
    assert not any(name.startswith("b8.fromrgb") for name in names)
    assert "b16.skip.bias" not in names


def test_the_logit_depends_on_the_label():
    network = ResidualDiscriminator(SMALL, label_count=2)
    images = random_images(1).expand(2, -1, -1, -1)

    first, second = network(images, torch.eye(2))

    assert first.item() != pytest.approx(second.item(), abs=1e-6)


def test_the_deviation_over_a_group_becomes_a_feature():
    epilogue = DiscriminatorEpilogue(channels=1, out_features=1, group=2)
    x = torch.zeros(4, 1, 4, 4)
    x[0] = 3.0  # images 0 and 2 are one group, 1 and 3 the other

    found = epilogue._batch_deviation(x)[:, 0, 0, 0]

    assert found.tolist() == pytest.approx([1.5, 1e-4, 1.5, 1e-4], abs=1e-6)


def test_a_batch_that_does_not_divide_into_groups_makes_smaller_ones():
    network = ResidualDiscriminator(SMALL, group=4)

    assert torch.isfinite(network(random_images(5), torch.zeros(5, 0))).all()


def test_a_patch_sees_seventy_pixels():
    network = PatchDiscriminator(in_channels=2, base=4).double()
    image = random_images(1, channels=2, side=128).double().requires_grad_()

    assert network(image)[-1].shape == (1, 1, 14, 14)

    # Norms look at the whole image, so the field is measured without them.
    plain = torch.nn.Sequential(
        *(part for part in network.model if not isinstance(part, torch.nn.InstanceNorm2d))
    )
    plain(image)[0, 0, 7, 7].backward()
    rows = torch.nonzero(image.grad[0, 0].abs().sum(dim=1)).flatten()
    assert int(rows.max() - rows.min()) + 1 == 70


def test_names_of_the_patch_discriminator_are_those_of_pix2pix():
    names = set(PatchDiscriminator(in_channels=6).state_dict())

    assert names == {
        f"model.{index}.{part}" for index in (0, 2, 5, 8, 11) for part in ("weight", "bias")
    }


def test_the_dense_discriminator_gives_one_logit_per_image():
    network = FullyConnectedDiscriminator(pixels=256, label_count=2, width=8)

    assert network(random_images(3), torch.zeros(3, 2)).shape == (3,)


@pytest.mark.parametrize(("side", "scales"), [(16, 0), (32, 1), (64, 2), (128, 3), (256, 4)])
def test_small_images_have_room_for_fewer_scales(side, scales):
    assert scales_that_fit(side) == scales


def test_patches_are_judged_at_every_scale():
    network = MultiScalePatchDiscriminator(1, base=4, scales=2)

    found = network(random_images(3, side=64))

    assert [len(stages) for stages in found] == [5, 5]
    assert [stages[0].shape for stages in found] == [(3, 4, 32, 32), (3, 4, 16, 16)]
    # Three halvings, then two layers that take one pixel each from rows and columns.
    assert [stages[-1].shape for stages in found] == [(3, 1, 6, 6), (3, 1, 2, 2)]


def test_the_second_scale_sees_the_image_averaged_down():
    network = MultiScalePatchDiscriminator(1, base=4, scales=2)
    image = random_images(1, side=64)
    halves = (image[..., ::2, :] + image[..., 1::2, :]) / 2
    quarters = (halves[..., ::2] + halves[..., 1::2]) / 2

    torch.testing.assert_close(network(image)[1][-1], network.scales[1](quarters))


def test_the_score_is_the_mean_logit_over_patches_and_scales():
    network = MultiScalePatchDiscriminator(1, base=4, scales=2)
    images = random_images(2, side=64)

    first, second = (stages[-1].mean(dim=(1, 2, 3)) for stages in network(images))

    torch.testing.assert_close(network.score(images), (first + second) / 2)


def test_with_a_detail_gain_the_patches_also_see_fine_detail_that_much_stronger():
    network = MultiScalePatchDiscriminator(1, base=4, scales=2, detail_gain=5.0)
    fine = torch.ones(1, 1, 64, 64)
    fine[..., ::2, 1::2] = fine[..., 1::2, ::2] = -1.0  # a checkerboard: nothing is left at half
    seen = []
    for scale in network.scales:
        scale[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))

    network(0.5 + 0.1 * fine)

    torch.testing.assert_close(seen[0][:, :1], 0.5 + 0.1 * fine)
    torch.testing.assert_close(seen[0][:, 1:], 0.5 * fine, atol=1e-5, rtol=0)
    torch.testing.assert_close(seen[1][:, 1:], torch.zeros(1, 1, 32, 32), atol=1e-5, rtol=0)


@pytest.mark.parametrize("side", [16, 64])
def test_a_dcgan_discriminator_gives_one_logit_per_image(side):
    network = DcganDiscriminator(side, 1, 2, 4)

    assert network(random_images(3, side=side), torch.eye(2)[[0, 1, 0]]).shape == (3,)


def test_the_logit_of_a_dcgan_discriminator_depends_on_the_label():
    network = DcganDiscriminator(16, 1, 2, 4).eval()
    images = random_images(1).expand(2, -1, -1, -1)

    first, second = network(images, torch.eye(2))

    assert first.item() != pytest.approx(second.item(), abs=1e-6)


def test_batch_norm_stands_everywhere_but_at_the_ends_of_a_dcgan_discriminator():
    """Radford et al. 2016, section 3."""
    body = DcganDiscriminator(32, 1, 0, 4).body
    kinds = [type(layer).__name__ for layer in body]

    assert kinds == ["Conv2d", "LeakyReLU", *["Conv2d", "BatchNorm2d", "LeakyReLU"] * 2, "Conv2d"]
