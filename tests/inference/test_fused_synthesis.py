"""The prepared synthesis network against the one it was made from."""

import pytest
import torch

from medgan_viewer.errors import RunAbortedError
from medgan_viewer.generators.registry import load_network
from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.inference.fused_synthesis import FusedSynthesis
from tests.package_factory import write_tiny_package


@pytest.fixture(scope="module", params=["stylegan2", "autoencoder"])
def network(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fused") / request.param
    return load_network(write_tiny_package(folder, request.param))


def random_ws(network):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(1, network.num_ws, network.w_dim, generator=generator)


@pytest.mark.parametrize("noise", [True, False])
def test_the_image_is_that_of_the_network_it_was_made_from(network, noise):
    ws = random_ws(network)
    mode = NoiseMode.CONST if noise else NoiseMode.NONE

    with torch.inference_mode():
        found = FusedSynthesis(network.synthesis, torch.float32)(ws, noise, lambda: False)

    expected = network.synthesize(ws, mode, torch.float32)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_same_latent_gives_the_same_image(network):
    fused = FusedSynthesis(network.synthesis, torch.float32)
    ws = random_ws(network)

    with torch.inference_mode():
        first = fused(ws, True, lambda: False)
        fused(ws * 2, False, lambda: False)
        assert torch.equal(fused(ws, True, lambda: False), first)


@pytest.mark.parametrize("layer", [0, 2, 4])
def test_it_stops_before_the_layer_at_which_it_is_told_to(network, layer):
    asked = []

    def should_stop():
        asked.append(True)
        return len(asked) > layer

    with torch.inference_mode(), pytest.raises(RunAbortedError):
        FusedSynthesis(network.synthesis, torch.float32)(random_ws(network), True, should_stop)

    assert len(asked) == layer + 1
