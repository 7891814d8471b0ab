"""Stopping a network between two layers."""

import pytest
import torch

from medgan_viewer.errors import RunAbortedError
from medgan_viewer.generators.registry import LatentGenerator, load_network
from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.inference.abort import StopBetweenLayers
from tests.package_factory import write_tiny_package


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return load_network(
        write_tiny_package(tmp_path_factory.mktemp("abort") / "tiny", "resnet-translator")
    )


class StopAfter:
    """Says stop at the `count`-th question."""

    def __init__(self, count):
        self.left = count

    def __call__(self):
        self.left -= 1
        return self.left < 0


def image():
    return torch.zeros(1, 1, 32, 32)


@pytest.mark.parametrize("layers", [0, 1, 5])
def test_the_network_stops_before_the_next_layer(network, layers):
    ran = []
    handles = [
        part.register_forward_hook(lambda *_: ran.append(True))
        for part in network.modules()
        if isinstance(part, (torch.nn.Conv2d, torch.nn.ConvTranspose2d))
    ]

    with pytest.raises(RunAbortedError), StopBetweenLayers(network, StopAfter(layers)):
        network(image())

    for handle in handles:
        handle.remove()
    assert len(ran) == layers


def test_without_a_stop_the_output_is_the_same(network):
    with StopBetweenLayers(network, lambda: False):
        found = network(image())

    assert torch.equal(found, network(image()))


def test_the_network_is_left_as_it_was_found(network):
    with pytest.raises(RunAbortedError), StopBetweenLayers(network, lambda: True):
        network(image())

    assert not any(part._forward_pre_hooks for part in network.modules())
    assert torch.isfinite(network(image())).all()


@pytest.mark.parametrize("architecture", ["stylegan2", "fully-connected", "unet-translator"])
def test_every_kind_of_network_can_be_stopped(tmp_path, architecture):
    network = load_network(write_tiny_package(tmp_path / "tiny", architecture))

    def run():
        if isinstance(network, LatentGenerator):
            ws = torch.zeros(1, network.num_ws, network.w_dim)
            return network.synthesize(ws, NoiseMode.CONST, torch.float32)
        return network(image())

    with StopBetweenLayers(network, lambda: True), pytest.raises(RunAbortedError):
        run()
