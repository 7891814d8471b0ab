"""Tensors of a package: written as float16, read as float32, checked on the way."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.package import open_package, read_checked
from medgan_viewer.generators.weights import (
    PackageExtras,
    read_direction_vectors,
    read_weights,
    update_package,
    write_package,
)
from tests.package_factory import replace_file, tiny_manifest, write_tiny_package


def write(folder, weights, directions=None):
    manifest = tiny_manifest(folder.name, "fully-connected", (), tuple(directions or ()))
    document = {**manifest, "self_test": {"mean": 0, "sd": 0}}
    return write_package(folder, document, weights, "card", PackageExtras(directions=directions))


def test_floats_are_stored_in_half_precision_and_come_back_in_single(tmp_path):
    exact = torch.tensor([1.0, 0.1, -3.5])

    package = write(tmp_path / "tiny", {"a": exact, "count": torch.tensor(7)})

    stored = parse_safetensors((package.folder / "weights.safetensors").read_bytes())
    found = read_weights(package)
    assert stored["a"].dtype == torch.float16
    assert found["a"].dtype == torch.float32
    assert torch.equal(found["a"], exact.half().float())
    assert found["count"].item() == 7
    assert found["count"].dtype == torch.int64


def test_bfloat16_weights_are_read(tmp_path):
    package = write(tmp_path / "tiny", {"a": torch.zeros(2)})
    replace_file(package, "weights", save({"a": torch.ones(2, dtype=torch.bfloat16)}))

    found = read_weights(open_package(package.folder))

    assert found["a"].tolist() == [1.0, 1.0]


def test_tensors_that_are_views_are_written_whole(tmp_path):
    square = torch.arange(6.0).reshape(2, 3)

    package = write(tmp_path / "tiny", {"a": square.t(), "b": square[0]})

    assert read_weights(package)["a"].tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_numbers_are_refused(tmp_path, value):
    package = write(tmp_path / "tiny", {"a": torch.tensor([0.0, value])})

    with pytest.raises(PackageError, match="'a' holds values that are not numbers"):
        read_weights(package)


def test_values_beyond_a_million_are_refused(tmp_path):
    package = write(tmp_path / "tiny", {"a": torch.zeros(2)})
    replace_file(package, "weights", save({"a": torch.tensor([0.0, -1.1e6])}))

    with pytest.raises(PackageError, match="beyond all limits"):
        read_weights(open_package(package.folder))


def test_a_counter_may_be_large(tmp_path):
    package = write(tmp_path / "tiny", {"num_batches_tracked": torch.tensor(5_000_000)})

    assert read_weights(package)["num_batches_tracked"].item() == 5_000_000


def test_direction_vectors_come_back_by_name(tmp_path):
    vectors = {"up": np.array([0.6, 0.8], np.float32), "on": np.array([1, 0], np.float32)}

    found = read_direction_vectors(write(tmp_path / "tiny", {"a": torch.zeros(1)}, vectors))

    assert {name: vector.tolist() for name, vector in found.items()} == {
        "up": pytest.approx([0.6, 0.8]),
        "on": [1, 0],
    }


def test_a_package_without_directions_has_no_vectors(tmp_path):
    assert read_direction_vectors(write(tmp_path / "tiny", {"a": torch.zeros(1)})) == {}


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (None, "missing or not a vector"),
        (torch.eye(2), "missing or not a vector"),
        (torch.tensor(1.0), "missing or not a vector"),
        (torch.tensor([2.0, 0.0]), "length 1"),
        (torch.tensor([0.0, 0.0]), "length 1"),
        (torch.tensor([float("nan"), 1.0]), "length 1"),
        (torch.tensor([float("inf"), 1.0]), "length 1"),
    ],
)
def test_a_direction_that_is_no_unit_vector_is_refused(tmp_path, tensor, reason):
    package = write(tmp_path / "tiny", {"a": torch.zeros(1)}, {"up": np.array([1, 0], np.float32)})
    tensors = {"other": torch.ones(1)} if tensor is None else {"up": tensor}
    replace_file(package, "directions_file", save(tensors))

    with pytest.raises(PackageError, match=f"direction up .*{reason}"):
        read_direction_vectors(open_package(package.folder))


def test_a_rewrite_that_was_interrupted_leaves_no_package_that_seems_sound(tmp_path, monkeypatch):
    """The manifest is written last, so new weights under the old manifest do not pass."""
    package = write_tiny_package(tmp_path / "tiny", "fully-connected")
    monkeypatch.setattr(json, "dumps", crash)
    with pytest.raises(RuntimeError, match="power failure"):
        write(package.folder, {"a": torch.zeros(1)})

    with pytest.raises(PackageError, match=r"differs from the file|larger than its manifest"):
        read_weights(open_package(package.folder))


def crash(*_arguments, **_options):
    raise RuntimeError("power failure")


JUDGE = {"name": "patches", "parameters": {"base": 4, "scales": 1}}


def write_full(folder):
    """Write a package with every file that a training adds."""
    manifest = {**tiny_manifest(folder.name, "fully-connected"), "latent": {"truncation": 0.5}}
    extras = PackageExtras(
        latent={"mean": torch.zeros(1, 2), "covariance": torch.eye(2).unsqueeze(0)},
        discriminator=(JUDGE, {"a": torch.tensor([0.1])}),
        record=b'{"seed": 1}',
        samples=b"a picture",
        reference={"features": torch.ones(3)},
    )
    document = {**manifest, "self_test": {"mean": 0, "sd": 0}}
    return write_package(folder, document, {"a": torch.tensor([0.1])}, "card", extras)


def files_of(package):
    return {path.name: path.read_bytes() for path in package.folder.iterdir()}


def test_a_package_binds_every_file_that_a_training_adds(tmp_path):
    written = write_full(tmp_path / "tiny")

    package = open_package(written.folder)

    manifest = package.manifest
    assert manifest == written.manifest
    entries = [
        manifest.weights,
        manifest.card,
        manifest.latent.statistics_file,
        manifest.discriminator.weights,
        manifest.training.record,
        manifest.samples,
        manifest.reference.file,
    ]
    assert {entry.file for entry in entries} | {"manifest.json"} == set(files_of(package))
    assert [len(read_checked(package, entry)) for entry in entries] == [
        entry.size_bytes for entry in entries
    ]
    assert manifest.latent.truncation == 0.5
    assert manifest.discriminator.architecture.name == "patches"
    assert read_checked(package, manifest.training.record) == b'{"seed": 1}'


def test_statistics_and_reference_keep_single_precision_and_discriminators_half(tmp_path):
    folder = write_full(tmp_path / "tiny").folder

    stored = {
        name: {tensor.dtype for tensor in parse_safetensors((folder / name).read_bytes()).values()}
        for name in ("latent.safetensors", "reference.safetensors", "discriminator.safetensors")
    }

    assert stored == {
        "latent.safetensors": {torch.float32},
        "reference.safetensors": {torch.float32},
        "discriminator.safetensors": {torch.float16},
    }


def test_an_update_changes_what_it_names_and_nothing_else(tmp_path):
    package = write_full(tmp_path / "tiny")
    before = files_of(package)
    metric = {"name": "SSIM", "value": 0.9, "n": 3, "plain": "Nearly the same."}

    updated = update_package(package, {"metrics": [metric]}, "another card")

    after = files_of(updated)
    assert {name for name in after if after[name] != before[name]} == {"card.md", "manifest.json"}
    assert open_package(package.folder).manifest == updated.manifest
    assert updated.manifest.metrics[0].plain == "Nearly the same."
    assert updated.manifest.weights == package.manifest.weights
    assert updated.manifest.training == package.manifest.training
    assert updated.manifest.discriminator == package.manifest.discriminator


def test_an_update_may_replace_samples_and_reference(tmp_path):
    package = write_full(tmp_path / "tiny")
    extras = PackageExtras(samples=b"another", reference={"features": torch.zeros(5)})

    updated = update_package(package, {}, extras=extras)

    assert read_checked(updated, updated.manifest.samples) == b"another"
    content = read_checked(updated, updated.manifest.reference.file)
    assert parse_safetensors(content)["features"].shape == (5,)
    assert read_checked(updated, updated.manifest.card) == b"card"


def test_an_update_that_no_manifest_takes_leaves_the_package_as_it_was(tmp_path):
    package = write_full(tmp_path / "tiny")
    before = files_of(package)

    with pytest.raises(PackageError, match="summary"):
        update_package(package, {"summary": 3})

    assert files_of(package) == before
