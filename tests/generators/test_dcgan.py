"""DCGAN: transposed convolutions from a point to an image, labels beside it."""

import pytest
import torch
from torch import nn

from medgan_viewer.generators.dcgan import DcganGenerator
from medgan_viewer.generators.registry import LatentGenerator
from medgan_viewer.generators.stylegan2 import NoiseMode


def make_generator(resolution=16, **sizes):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = DcganGenerator(resolution, z_dim=4, label_count=2, base=4, **sizes)
        return network.eval().requires_grad_(False)


def image_of(network, w, dtype=torch.float32):
    return network.synthesize(w.unsqueeze(1), NoiseMode.NONE, dtype)


@pytest.mark.parametrize("resolution", [16, 32, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_has_the_wished_side_and_channels(resolution, channels):
    network = make_generator(resolution, image_channels=channels)

    image = image_of(network, torch.randn(2, 6))

    assert image.shape == (2, channels, resolution, resolution)
    assert image.abs().max() <= 1
    assert isinstance(network, LatentGenerator)


def test_w_is_z_and_the_labels_side_by_side():
    network = make_generator()
    z, labels = torch.tensor([[1.0, 2, 3, 4]]), torch.tensor([[0.25, 0.75]])

    assert network.map_latent(z, labels).tolist() == [[1, 2, 3, 4, 0.25, 0.75]]
    assert network.center(labels).tolist() == [[0, 0, 0, 0, 0.25, 0.75]]
    assert (network.z_dim, network.w_dim, network.num_ws) == (4, 6, 1)


def test_the_label_changes_the_image():
    network = make_generator()

    first, second = image_of(network, network.center(torch.eye(2)))

    assert (first - second).abs().max() > 1e-4


def test_widths_halve_from_block_to_block_as_in_the_paper():
    network = make_generator(64)
    convolutions = [layer for layer in network.body if isinstance(layer, nn.ConvTranspose2d)]

    assert [layer.out_channels for layer in convolutions] == [32, 16, 8, 4, 1]
    assert [layer.stride[0] for layer in convolutions] == [1, 2, 2, 2, 2]
    weights = torch.cat([layer.weight.flatten() for layer in convolutions])
    assert weights.std().item() == pytest.approx(0.02, rel=0.05)


def test_no_block_is_wider_than_eight_times_the_base():
    convolutions = [m for m in make_generator(256).body if isinstance(m, nn.ConvTranspose2d)]

    assert [layer.out_channels for layer in convolutions] == [32, 32, 32, 16, 8, 4, 1]


def test_low_precision_stays_close_and_comes_back_in_single():
    network = make_generator()
    w = torch.randn(2, 6, generator=torch.Generator().manual_seed(0))

    rough = image_of(network, w, torch.bfloat16)

    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, image_of(network, w), atol=0.03, rtol=0)


@pytest.mark.parametrize("resolution", [8, 24, 100])
def test_other_sides_are_refused(resolution):
    with pytest.raises(ValueError, match="power of two"):
        DcganGenerator(resolution)
