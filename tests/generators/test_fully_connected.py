"""The two-dense-layer generator against its formula in numpy."""

import numpy as np
import pytest
import torch
from scipy.special import erf

from medgan_viewer.generators.fully_connected import Activation, FullyConnectedGenerator
from medgan_viewer.generators.stylegan2 import NoiseMode

ACTIVATIONS = {
    Activation.RELU: lambda x: np.maximum(x, 0),
    Activation.LEAKY_RELU: lambda x: np.where(x > 0, x, 0.2 * x),
    Activation.ELU: lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1),
    Activation.GELU: lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    Activation.TANH: np.tanh,
    Activation.SIGMOID: lambda x: 1 / (1 + np.exp(-x)),
}


def make_generator(activation=Activation.LEAKY_RELU, channels=1):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = FullyConnectedGenerator(
            4, image_channels=channels, z_dim=3, label_count=2, width=5, activation=activation
        )
    return network.requires_grad_(False)


@pytest.mark.parametrize("activation", list(Activation))
def test_an_image_is_two_dense_layers_and_a_hyperbolic_tangent(activation):
    network = make_generator(activation)
    parts = {
        name: tensor.numpy().astype(np.float64) for name, tensor in network.state_dict().items()
    }
    latent = np.array([0.3, -1.2, 2.0, 0.25, 0.75])
    act = ACTIVATIONS[activation]

    hidden = act(parts["hidden1.weight"] @ latent + parts["hidden1.bias"])
    hidden = act(parts["hidden2.weight"] @ hidden + parts["hidden2.bias"])
    expected = np.tanh(parts["out.weight"] @ hidden + parts["out.bias"]).reshape(4, 4)

    ws = torch.from_numpy(latent).float().view(1, 1, 5)
    image = network.synthesize(ws, NoiseMode.CONST, torch.float32)
    np.testing.assert_allclose(image[0, 0].numpy(), expected, atol=1e-6)


def test_the_latent_is_z_beside_the_label_weights():
    network = make_generator()

    w = network.map_latent(torch.tensor([[1.0, 2, 3]]), torch.tensor([[0.25, 0.75]]))

    assert w.tolist() == [[1, 2, 3, 0.25, 0.75]]
    assert (network.w_dim, network.num_ws) == (5, 1)


def test_truncation_pulls_z_to_zero_and_leaves_the_labels():
    center = make_generator().center(torch.tensor([[0.25, 0.75]]))

    assert center.tolist() == [[0, 0, 0, 0.25, 0.75]]


def test_color_has_three_planes():
    network = make_generator(channels=3)

    image = network.synthesize(torch.zeros(2, 1, 5), NoiseMode.NONE, torch.float32)

    assert image.shape == (2, 3, 4, 4)
