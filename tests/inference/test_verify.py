"""Everything that can be checked of a package without knowing its author."""

import pytest
import torch
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.package import open_package
from medgan_viewer.generators.weights import PackageExtras
from medgan_viewer.inference.verify import verify_package
from medgan_viewer.training.packaging import weights_of, write_checked
from tests.package_factory import (
    GENERATORS,
    TRANSLATORS,
    replace_file,
    tiny_manifest,
    untrained_network,
    write_tiny_package,
)


@pytest.mark.parametrize("architecture", [*GENERATORS, *TRANSLATORS])
def test_a_sound_package_of_every_architecture_passes(tmp_path, architecture):
    package = write_tiny_package(tmp_path / "tiny", architecture)

    report = verify_package(package)

    assert report.mean == pytest.approx(report.expected_mean, abs=1e-4)
    assert report.sd == pytest.approx(report.expected_sd, abs=1e-4)
    assert report.trust == "unsigned"


def test_the_report_is_the_same_for_people_and_for_programs(tmp_path):
    report = verify_package(write_tiny_package(tmp_path / "tiny", "fully-connected"))

    document = report.to_json()

    # 10 x 16 + 16, 16 x 16 + 16, 16 x 256 + 256
    assert document["parameters"] == 10 * 16 + 16 + 16 * 16 + 16 + 16 * 256 + 256
    assert document["id"] == "tiny"
    assert f"{document['parameters']:,} parameters" in "\n".join(report.lines())
    assert f"mean {document['self_test']['mean']:+.4f}" in "\n".join(report.lines())


def tensors_of(package):
    return parse_safetensors((package.folder / "weights.safetensors").read_bytes())


def rewritten(package, tensors):
    replace_file(package, "weights", save(tensors))
    return open_package(package.folder)


def test_tensors_of_the_same_shape_that_were_swapped_are_noticed(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "stylegan2")
    tensors = tensors_of(package)
    one, other = "synthesis.b16.torgb.weight", "synthesis.b4.torgb.weight"
    tensors[one], tensors[other] = tensors[other], tensors[one]

    with pytest.raises(PackageError, match="does not make the image that its manifest promises"):
        verify_package(rewritten(package, tensors))


def test_weights_of_another_training_are_noticed(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "autoencoder", seed=0)
    other = write_tiny_package(tmp_path / "other", "autoencoder", seed=1)

    with pytest.raises(PackageError, match="does not make the image"):
        verify_package(rewritten(package, tensors_of(other)))


def test_a_network_that_gives_no_numbers_is_noticed(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "resnet-translator", sizes={"norm": "batch"})
    tensors = tensors_of(package)
    tensors["model.2.running_var"] = torch.full_like(tensors["model.2.running_var"], -1)

    with pytest.raises(PackageError, match="does not make the image"):
        verify_package(rewritten(package, tensors))


def test_a_changed_card_is_noticed(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "fully-connected")
    card = package.folder / "card.md"
    card.write_text(card.read_text().upper())

    with pytest.raises(PackageError, match=r"card\.md differs"):
        verify_package(package)


@pytest.mark.parametrize(
    "name", ["samples.png", "training.json", "latent.safetensors", "discriminator.safetensors"]
)
def test_a_changed_file_of_the_training_is_noticed(tmp_path, name):
    manifest = tiny_manifest("tiny", "fully-connected")
    extras = PackageExtras(
        samples=b"a picture",
        record=b"{}",
        latent={"mean": torch.zeros(1, 8)},
        discriminator=({"name": "patches"}, {"a": torch.zeros(1)}),
    )
    weights = weights_of(untrained_network(manifest))
    package = write_checked(tmp_path, manifest, weights, "card", extras)
    verify_package(package)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[:-1] + b"?")

    with pytest.raises(PackageError, match=f"{name} differs"):
        verify_package(package)
