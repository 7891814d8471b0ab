import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from medgan_viewer.errors import InputError
from medgan_viewer.evaluation.inception import InceptionNetwork
from medgan_viewer.evaluation.inception_features import read_inception


@pytest.fixture(scope="module")
def state():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return {k: v.half() for k, v in InceptionNetwork(for_frechet=False).state_dict().items()}


def write(path, state, classes=0):
    extra = {"fc.weight": torch.zeros(classes, 2048), "fc.bias": torch.zeros(classes)}
    save_file({**state, **(extra if classes else {})}, path)
    return path


@pytest.mark.parametrize(
    ("classes", "for_frechet", "for_imagenet"),
    [(1008, True, False), (1000, False, True), (165, False, False), (0, False, False)],
)
def test_the_last_layer_tells_the_variant(tmp_path, state, classes, for_frechet, for_imagenet):
    names = {name: value for name, value in state.items() if "num_batches" not in name}

    space = read_inception(write(tmp_path / "weights.safetensors", names, classes))

    assert space.network.Mixed_5b.for_frechet is for_frechet
    assert space.for_imagenet is for_imagenet
    assert space.name == "Inception features (weights)"


def test_gray_images_of_any_size_get_2048_features(tmp_path, state):
    space = read_inception(write(tmp_path / "weights.safetensors", state))

    assert space.features(np.zeros((2, 32, 40), np.float32)).shape == (2, 2048)


def test_other_files_are_refused_with_a_reason(tmp_path, state):
    save_file({"conv.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    (tmp_path / "text.safetensors").write_text("not tensors")
    broken = {**state, "Mixed_5b.branch1x1.bn.bias": torch.full((64,), torch.nan)}
    write(tmp_path / "nan.safetensors", broken)

    for name, reason in (
        ("other", "another network"),
        ("text", "cannot be read"),
        ("nan", "not numbers"),
        ("missing", "not a file"),
    ):
        with pytest.raises(InputError, match=reason):
            read_inception(tmp_path / f"{name}.safetensors")
