"""Discriminators: one logit per image or patch, and the names of published checkpoints."""

import pytest
import torch

from medgan_viewer.generators.discriminators import (
    DiscriminatorEpilogue,
    FullyConnectedDiscriminator,
    PatchDiscriminator,
    ResidualDiscriminator,
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
