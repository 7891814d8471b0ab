"""Names, shapes and behaviour of the pix2pix U-Net."""

import itertools

import pytest
import torch

from medgan_viewer.generators.layers import Norm
from medgan_viewer.generators.unet_translator import UnetSize, UnetTranslator


def shapes_of(size):
    with torch.device("meta"):
        network = UnetTranslator(size)
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def published_shapes(downs, base, norm, in_channels, out_channels):
    """Return the state dict of a pix2pix U-Net, written by its rules.

    Outermost: 0 down, 1 inside, 3 up (always with bias). Middle: 1 down, 2 norm, 3 inside, 5 up,
    6 norm. Innermost: 1 down, 3 up, 4 norm. Convolutions have a bias with instance norm only.
    """
    widths = [base * min(2**level, 8) for level in range(downs)]
    shapes = {}

    def add_conv(name, shape, bias_length, *, always_biased=False):
        shapes[f"{name}.weight"] = shape
        if norm is Norm.INSTANCE or always_biased:
            shapes[f"{name}.bias"] = (bias_length,)

    def add_norm(name, width):
        if norm is Norm.BATCH:
            for part in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"{name}.{part}"] = (width,)
            shapes[f"{name}.num_batches_tracked"] = ()

    add_conv("model.model.0", (base, in_channels, 4, 4), base)
    add_conv("model.model.3", (2 * base, out_channels, 4, 4), out_channels, always_biased=True)
    prefix = "model.model.1.model"
    for outer, inner in itertools.pairwise(widths[:-1]):
        add_conv(f"{prefix}.1", (inner, outer, 4, 4), inner)
        add_norm(f"{prefix}.2", inner)
        add_conv(f"{prefix}.5", (2 * inner, outer, 4, 4), outer)
        add_norm(f"{prefix}.6", outer)
        prefix += ".3.model"
    outer, inner = widths[-2:]
    add_conv(f"{prefix}.1", (inner, outer, 4, 4), inner)
    add_conv(f"{prefix}.3", (inner, outer, 4, 4), outer)
    add_norm(f"{prefix}.4", outer)
    return shapes


@pytest.mark.parametrize("downs", [7, 8], ids=["unet_128", "unet_256"])
@pytest.mark.parametrize("norm", [Norm.BATCH, Norm.INSTANCE])
def test_names_and_shapes_are_those_of_pix2pix_checkpoints(downs, norm):
    found = shapes_of(UnetSize(in_channels=3, out_channels=3, base=64, downs=downs, norm=norm))

    assert found == published_shapes(downs, 64, norm, 3, 3)


def test_dropout_leaves_no_trace_in_the_names():
    assert shapes_of(UnetSize(dropout=True)) == shapes_of(UnetSize(dropout=False))


def test_dropout_stands_in_the_inner_levels_of_eight_times_the_base():
    network = UnetTranslator(UnetSize(base=4, downs=8, dropout=True))
    found = [name for name, part in network.named_modules() if isinstance(part, torch.nn.Dropout)]

    # three levels between the innermost and those of 8 x base that double: pix2pix's num_downs - 5
    assert [name.count("model") - 2 for name in found] == [6, 5, 4]


def make_translator(**sizes):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        size = UnetSize(**{"base": 4, "downs": 5, "norm": Norm.INSTANCE} | sizes)
        return UnetTranslator(size).eval().requires_grad_(False)


def random_images(batch, channels=1, rows=32, columns=32):
    generator = torch.Generator().manual_seed(rows)
    return torch.rand(batch, channels, rows, columns, generator=generator) * 2 - 1


@pytest.mark.parametrize("norm", list(Norm))
@pytest.mark.parametrize(("rows", "columns"), [(32, 32), (64, 96)])
def test_the_output_has_the_size_of_the_input_and_stays_between_minus_one_and_one(
    norm, rows, columns
):
    network = make_translator(norm=norm, in_channels=3, out_channels=2)

    image = network(random_images(2, 3, rows, columns))

    assert image.shape == (2, 2, rows, columns)
    assert float(image.abs().max()) <= 1


def test_the_side_multiple_follows_from_the_levels():
    assert make_translator(downs=5).side_multiple == 32
    assert make_translator(downs=6).side_multiple == 64


@pytest.mark.parametrize("norm", list(Norm))
def test_an_output_does_not_depend_on_its_batch(norm):
    network = make_translator(norm=norm)
    images = random_images(3)

    torch.testing.assert_close(network(images)[1:2], network(images[1:2]), atol=1e-5, rtol=1e-4)


def test_the_skips_carry_fine_detail_past_the_bottleneck():
    network = make_translator()
    image = random_images(1)
    other = image.clone()
    other[0, 0, 5, 7] += 1

    changed = (network(other) - network(image)).abs()[0, 0] > 1e-3

    assert changed[4:8, 6:10].any()


def test_fewer_than_five_levels_are_refused():
    with pytest.raises(ValueError, match="5 levels"):
        UnetSize(downs=4)
