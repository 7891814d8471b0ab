"""Packages with right hashes but wrong tensors, or a manifest that does not fit its network."""

import json
import struct

import pytest
import torch
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save

from tests.generators.refusals import load_all, refusal
from tests.package_factory import edit_manifest, replace_file, tiny_manifest


def tensors_of(package):
    return parse_safetensors((package.folder / "weights.safetensors").read_bytes())


def with_header(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_a_header_that_claims_to_be_endless_costs_nothing(package):
    replace_file(package, "weights", struct.pack("<Q", 1 << 63) + b"{}")

    refusal(package, "the header is too large")


def test_a_header_that_really_is_large_is_not_parsed(package):
    replace_file(package, "weights", with_header(b" " * (9 << 20) + b"{}"))

    refusal(package, "the header is too large")


def test_a_crowd_of_tensors_is_refused(package):
    header = {
        f"t{i}": {"dtype": "F16", "shape": [1], "data_offsets": [2 * i, 2 * i + 2]}
        for i in range(30_000)
    }
    replace_file(package, "weights", with_header(header, bytes(60_000)))

    refusal(package, "too many tensors")


def test_two_tensors_of_one_name_are_refused(package):
    one = b'"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}'
    two = b'"a":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}'
    replace_file(package, "weights", with_header(b"{" + one + b"," + two + b"}", bytes(4)))

    refusal(package, "a key stands twice")


def test_an_empty_tensor_of_huge_sides_is_refused(package):
    header = {"a": {"dtype": "F16", "shape": [0, 1 << 60], "data_offsets": [0, 0]}}
    replace_file(package, "weights", with_header(header))

    refusal(package, "a shape out of limits")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 3e6])
def test_one_bad_value_is_found(package, value):
    tensors = {name: tensor.float() for name, tensor in tensors_of(package).items()}
    tensors["synthesis.b8.conv0.weight"][0, 0, 0, 0] = value
    replace_file(package, "weights", save(tensors))

    refusal(package, r"synthesis\.b8\.conv0\.weight' holds values")


def renamed(tensors):
    return {("x" + name if "torgb" in name else name): t for name, t in tensors.items()}


def without_one(tensors):
    return {name: tensor for name, tensor in tensors.items() if name != "mapping.w_avg"}


def with_one_more(tensors):
    return tensors | {"extra": torch.zeros(1)}


def with_another_shape(tensors):
    return tensors | {"mapping.w_avg": torch.zeros(9)}


def with_another_rank(tensors):
    return tensors | {"mapping.w_avg": torch.zeros(8, 1)}


def as_integers(tensors):
    return tensors | {"synthesis.b4.const": torch.ones(8, 4, 4, dtype=torch.int64)}


def empty(_tensors):
    return {}


@pytest.mark.parametrize(
    "change",
    [
        renamed,
        without_one,
        with_one_more,
        with_another_shape,
        with_another_rank,
        as_integers,
        empty,
    ],
)
def test_weights_of_another_network_are_refused(package, change):
    replace_file(package, "weights", save(change(tensors_of(package))))

    refusal(package, "do not fit its architecture")


def test_a_direction_that_moves_layers_the_network_lacks_is_refused(package):
    edit_manifest(package, lambda document: document["directions"][0].update(layers=[0, 7]))

    refusal(package, "moves more than 6 layers")


def test_a_generator_that_is_called_a_translator_is_refused(package):
    source = tiny_manifest("any", "unet-translator")["source"]
    edit_manifest(
        package,
        lambda document: document.update(task="translate", source=source, labels=[], directions=[]),
    )

    refusal(package, "translates no images")


def test_a_translator_that_is_called_a_generator_is_refused(translator):
    edit_manifest(translator, lambda document: document.update(task="generate", source=None))

    refusal(translator, "makes no images from a latent point")


@pytest.mark.parametrize("field", ["rows", "columns"])
def test_a_grid_that_the_network_cannot_halve_is_refused(translator, field):
    edit_manifest(translator, lambda document: document["source"].update({field: 40}))

    refusal(translator, "no multiples of 32")


def test_fewer_labels_than_the_network_was_trained_with_are_refused(package):
    edit_manifest(package, lambda document: document["labels"].pop())

    refusal(package, "do not fit its architecture")


@pytest.mark.parametrize("name", ["stylegan2", "unet-translator"])
def test_the_packages_that_these_tests_spoil_are_sound(sound_packages, name):
    load_all(sound_packages[name])
