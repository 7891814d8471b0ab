"""Tensors of a package: written as float16, read as float32, checked on the way."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.package import open_package
from medgan_viewer.generators.weights import read_direction_vectors, read_weights, write_package
from tests.package_factory import replace_file, tiny_manifest, write_tiny_package


def write(folder, weights, directions=None):
    manifest = tiny_manifest(folder.name, "fully-connected", (), tuple(directions or ()))
    document = {**manifest, "self_test": {"mean": 0, "sd": 0}}
    return write_package(folder, document, weights, "card", directions)


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
