"""Checkpoints restore networks and optimisers; damaged and foreign ones are refused."""

import pytest
import torch

from medgan_viewer.errors import InputError
from medgan_viewer.training.checkpoint import load_checkpoint, save_checkpoint


def made_layer(width=2):
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, width)
    return layer, torch.optim.Adam(layer.parameters(), 0.1)


def step(layer, optimizer):
    layer(torch.ones(1, 3)).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()


def saved(path, progress=None):
    """Take a step and save; return what was saved."""
    layer, optimizer = made_layer()
    step(layer, optimizer)
    save_checkpoint(path, {"a": layer}, {"a": optimizer}, progress or {"images": 5})
    return layer, optimizer


def test_weights_and_moments_come_back(tmp_path):
    path = tmp_path / "c.safetensors"
    layer, optimizer = saved(path)
    other, other_optimizer = made_layer()

    progress = load_checkpoint(path, {"a": other}, {"a": other_optimizer})
    step(layer, optimizer)
    step(other, other_optimizer)

    assert progress == {"images": 5}
    assert torch.equal(layer.weight, other.weight)


def test_the_rate_of_a_resumed_run_is_that_of_its_own_configuration(tmp_path):
    path = tmp_path / "c.safetensors"
    saved(path)
    layer, _ = made_layer()
    optimizer = torch.optim.Adam(layer.parameters(), 0.7)

    load_checkpoint(path, {"a": layer}, {"a": optimizer})

    assert optimizer.param_groups[0]["lr"] == 0.7


def test_one_network_can_be_read_alone(tmp_path):
    path = tmp_path / "c.safetensors"
    layer, _ = saved(path)
    other, _ = made_layer()

    assert load_checkpoint(path, {"a": other}, {}) == {"images": 5}
    assert torch.equal(other.weight, layer.weight)


def test_the_layout_of_weights_in_memory_does_not_matter(tmp_path):
    path = tmp_path / "c.safetensors"
    network = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    other = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)

    save_checkpoint(path, {"a": network}, {}, {})
    load_checkpoint(path, {"a": other}, {})

    assert torch.equal(network.weight, other.weight)
    assert other.weight.is_contiguous(memory_format=torch.channels_last)


def cut_in_half(content):
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"\0" * 100,
        cut_in_half,
        lambda content: content[:-1],
        lambda content: content + b"more",
        lambda content: b"\xff" * 8 + content[8:],
        lambda content: content[:8] + b"x" + content[9:],
    ],
    ids=["empty", "zeros", "half", "one byte less", "four more", "length", "header"],
)
def test_a_damaged_file_is_refused_with_its_name(tmp_path, damage):
    path = tmp_path / "c.safetensors"
    saved(path)
    path.write_bytes(damage(path.read_bytes()))
    layer, optimizer = made_layer()

    with pytest.raises(InputError, match=r"c\.safetensors cannot be read"):
        load_checkpoint(path, {"a": layer}, {"a": optimizer})


def test_a_missing_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(InputError, match=r"c\.safetensors cannot be read"):
        load_checkpoint(tmp_path / "c.safetensors", {}, {})


def test_networks_of_other_sizes_are_refused(tmp_path):
    path = tmp_path / "c.safetensors"
    saved(path)
    layer, optimizer = made_layer(width=5)

    with pytest.raises(InputError, match="does not belong to this run"):
        load_checkpoint(path, {"a": layer}, {"a": optimizer})


def test_networks_of_other_names_are_refused(tmp_path):
    path = tmp_path / "c.safetensors"
    saved(path)
    layer, optimizer = made_layer()

    with pytest.raises(InputError, match="does not belong to this run"):
        load_checkpoint(path, {"b": layer}, {"b": optimizer})


def test_a_file_without_progress_is_refused(tmp_path):
    from safetensors.torch import save_file

    layer, _ = made_layer()
    path = tmp_path / "c.safetensors"
    save_file({f"a/{name}": value for name, value in layer.state_dict().items()}, path)

    with pytest.raises(InputError, match="does not belong to this run"):
        load_checkpoint(path, {"a": layer}, {})


def test_saving_again_replaces_the_file_as_a_whole(tmp_path):
    path = tmp_path / "c.safetensors"
    saved(path)
    saved(path, {"images": 9})
    layer, optimizer = made_layer()

    assert load_checkpoint(path, {"a": layer}, {"a": optimizer}) == {"images": 9}
    assert [each.name for each in tmp_path.iterdir()] == ["c.safetensors"]
