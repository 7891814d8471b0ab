"""Networks in memory: loaded once, in a precision that keeps the picture, within a budget."""

import numpy as np
import pytest
import torch
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save

from medgan_viewer.errors import PackageError
from medgan_viewer.generators.package import open_package
from medgan_viewer.inference.device import DeviceChoice, Preference, choose_device
from medgan_viewer.inference.engine import Engine
from medgan_viewer.inference.loaded import NetworkCache, load, run_self_test, run_translator
from medgan_viewer.inference.request import GenerationRequest
from medgan_viewer.latent.point import LatentPoint
from tests.package_factory import replace_file, write_tanh_translator, write_tiny_package

CPU = choose_device(Preference.CPU)
WITH_BFLOAT16 = DeviceChoice("cpu", "CPU", "made for a test", torch.bfloat16)
SINGLE = torch.float32


def weights_of(package):
    return parse_safetensors((package.folder / "weights.safetensors").read_bytes())


def test_a_loaded_network_knows_its_directions(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "stylegan2")

    first, second = load(package, CPU, SINGLE).directions

    assert (first.name, first.title, first.sd, first.layers) == (
        "pc-01",
        "Direction 1",
        1.5,
        (0, 6),
    )
    np.testing.assert_array_equal(second.vector, np.eye(8)[1])


def test_a_direction_of_another_latent_space_is_refused(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "stylegan2")
    short = torch.tensor([1.0, 0, 0, 0, 0])
    replace_file(package, "directions_file", save({"pc-01": short, "pc-02": short.clone()}))

    with pytest.raises(PackageError, match="direction pc-01 does not have 8 components"):
        load(open_package(package.folder), CPU, SINGLE)


def test_the_self_test_of_a_generator_is_seed_zero_of_even_labels_in_full_variety(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "stylegan2")
    point = LatentPoint(seed=0, label_weights={"normal": 1, "effusion": 1}, truncation=1)

    image = run_self_test(load(package, CPU, SINGLE))
    request = GenerationRequest(0, package, point)
    frame = Engine(CPU, dtype=SINGLE).run(request, lambda: False).frame

    stored = (image[0, 0].clamp(-1, 1) + 1) / 2 * 4095
    assert np.abs(frame.stored - stored.numpy()).max() <= 0.51


def test_the_self_test_of_a_translator_is_a_ramp_under_a_bump(tmp_path):
    package = write_tanh_translator(tmp_path / "tanh")

    image = run_self_test(load(package, CPU, SINGLE))[0, 0].numpy()

    # The input is -1 at the upper edge, a ramp from -1 to 1 in the middle row; the output its tanh.
    assert image.shape == (32, 32)
    np.testing.assert_allclose(image[0], np.tanh(-1), atol=1e-5)
    np.testing.assert_allclose(image[16], np.tanh(np.linspace(-1, 1, 32)), atol=1e-5)


def constant_image(package):
    """Make every image of a generator one gray, which every precision can show."""
    tensors = weights_of(package)
    for name in tensors:
        if "torgb" in name:
            tensors[name].zero_()
    replace_file(package, "weights", save(tensors))
    return open_package(package.folder)


def test_lower_precision_is_used_where_the_picture_stays_the_same(tmp_path):
    package = constant_image(write_tiny_package(tmp_path / "tiny", "stylegan2"))

    loaded = load(package, WITH_BFLOAT16, None)

    assert loaded.dtype is torch.bfloat16
    assert loaded.device_note == "CPU, bfloat16"


def test_lower_precision_is_refused_to_a_network_that_strays(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "stylegan2")
    tensors = weights_of(package)
    for name in tensors:
        if "torgb.weight" in name:
            tensors[name] *= 30  # differences of a thousandth become visible
    replace_file(package, "weights", save(tensors))

    loaded = load(open_package(package.folder), WITH_BFLOAT16, None)

    assert loaded.precision == "float32"


def test_a_precision_that_is_asked_for_is_used(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "stylegan2")

    assert load(package, WITH_BFLOAT16, torch.float32).dtype is torch.float32
    assert load(package, CPU, torch.bfloat16).dtype is torch.bfloat16


def test_a_translator_in_lower_precision_gives_float32(tmp_path):
    network = load(write_tanh_translator(tmp_path / "tanh"), CPU, SINGLE).network
    image = torch.linspace(-1, 1, 32 * 32).view(1, 1, 32, 32)

    rough = run_translator(network, image, torch.bfloat16)

    assert rough.dtype is torch.float32
    torch.testing.assert_close(rough, image.tanh(), atol=0.02, rtol=0)


def test_a_network_that_takes_color_gets_the_grays_in_every_channel(tmp_path):
    package = write_tiny_package(tmp_path / "color", "resnet-translator", sizes={"in_channels": 3})
    network = load(package, CPU, SINGLE).network
    image = torch.rand(1, 1, 32, 32)

    found = run_translator(network, image, SINGLE)

    torch.testing.assert_close(found, network(image.repeat(1, 3, 1, 1)))


# ---- cache ----


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    root = tmp_path_factory.mktemp("cache")
    return [write_tiny_package(root / name, "fully-connected") for name in "abc"]


def test_a_network_is_loaded_once(packages):
    cache = NetworkCache(budget_bytes=1 << 30)

    first, is_new = cache.get(packages[0], CPU, SINGLE)
    again, is_new_again = cache.get(packages[0], CPU, SINGLE)

    assert is_new
    assert not is_new_again
    assert again is first


def test_the_network_used_longest_ago_leaves_first(packages):
    size = NetworkCache(0).get(packages[0], CPU, SINGLE)[0].size_bytes
    cache = NetworkCache(budget_bytes=2 * size)
    for index in (0, 1, 0, 2):
        cache.get(packages[index], CPU, SINGLE)

    assert cache.size_bytes == 2 * size
    assert not cache.get(packages[0], CPU, SINGLE)[1]
    assert cache.get(packages[1], CPU, SINGLE)[1]


def test_one_network_larger_than_the_budget_stays(packages):
    cache = NetworkCache(budget_bytes=1)
    cache.get(packages[0], CPU, SINGLE)

    assert not cache.get(packages[0], CPU, SINGLE)[1]


def test_another_precision_is_another_network(packages):
    cache = NetworkCache(budget_bytes=1 << 30)
    cache.get(packages[0], CPU, SINGLE)

    assert cache.get(packages[0], CPU, torch.bfloat16)[1]


def test_new_weights_in_the_same_folder_are_loaded(tmp_path):
    cache = NetworkCache(budget_bytes=1 << 30)
    cache.get(write_tiny_package(tmp_path / "tiny", "fully-connected", seed=0), CPU, SINGLE)

    newer = write_tiny_package(tmp_path / "tiny", "fully-connected", seed=1)

    assert cache.get(newer, CPU, SINGLE)[1]


def test_a_load_that_failed_can_be_tried_again(tmp_path):
    package = write_tiny_package(tmp_path / "tiny", "fully-connected")
    weights = package.folder / "weights.safetensors"
    content = weights.read_bytes()
    cache = NetworkCache(budget_bytes=1 << 30)
    weights.unlink()
    with pytest.raises(PackageError, match="is missing"):
        cache.get(package, CPU, SINGLE)

    weights.write_bytes(content)

    assert cache.get(package, CPU, SINGLE)[1]


def test_an_emptied_cache_holds_nothing(packages):
    cache = NetworkCache(budget_bytes=1 << 30)
    cache.get(packages[0], CPU, SINGLE)
    cache.clear()

    assert cache.size_bytes == 0
    assert cache.get(packages[0], CPU, SINGLE)[1]
