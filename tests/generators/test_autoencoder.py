"""VAE-GAN: the way in, the prior of each label, and the decoder that it shares with StyleGAN2."""

import pytest
import torch

from medgan_viewer.generators.autoencoder import AdversarialAutoencoder, LatentPrior
from medgan_viewer.generators.stylegan2 import NoiseMode, SynthesisSize


def make_autoencoder(label_count=0, channels=1):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        size = SynthesisSize(16, channels, w_dim=8, channel_base=128, channel_max=8)
        return AdversarialAutoencoder(size, label_count).eval().requires_grad_(False)


def random_images(batch, channels=1):
    return torch.rand(batch, channels, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_goes_in_as_a_latent_and_comes_out_with_its_shape(channels):
    network = make_autoencoder(channels=channels)

    w = network.encode(random_images(2, channels))
    image = network.synthesize(
        w.unsqueeze(1).expand(-1, network.num_ws, -1), NoiseMode.CONST, torch.float32
    )

    assert w.shape == (2, 8)
    assert image.shape == (2, channels, 16, 16)
    assert torch.isfinite(image).all()


def test_encoding_does_not_depend_on_the_batch():
    network = make_autoencoder()
    images = random_images(3)

    torch.testing.assert_close(network.encode(images)[1:2], network.encode(images[1:2]))


def test_the_log_variance_of_the_encoder_stays_in_a_sane_range():
    network = make_autoencoder()
    torch.nn.init.constant_(network.encoder.out.bias, 1000.0)

    _, log_variance = network.encoder(random_images(1))

    assert log_variance.max() <= 4


def make_prior():
    prior = LatentPrior(label_count=2, w_dim=2)
    prior.mean.copy_(torch.tensor([[0.0, 0.0], [10.0, 20.0]]))
    prior.factor.copy_(torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [1.0, 3.0]]]))
    return prior


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([1.0, 0.0], [1.0, -1.0]),
        ([0.0, 1.0], [12.0, 18.0]),  # mean (10, 20) + ((2, 0), (1, 3)) (1, -1)
        ([0.5, 0.5], [6.5, 8.5]),  # half of both
    ],
)
def test_a_latent_is_the_labels_mean_plus_factor_times_z(labels, expected):
    w = make_prior()(torch.tensor([[1.0, -1.0]]), torch.tensor([labels]))

    assert w[0].tolist() == pytest.approx(expected)


def test_the_center_is_the_mean_of_the_mixed_labels():
    center = make_prior().center(torch.tensor([[0.75, 0.25]]))

    assert center[0].tolist() == pytest.approx([2.5, 5.0])


def test_without_labels_there_is_one_prior():
    network = make_autoencoder()
    z = torch.tensor([[1.0, 2, 3, 4, 5, 6, 7, 8]])
    none = torch.zeros(1, 0)

    assert torch.equal(network.map_latent(z, none), z)  # mean 0 and factor 1 before training
    assert network.center(none).tolist() == [[0] * 8]


def test_an_encoder_may_see_the_image_averaged_down_to_a_smaller_side():
    size = SynthesisSize(32, 1, w_dim=8, channel_base=128, channel_max=8)
    network = AdversarialAutoencoder(size, encoder_resolution=16).requires_grad_(False)
    image = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    halves = (image[..., ::2, :] + image[..., 1::2, :]) / 2
    quarters = (halves[..., ::2] + halves[..., 1::2]) / 2

    torch.testing.assert_close(network.encode(image), network.encode(quarters))
    assert len(network.encoder.blocks) == 2
    w = network.encode(image).unsqueeze(1).expand(-1, network.num_ws, -1)
    assert network.synthesize(w, NoiseMode.CONST, torch.float32).shape == (2, 1, 32, 32)


def test_an_encoder_sees_no_more_than_there_is():
    size = SynthesisSize(16, 1, w_dim=8, channel_base=128, channel_max=8)

    with pytest.raises(ValueError, match="above the resolution"):
        AdversarialAutoencoder(size, encoder_resolution=32)


def test_z_and_w_have_the_same_size():
    network = make_autoencoder(label_count=3)

    assert (network.z_dim, network.w_dim, network.num_ws) == (8, 8, 6)
    assert network.prior.factor.shape == (3, 8, 8)
