"""Earlier weights: a network that grows shows what the smaller one showed; others are refused."""

import dataclasses

import pytest
import torch

from medgan_viewer.errors import InputError
from medgan_viewer.generators.layers import upsample_fir
from medgan_viewer.generators.stylegan2 import NoiseMode
from medgan_viewer.training.run_folder import RunFolder
from medgan_viewer.training.take_over import take_over
from tests.package_factory import write_tiny_package
from tests.training.made_contrasts import tensors_of
from tests.training.made_images import family_of, loop_of, made_images

GROWING = {
    "stylegan2": ({"resolution": 16}, {"resolution": 32}),
    "vae-gan": (
        {"resolution": 32, "encoder_resolution": 32},
        {"resolution": 64, "encoder_resolution": 32},
    ),
}


def trained_run(family, folder, **sizes):
    """Train a little, leave a run folder, return the family."""
    made = family_of(family, **sizes)
    loop_of(made, folder, 3).run()
    return made[1]


def picture_of(network, w):
    """Return what a network shows for one w in every layer."""
    ws = w.unsqueeze(1).expand(-1, network.num_ws, -1)
    return network.synthesize(ws, NoiseMode.CONST, torch.float32)


@pytest.mark.parametrize("family", GROWING)
def test_a_network_that_grew_shows_the_picture_of_the_smaller_one_enlarged(family, tmp_path):
    before, after = GROWING[family]
    sizes = {"channel_base": 128}
    small = trained_run(family, tmp_path, **before, **sizes)
    _, large = family_of(family, seed=9, **after, **sizes)

    assert take_over(large, tmp_path) > 0

    w = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    expected = upsample_fir(picture_of(small.average, w))
    for network in (large.average, large.trained["model"].network):
        torch.testing.assert_close(picture_of(network, w), expected, rtol=1e-4, atol=1e-5)


def test_a_network_that_grew_learns_in_its_new_block(tmp_path):
    trained_run("stylegan2", tmp_path / "a", channel_base=128)
    machine, large = family_of("stylegan2", resolution=32, channel_base=128)
    take_over(large, tmp_path / "a")

    loop_of((machine, large), tmp_path / "b", 3).run()

    assert large.model.synthesis.b32.torgb.weight.abs().max() > 0


def test_a_run_folder_gives_its_averages_and_its_discriminator(tmp_path):
    first = tensors_of(trained_run("stylegan2", tmp_path))
    _, second = family_of("stylegan2", seed=9)

    taken = take_over(second, tmp_path)

    found = tensors_of(second)
    for name in found:
        averaged = name if "average" in name else name.replace("model/", "model.average/")
        assert torch.equal(found[name], first[averaged]), name
    assert taken == len([name for name in found if "average" not in name])


def test_a_package_gives_its_weights(tmp_path):
    package = write_tiny_package(
        tmp_path / "tiny",
        "stylegan2",
        sizes={"channel_base": 64, "mapping_layers": 1},
        labels=("dark", "bright"),
    )
    _, family = family_of("stylegan2", seed=9)
    before = tensors_of(family)

    take_over(family, package.folder)

    after = tensors_of(family)
    changed = {
        name.partition("/")[0] for name in after if not torch.equal(before[name], after[name])
    }
    assert changed == {"model", "model.average"}  # the discriminator starts anew


@pytest.mark.parametrize("architecture", ["autoencoder", "fully-connected", "unet-translator"])
def test_a_package_of_another_architecture_is_refused(architecture, tmp_path):
    package = write_tiny_package(tmp_path / "tiny", architecture)
    _, family = family_of("stylegan2")

    with pytest.raises(InputError, match=f"of the kind {architecture}, .* trains stylegan2"):
        take_over(family, package.folder)


def test_a_run_whose_networks_have_nothing_in_common_is_refused(tmp_path):
    trained_run("dcgan", tmp_path)
    _, family = family_of("fully-connected")

    with pytest.raises(InputError, match="No weights in"):
        take_over(family, tmp_path)


def test_a_folder_without_weights_is_refused(tmp_path):
    RunFolder(tmp_path)
    _, family = family_of("dcgan")

    with pytest.raises(InputError, match="neither a model package nor a checkpoint"):
        take_over(family, tmp_path)


def test_a_damaged_checkpoint_is_refused(tmp_path):
    trained_run("dcgan", tmp_path)
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    _, family = family_of("dcgan")

    with pytest.raises(InputError, match="damaged"):
        take_over(family, tmp_path)


def test_labels_that_are_new_leave_the_rest_of_the_weights(tmp_path):
    trained_run("vae-gan", tmp_path)
    images = dataclasses.replace(made_images(), label_names=("dark", "bright", "new"))
    _, family = family_of("vae-gan", seed=9, images=images)

    take_over(family, tmp_path)

    assert family.model.prior.mean.shape[0] == 3
