"""Names, shapes and behaviour of the CycleGAN and CUT ResNet."""

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate

from medgan_viewer.generators.layers import Norm
from medgan_viewer.generators.resnet_translator import (
    LowPassDown,
    LowPassUp,
    ResnetSize,
    ResnetTranslator,
)


def shapes_of(**sizes):
    with torch.device("meta"):
        network = ResnetTranslator(ResnetSize(in_channels=3, out_channels=3, **sizes))
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def weights_only(shapes):
    return {name: shape for name, shape in shapes.items() if name.endswith((".weight", ".filt"))}


def blocks_at(first, count, width, second):
    return {
        f"model.{index}.conv_block.{place}.weight": (width, width, 3, 3)
        for index in range(first, first + count)
        for place in (1, second)
    }


@pytest.mark.parametrize("blocks", [6, 9])
@pytest.mark.parametrize(("dropout", "second"), [(False, 5), (True, 6)])
def test_names_and_shapes_are_those_of_plain_cyclegan_checkpoints(blocks, dropout, second):
    found = weights_only(shapes_of(blocks=blocks, dropout=dropout))

    assert found == {
        "model.1.weight": (64, 3, 7, 7),
        "model.4.weight": (128, 64, 3, 3),
        "model.7.weight": (256, 128, 3, 3),
        **blocks_at(10, blocks, 256, second),
        f"model.{10 + blocks}.weight": (256, 128, 3, 3),  # transposed: (in, out, rows, columns)
        f"model.{13 + blocks}.weight": (128, 64, 3, 3),
        f"model.{17 + blocks}.weight": (3, 64, 7, 7),
    }


@pytest.mark.parametrize("blocks", [6, 9])
def test_names_and_shapes_are_those_of_cut_checkpoints(blocks):
    found = weights_only(shapes_of(blocks=blocks, antialias_down=True, antialias_up=True))

    assert found == {
        "model.1.weight": (64, 3, 7, 7),
        "model.4.weight": (128, 64, 3, 3),
        "model.7.filt": (128, 1, 3, 3),
        "model.8.weight": (256, 128, 3, 3),
        "model.11.filt": (256, 1, 3, 3),
        **blocks_at(12, blocks, 256, 5),
        f"model.{12 + blocks}.filt": (256, 1, 4, 4),
        f"model.{13 + blocks}.weight": (128, 256, 3, 3),  # plain: (out, in, rows, columns)
        f"model.{16 + blocks}.filt": (128, 1, 4, 4),
        f"model.{17 + blocks}.weight": (64, 128, 3, 3),
        f"model.{21 + blocks}.weight": (3, 64, 7, 7),
    }


def test_convolutions_have_a_bias_with_instance_norm():
    biased = {name for name in shapes_of(blocks=6) if name.endswith(".bias")}

    assert "model.1.bias" in biased
    assert "model.10.conv_block.5.bias" in biased


def test_with_batch_norm_only_the_norms_and_the_last_convolution_have_a_bias():
    found = shapes_of(blocks=6, norm=Norm.BATCH)

    assert "model.1.bias" not in found
    assert found["model.2.bias"] == (64,)
    assert found["model.2.running_mean"] == (64,)
    assert found["model.23.bias"] == (3,)


def make_translator(**sizes):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        size = ResnetSize(**{"base": 4, "blocks": 1} | sizes)
        return ResnetTranslator(size).eval().requires_grad_(False)


def random_images(batch, rows=16, columns=24):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(batch, 1, rows, columns, generator=generator) * 2 - 1


@pytest.mark.parametrize("norm", list(Norm))
@pytest.mark.parametrize("antialias", [False, True])
def test_the_output_has_the_size_of_the_input_and_stays_between_minus_one_and_one(norm, antialias):
    network = make_translator(norm=norm, antialias_down=antialias, antialias_up=antialias)

    image = network(random_images(2))

    assert image.shape == (2, 1, 16, 24)
    assert float(image.abs().max()) <= 1


@pytest.mark.parametrize("norm", list(Norm))
def test_an_output_does_not_depend_on_its_batch(norm):
    network = make_translator(norm=norm)
    images = random_images(3)

    torch.testing.assert_close(network(images)[1:2], network(images[1:2]), atol=1e-5, rtol=1e-4)


def test_the_low_pass_before_halving_is_binomial():
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16

    expected = correlate(image[0, 0].numpy(), kernel, mode="mirror")[::2, ::2]

    np.testing.assert_allclose(LowPassDown(1)(image)[0, 0].numpy(), expected, atol=1e-6)


def test_the_low_pass_after_doubling_keeps_a_flat_image_flat():
    doubled = LowPassUp(2)(torch.full((1, 2, 5, 5), 3.0))

    torch.testing.assert_close(doubled, torch.full((1, 2, 10, 10), 3.0))


def test_the_low_pass_after_doubling_is_linear_between_pixels():
    ramp = torch.arange(6.0).expand(1, 1, 6, 6)

    doubled = LowPassUp(1)(ramp)[0, 0, 4]

    # [1, 3, 3, 1] / 8 * 2 puts the new pixels a quarter to both sides of the old ones.
    expected = [i // 2 + (0.25 if i % 2 else -0.25) for i in range(2, 10)]
    assert doubled[2:10].tolist() == pytest.approx(expected)
