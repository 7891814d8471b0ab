import numpy as np
import pytest
import torch

from medgan_viewer.errors import PackageError
from medgan_viewer.evaluation.renderers import (
    label_places,
    rebuilder_of,
    renderer_of,
    translator_of,
)
from medgan_viewer.inference.device import Preference, choose_device
from medgan_viewer.inference.generation import generate_image
from medgan_viewer.inference.loaded import load
from medgan_viewer.latent.point import LatentPoint
from tests.evaluation.studies import study
from tests.package_factory import write_tanh_translator, write_tiny_package

CPU = choose_device(Preference.CPU)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return write_tiny_package(tmp_path_factory.mktemp("models") / "tiny")


def test_samples_are_the_images_that_the_viewer_makes(package):
    loaded = load(package, CPU, torch.float32)
    point = LatentPoint(seed=20, label_weights={"effusion": 1.0}, truncation=0.5)
    expected = generate_image(loaded, point, lambda: False)[0].numpy()

    made = renderer_of(package, ("normal", "effusion"), CPU, truncation=0.5)(1, 18, 3)

    assert made.shape == (18, 16, 16)
    np.testing.assert_allclose(made[17], expected, atol=1e-4)


def test_labels_are_found_by_name_in_the_order_of_the_data(package):
    straight = renderer_of(package, ("normal", "effusion"), CPU)
    turned = renderer_of(package, ("Effusion", "Normal"), CPU)

    np.testing.assert_array_equal(straight(0, 2, 0), turned(1, 2, 0))
    assert label_places(package, ("effusion", "normal")) == [1, 0]


@pytest.mark.parametrize("names", [("normal", "fracture"), ()])
def test_data_with_other_labels_are_refused(package, names):
    with pytest.raises(PackageError, match="makes normal, effusion"):
        renderer_of(package, names, CPU)


def test_only_a_network_with_an_encoder_takes_images_in(package, tmp_path):
    other = write_tiny_package(tmp_path / "other", "stylegan2")

    rebuilt = rebuilder_of(package, CPU)(np.zeros((3, 32, 32), np.float32))

    assert rebuilt.shape == (3, 32, 32)
    assert rebuilder_of(other, CPU) is None


def test_slices_of_any_size_go_through_a_translator(tmp_path):
    translate = translator_of(write_tanh_translator(tmp_path / "tanh"), CPU)
    pairs = study("a", 0)
    odd = type(pairs)("a", pairs.source[:, :30, :27], pairs.target, pairs.brain)

    made = translate(odd)

    np.testing.assert_allclose(made, np.tanh(odd.source), atol=1e-3)


def test_a_model_of_the_other_kind_is_refused(package, tmp_path):
    with pytest.raises(PackageError, match="sliders"):
        translator_of(package, CPU)
    with pytest.raises(PackageError, match="source image"):
        renderer_of(write_tanh_translator(tmp_path / "tanh"), ("a",), CPU)
