"""From a manifest to a network: sizes are checked, weights must fit exactly."""

import json
from pathlib import Path

import pytest
import torch

from medgan_viewer.errors import EXIT_PACKAGE, PackageError
from medgan_viewer.generators.manifest import parse_manifest
from medgan_viewer.generators.package import open_package
from medgan_viewer.generators.registry import (
    ImageTranslator,
    LatentGenerator,
    build_network,
    load_network,
)
from medgan_viewer.generators.stylegan2 import NoiseMode
from tests.package_factory import (
    GENERATORS,
    TRANSLATORS,
    complete_document,
    edit_manifest,
    tiny_manifest,
    write_tiny_package,
)


def build(architecture, parameters, **output):
    document = complete_document(tiny_manifest("tiny", architecture))
    document["architecture"]["parameters"] |= parameters
    document["output"] |= output
    manifest = parse_manifest(json.dumps(document).encode(), Path("manifest.json"))
    with torch.device("meta"):
        return build_network(manifest.architecture, manifest)


@pytest.mark.parametrize("architecture", GENERATORS)
def test_every_generator_loads_and_makes_an_image_from_a_latent(tmp_path, architecture):
    network = load_network(write_tiny_package(tmp_path / "tiny", architecture))
    assert isinstance(network, LatentGenerator)

    w = network.map_latent(torch.ones(1, network.z_dim), torch.tensor([[0.5, 0.5]]))
    image = network.synthesize(
        w.unsqueeze(1).expand(-1, network.num_ws, -1), NoiseMode.CONST, torch.float32
    )

    assert w.shape == network.center(torch.tensor([[0.5, 0.5]])).shape == (1, network.w_dim)
    assert image.shape == (1, 1, 16, 16)


@pytest.mark.parametrize("architecture", TRANSLATORS)
def test_every_translator_loads_and_makes_an_image_from_an_image(tmp_path, architecture):
    network = load_network(write_tiny_package(tmp_path / "tiny", architecture))
    assert isinstance(network, ImageTranslator)

    assert 32 % network.side_multiple == 0
    assert network(torch.zeros(1, 1, 32, 64)).shape == (1, 1, 32, 64)


def test_a_loaded_network_is_frozen_and_in_evaluation_mode(tmp_path):
    network = load_network(write_tiny_package(tmp_path / "tiny", "resnet-translator"))

    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert {tensor.dtype for tensor in network.state_dict().values()} == {torch.float32}


def test_loading_the_same_package_twice_gives_the_same_network(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "stylegan2")
    first, second = load_network(package).state_dict(), load_network(package).state_dict()

    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_batch_norm_counters_stay_integers(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "resnet-translator", sizes={"norm": "batch"})

    counter = load_network(package).state_dict()["model.2.num_batches_tracked"]

    assert counter.dtype == torch.int64


def test_left_out_sizes_take_the_published_defaults():
    document = complete_document(tiny_manifest("tiny", "resnet-translator"))
    document["architecture"]["parameters"] = {}
    manifest = parse_manifest(json.dumps(document).encode(), Path("manifest.json"))

    with torch.device("meta"):
        network = build_network(manifest.architecture, manifest)

    assert (network.size.base, network.size.blocks) == (64, 9)


@pytest.mark.parametrize(
    ("architecture", "parameters", "reason"),
    [
        ("stylegan2", {"resolution": 2048}, "resolution"),
        ("stylegan2", {"resolution": 4}, "resolution"),
        ("stylegan2", {"resolution": 24}, "power of two"),
        ("stylegan2", {"resolution": 16.0}, "resolution"),
        ("stylegan2", {"resolution": True}, "resolution"),
        ("stylegan2", {"resolution": "16"}, "resolution"),
        ("stylegan2", {"w_dim": 0}, "w_dim"),
        ("stylegan2", {"z_dim": -8}, "z_dim"),
        ("stylegan2", {"channel_base": 1 << 40}, "channel_base"),
        ("stylegan2", {"channel_base": 64, "resolution": 128}, "channel_base is smaller"),
        ("stylegan2", {"channel_max": 3}, "channel_max"),
        ("stylegan2", {"mapping_layers": 17}, "mapping_layers"),
        ("stylegan2", {"conv_clamp": 256}, "conv_clamp"),
        ("autoencoder", {"channel_base": 64, "resolution": 1024}, "channel_base is smaller"),
        ("autoencoder", {"z_dim": 8}, "z_dim"),
        ("fully-connected", {"width": 10_000}, "width"),
        ("fully-connected", {"resolution": 512}, "resolution"),
        ("fully-connected", {"activation": "swish"}, "swish"),
        ("fully-connected", {"activation": 3}, "3"),
        ("unet-translator", {"downs": 4}, "downs"),
        ("unet-translator", {"downs": 11}, "downs"),
        ("unet-translator", {"norm": "layer"}, "layer"),
        ("unet-translator", {"dropout": 1}, "dropout"),
        ("unet-translator", {"in_channels": 4}, "in_channels"),
        ("resnet-translator", {"blocks": 0}, "blocks"),
        ("resnet-translator", {"base": 512}, "base"),
        ("resnet-translator", {"antialias_up": "yes"}, "antialias_up"),
    ],
)
def test_a_size_out_of_range_is_named(architecture, parameters, reason):
    with pytest.raises(PackageError, match=f"sizes of tiny are not usable.*{reason}") as caught:
        build(architecture, parameters)

    assert caught.value.exit_code == EXIT_PACKAGE


def test_an_unknown_architecture_lists_the_known_ones(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "stylegan2")
    edit_manifest(package, lambda document: document["architecture"].update(name="stylegan9"))

    with pytest.raises(PackageError, match="'stylegan9' is unknown") as caught:
        load_network(open_package(package.folder))

    assert "resnet-translator" in caught.value.action


def test_a_network_too_large_to_run_is_refused_before_memory_is_taken(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "fully-connected")
    sizes = {"resolution": 256, "z_dim": 8, "width": 8192}  # 8192 x 65536 weights at the end
    edit_manifest(package, lambda document: document["architecture"].update(parameters=sizes))

    with pytest.raises(PackageError, match="parameters, more than this program runs"):
        load_network(open_package(package.folder))


def test_a_translator_may_take_and_give_color():
    network = build("resnet-translator", {"in_channels": 3}, channels=3)

    assert network.in_channels == 3
    assert network.size.out_channels == 3
