"""The engine: from requests to frames, and what it does when memory runs out."""

import gc
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save

from medgan_viewer.errors import EXIT_BUG, MedganError, PackageError, RunAbortedError
from medgan_viewer.generators.package import open_package
from medgan_viewer.inference.device import DeviceChoice, Preference, choose_device
from medgan_viewer.inference.engine import Engine
from medgan_viewer.inference.loaded import NetworkCache
from medgan_viewer.inference.request import GenerationRequest
from medgan_viewer.latent.point import LatentPoint
from medgan_viewer.latent.recipe import parse_recipe, point_of
from tests.package_factory import GENERATORS, edit_manifest, replace_file, write_tiny_package

CPU = choose_device(Preference.CPU)
FAKE_GPU = DeviceChoice("cuda", "Small GPU", "made for a test", None)
POINT = LatentPoint(5, {"normal": 1.0}, 0.8, True, {"pc-01": 1.5, "pc-02": -0.5})


def never():
    return False


def make_engine():
    return Engine(CPU, dtype=torch.float32)


def image_of(package, point, engine=None):
    result = (engine or make_engine()).run(GenerationRequest(0, package, point), never)
    return result.frame.stored


@pytest.fixture(scope="module", params=GENERATORS)
def package(request, tmp_path_factory):
    return write_tiny_package(tmp_path_factory.mktemp("engine") / request.param, request.param)


@pytest.fixture(scope="module")
def stylegan(tmp_path_factory):
    return write_tiny_package(tmp_path_factory.mktemp("engine") / "tiny", "stylegan2")


def test_the_same_request_gives_the_same_pixels(package):
    engine = make_engine()

    first = image_of(package, POINT, engine)
    image_of(package, LatentPoint(6), engine)

    assert first.shape == (16, 16)
    np.testing.assert_array_equal(image_of(package, POINT, engine), first)


def test_the_recipe_makes_the_same_pixels_in_another_engine(package):
    frame = make_engine().run(GenerationRequest(0, package, POINT), never).frame

    recipe = parse_recipe(frame.provenance.recipe_json, "x")
    again = image_of(open_package(package.folder), point_of(recipe.point))

    assert recipe.model.weights_sha256 == package.weights_sha256
    np.testing.assert_array_equal(again, frame.stored)


@pytest.mark.parametrize(
    "other",
    [
        LatentPoint(6, POINT.label_weights, 0.8, True, POINT.offsets),
        LatentPoint(5, {"effusion": 1.0}, 0.8, True, POINT.offsets),
        LatentPoint(5, POINT.label_weights, 0.3, True, POINT.offsets),
        LatentPoint(5, POINT.label_weights, 0.8, True, {"pc-01": -1.5, "pc-02": -0.5}),
    ],
    ids=["seed", "label", "truncation", "offset"],
)
def test_every_slider_changes_the_image(package, other):
    assert not np.array_equal(image_of(package, other), image_of(package, POINT))


def test_noise_changes_the_image_of_a_network_that_has_it(stylegan):
    without = LatentPoint(5, POINT.label_weights, 0.8, False, POINT.offsets)

    assert not np.array_equal(image_of(stylegan, without), image_of(stylegan, POINT))


def test_with_truncation_zero_every_seed_gives_the_typical_image(package):
    images = [image_of(package, LatentPoint(seed, {"normal": 1}, 0.0)) for seed in (1, 2)]

    np.testing.assert_array_equal(*images)


def test_offsets_of_unknown_directions_do_nothing(stylegan):
    strange = POINT.with_offset("none-such", 2.0)

    np.testing.assert_array_equal(image_of(stylegan, strange), image_of(stylegan, POINT))


def test_loading_is_timed_once(stylegan):
    engine = make_engine()
    request = GenerationRequest(0, stylegan, POINT)

    first, second = engine.run(request, never), engine.run(request, never)

    assert first.timings.load_ms > 0
    assert second.timings.load_ms == 0
    assert second.timings.infer_ms > 0
    assert first.device_note.endswith(", float32")
    assert first.fallback == ""


def test_a_request_nobody_waits_for_loads_nothing(stylegan):
    engine = make_engine()

    with pytest.raises(RunAbortedError):
        engine.run(GenerationRequest(0, stylegan, POINT), lambda: True)

    assert engine.load(stylegan)[1]


@pytest.mark.parametrize("questions", [1, 3])
def test_a_request_is_stopped_between_two_layers(package, questions):
    asked = []

    def should_stop():
        asked.append(True)
        return len(asked) > questions

    with pytest.raises(RunAbortedError):
        make_engine().run(GenerationRequest(0, package, POINT), should_stop)


def test_a_translator_makes_no_image_from_sliders(tmp_path):
    package = write_tiny_package(tmp_path / "t", "resnet-translator")

    with pytest.raises(PackageError, match="makes images from a source image"):
        image_of(package, POINT)


def test_a_network_that_overflows_is_an_error_that_can_be_acted_on(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "stylegan2")
    tensors = parse_safetensors((package.folder / "weights.safetensors").read_bytes())
    tensors = {name: tensor.float() for name, tensor in tensors.items()}
    for name in tensors:
        if name.endswith(("torgb.weight", "torgb.affine.weight")):
            tensors[name] *= 9e5 / tensors[name].abs().max()
    replace_file(package, "weights", save(tensors))
    edit_manifest(package, lambda document: document["directions"][0].update(sd=4.5e35))
    far = LatentPoint(5, offsets={"pc-01": 1})

    with pytest.raises(PackageError, match="values that are not numbers"):
        image_of(open_package(package.folder), far)


# ---- memory ----


class SmallGpu:
    """Replaces NetworkCache.get: whatever goes to the GPU does not fit."""

    def __init__(self, monkeypatch, error):
        self.tried = []
        self._error = error
        self._get = NetworkCache.get
        monkeypatch.setattr(NetworkCache, "get", lambda *arguments: self.get(*arguments))

    def get(self, cache, package, choice, dtype):
        self.tried.append(choice.kind)
        if choice.kind != "cpu":
            raise type(self._error)(*self._error.args)  # anew: a traceback keeps networks alive
        return self._get(cache, package, choice, dtype)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"),
        MemoryError(),
    ],
)
def test_when_the_gpu_is_full_the_cpu_does_it_and_says_so(stylegan, monkeypatch, error):
    gpu = SmallGpu(monkeypatch, error)
    engine = Engine(FAKE_GPU, dtype=torch.float32)

    result = engine.run(GenerationRequest(0, stylegan, POINT), never)

    assert gpu.tried == ["cuda", "cpu"]
    assert result.fallback == "The memory of Small GPU was full; this was computed on the CPU."
    assert result.device_note.startswith("CPU, ")
    assert json.loads(result.frame.provenance.recipe_json)["software"]["device"] == "cpu"
    np.testing.assert_array_equal(result.frame.stored, image_of(stylegan, POINT))


def test_after_a_full_gpu_the_package_stays_on_the_cpu_and_says_so(stylegan, monkeypatch):
    gpu = SmallGpu(monkeypatch, torch.OutOfMemoryError("full"))
    engine = Engine(FAKE_GPU, dtype=torch.float32)

    results = [engine.run(GenerationRequest(0, stylegan, POINT), never) for _ in range(3)]

    assert gpu.tried == ["cuda", "cpu", "cpu", "cpu"]
    assert {result.fallback for result in results} == {results[0].fallback}
    assert results[2].timings.load_ms == 0  # it was not read again


def test_a_package_that_was_put_out_of_memory_tries_the_gpu_again(stylegan, tmp_path, monkeypatch):
    gpu = SmallGpu(monkeypatch, torch.OutOfMemoryError("full"))
    engine = Engine(FAKE_GPU, dtype=torch.float32, budget_bytes=1)  # room for one network
    other = write_tiny_package(tmp_path / "other", "stylegan2")

    for package in (stylegan, other):
        engine.run(GenerationRequest(0, package, POINT), never)
    gc.collect()
    gpu.tried.clear()
    engine.run(GenerationRequest(0, stylegan, POINT), never)

    assert gpu.tried == ["cuda", "cpu"]


def test_memory_that_runs_out_half_way_frees_the_networks_first(stylegan):
    engine = make_engine()
    engine.load(stylegan)

    def attempt(_loaded, _load_ms):
        raise torch.OutOfMemoryError("full")

    with pytest.raises(MedganError, match="main memory is too small"):
        engine.with_fallback(stylegan, attempt)

    assert engine.load(stylegan)[1]  # it had to be read again


def test_a_full_main_memory_is_an_error_that_can_be_acted_on(stylegan):
    def attempt(_loaded, _load_ms):
        return torch.empty(1 << 50)  # torch gives a plain RuntimeError for this on the CPU

    with pytest.raises(MedganError, match="main memory is too small for Tiny stylegan2") as caught:
        make_engine().with_fallback(stylegan, attempt)

    assert "Close other programs" in caught.value.action
    assert caught.value.exit_code == EXIT_BUG


def test_a_bug_is_not_taken_for_a_full_memory(stylegan):
    def attempt(_loaded, _load_ms):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        make_engine().with_fallback(stylegan, attempt)
