"""Names, shapes and arithmetic of the StyleGAN2-class generator."""

import math

import pytest
import torch

from medgan_viewer.generators.layers import upsample_fir
from medgan_viewer.generators.stylegan2 import (
    MappingNetwork,
    NoiseMode,
    StyleGan2Generator,
    SynthesisNetwork,
    SynthesisSize,
)

SMALL = SynthesisSize(resolution=16, image_channels=1, w_dim=8, channel_base=128, channel_max=8)


def make_generator(size=SMALL, label_count=0, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = StyleGan2Generator(size, z_dim=8, label_count=label_count, mapping_layers=2)
        for block in network.synthesis.blocks:
            for conv in block.convs:
                torch.nn.init.constant_(conv.noise_strength, 0.2)
    return network.eval().requires_grad_(False)


def random_ws(network, batch=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, network.num_ws, network.w_dim, generator=generator)


def published_shapes(resolution, channels_of, image_channels, w_dim, z_dim, label_count, layers):
    """Return the names and shapes of a stylegan2-ada-pytorch state dict, written by its rules."""
    shapes = {"mapping.w_avg": (w_dim,)}
    width = z_dim
    if label_count:
        shapes |= {"mapping.embed.weight": (w_dim, label_count), "mapping.embed.bias": (w_dim,)}
        width = z_dim + w_dim
    for index in range(layers):
        shapes[f"mapping.fc{index}.weight"] = (w_dim, width)
        shapes[f"mapping.fc{index}.bias"] = (w_dim,)
        width = w_dim
    side, before = 4, None
    while side <= resolution:
        block, channels = f"synthesis.b{side}", channels_of(side)
        shapes[f"{block}.resample_filter"] = (4, 4)
        if side == 4:
            shapes[f"{block}.const"] = (channels, 4, 4)
        for name, width in (("conv0", before), ("conv1", channels)):
            if width is None:
                continue
            shapes |= {
                f"{block}.{name}.weight": (channels, width, 3, 3),
                f"{block}.{name}.bias": (channels,),
                f"{block}.{name}.affine.weight": (width, w_dim),
                f"{block}.{name}.affine.bias": (width,),
                f"{block}.{name}.noise_const": (side, side),
                f"{block}.{name}.noise_strength": (),
                f"{block}.{name}.resample_filter": (4, 4),
            }
        shapes |= {
            f"{block}.torgb.weight": (image_channels, channels, 1, 1),
            f"{block}.torgb.bias": (image_channels,),
            f"{block}.torgb.affine.weight": (channels, w_dim),
            f"{block}.torgb.affine.bias": (channels,),
        }
        side, before = side * 2, channels
    return shapes


@pytest.mark.parametrize("image_channels", [1, 3], ids=["gray", "rgb"])
@pytest.mark.parametrize("label_count", [0, 5], ids=["unconditional", "conditional"])
def test_names_and_shapes_are_those_of_published_state_dicts(image_channels, label_count):
    size = SynthesisSize(64, image_channels, w_dim=512)
    with torch.device("meta"):
        network = StyleGan2Generator(size, z_dim=512, label_count=label_count, mapping_layers=8)

    found = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}

    assert found == published_shapes(
        64, lambda side: min(32768 // side, 512), image_channels, 512, 512, label_count, 8
    )


@pytest.mark.parametrize(("resolution", "num_ws"), [(256, 14), (512, 16), (1024, 18)])
def test_a_network_takes_two_latents_per_resolution(resolution, num_ws):
    assert SynthesisSize(resolution, 3, 512).num_ws == num_ws


@pytest.mark.parametrize("resolution", [4, 7, 48, 0])
def test_a_side_that_is_no_power_of_two_from_eight_is_refused(resolution):
    with pytest.raises(ValueError, match="power of two"):
        SynthesisSize(resolution, 1, 8)


@pytest.mark.parametrize("image_channels", [1, 3])
def test_an_image_has_the_resolution_and_channels_of_its_size(image_channels):
    size = SynthesisSize(16, image_channels, 8, channel_base=128, channel_max=8)
    network = make_generator(size)

    image = network.synthesize(random_ws(network, batch=2), NoiseMode.CONST, torch.float32)

    assert image.shape == (2, image_channels, 16, 16)
    assert image.dtype == torch.float32
    assert torch.isfinite(image).all()


def test_the_same_latent_gives_the_same_image():
    network = make_generator()
    ws = random_ws(network)

    first = network.synthesize(ws, NoiseMode.CONST, torch.float32)

    assert torch.equal(first, network.synthesize(ws, NoiseMode.CONST, torch.float32))


def test_an_image_does_not_depend_on_its_batch():
    network = make_generator()
    ws = random_ws(network, batch=4)

    together = network.synthesize(ws, NoiseMode.CONST, torch.float32)
    alone = network.synthesize(ws[2:3], NoiseMode.CONST, torch.float32)

    torch.testing.assert_close(together[2:3], alone, atol=1e-5, rtol=1e-4)


def changed_partial_images(layer):
    """Return which of the sums of image outputs (4, 8, 16) change when one layer's w changes."""
    network = make_generator()
    ws = random_ws(network)
    other = ws.clone()
    other[:, layer] += 1
    pairs = zip(network.synthesis.images(ws), network.synthesis.images(other), strict=True)
    return [not torch.equal(before, after) for before, after in pairs]


def test_each_image_output_shares_the_latent_of_the_next_layer():
    # Layers: b4.conv1; b8.conv0, b8.conv1; b16.conv0, b16.conv1; the last is for b16.torgb alone.
    assert changed_partial_images(0) == [True, True, True]
    assert changed_partial_images(1) == [True, True, True]  # b4.torgb shares b8.conv0's
    assert changed_partial_images(2) == [False, True, True]
    assert changed_partial_images(3) == [False, True, True]  # b8.torgb shares b16.conv0's
    assert changed_partial_images(4) == [False, False, True]
    assert changed_partial_images(5) == [False, False, True]


def test_partial_sums_grow_to_the_whole_image():
    network = make_generator()
    ws = random_ws(network)

    sums = list(network.synthesis.images(ws))

    assert [tuple(image.shape[-2:]) for image in sums] == [(4, 4), (8, 8), (16, 16)]
    assert torch.equal(sums[-1], network.synthesis(ws))


def test_the_image_is_the_sum_of_upsampled_outputs():
    network = make_generator()
    ws = random_ws(network)
    small, medium, _ = network.synthesis.images(ws)
    torch.nn.init.zeros_(network.synthesis.b8.torgb.weight)
    torch.nn.init.zeros_(network.synthesis.b8.torgb.bias)

    _, without_its_own, _ = network.synthesis.images(ws)

    torch.testing.assert_close(without_its_own, upsample_fir(small))
    assert not torch.allclose(without_its_own, medium)


def test_noise_is_added_with_the_strength_of_each_layer():
    network = make_generator()
    ws = random_ws(network)

    with_noise = network.synthesis(ws, NoiseMode.CONST)
    without = network.synthesis(ws, NoiseMode.NONE)
    for block in network.synthesis.blocks:
        for conv in block.convs:
            torch.nn.init.zeros_(conv.noise_strength)

    assert not torch.allclose(with_noise, without)
    torch.testing.assert_close(network.synthesis(ws, NoiseMode.CONST), without)


def test_noise_maps_may_be_given_for_each_layer():
    network = make_generator()
    ws = random_ws(network)
    maps = [conv.noise_const for block in network.synthesis.blocks for conv in block.convs]

    torch.testing.assert_close(network.synthesis(ws, maps), network.synthesis(ws, NoiseMode.CONST))


def test_noise_comes_before_bias_and_activation():
    """One layer by hand: leaky_relu(conv + strength * noise + bias) * sqrt 2."""
    layer = make_generator().synthesis.b4.conv1
    torch.nn.init.zeros_(layer.weight)  # the convolution gives 0
    torch.nn.init.constant_(layer.bias, 0.25)
    noise = torch.tensor([[-5.0, 5.0]]).repeat(4, 2)

    result = layer(torch.ones(1, 8, 4, 4), torch.zeros(1, 8), noise)

    low, high = -5 * 0.2 + 0.25, 5 * 0.2 + 0.25
    expected = [0.2 * low * math.sqrt(2), high * math.sqrt(2)]
    torch.testing.assert_close(result[0, 0, 0, :2], torch.tensor(expected))


def test_the_style_of_an_image_output_is_scaled_by_its_fan_in():
    layer = make_generator().synthesis.b4.torgb
    torch.nn.init.ones_(layer.weight)
    torch.nn.init.constant_(layer.bias, 3.0)

    # With w = 0 every style is the affine bias 1, times 1 / sqrt(8 channels); no demodulation.
    result = layer(torch.full((1, 8, 4, 4), 2.0), torch.zeros(1, 8))

    assert result[0, 0, 0, 0].item() == pytest.approx(8 * 2 / math.sqrt(8) + 3, rel=1e-5)


def test_mapping_normalises_z_so_its_length_does_not_matter():
    mapping = MappingNetwork(z_dim=8, label_count=0, w_dim=8, layers=2)
    z = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))

    torch.testing.assert_close(mapping(z, None), mapping(z * 5, None), atol=1e-5, rtol=1e-4)


def test_a_mapping_layer_has_the_learning_rate_multiplier_in_its_gains():
    mapping = MappingNetwork(z_dim=2, label_count=0, w_dim=1, layers=1)
    torch.nn.init.constant_(mapping.fc0.weight, 100.0)
    torch.nn.init.constant_(mapping.fc0.bias, 50.0)

    w = mapping(torch.tensor([[1.0, 1.0]]), None)

    # RMS of z is 1; weights 100 * 0.01 / sqrt 2, bias 50 * 0.01, then leaky ReLU with gain sqrt 2
    assert w.item() == pytest.approx((2 / math.sqrt(2) + 0.5) * math.sqrt(2), rel=1e-5)


def test_mixing_labels_moves_w_continuously():
    network = make_generator(label_count=2)
    z = torch.zeros(1, 8).index_fill(1, torch.tensor([0]), 1.0)
    parts = torch.linspace(0, 1, 101)

    ws = torch.cat([network.map_latent(z, torch.tensor([[1 - p, p]])) for p in parts])

    steps = (ws[1:] - ws[:-1]).norm(dim=1)
    assert float(steps.max()) < 0.1 * float((ws[-1] - ws[0]).norm())
    assert not torch.allclose(ws[0], ws[-1])


def test_truncation_pulls_towards_the_stored_mean():
    network = make_generator(label_count=2)
    network.mapping.w_avg.copy_(torch.arange(8.0))

    center = network.center(torch.zeros(3, 2))

    assert center.tolist() == [list(range(8))] * 3


def test_lower_precision_stays_close_and_comes_back_as_float32():
    network = make_generator()
    ws = random_ws(network)

    exact = network.synthesize(ws, NoiseMode.CONST, torch.float32)
    rough = network.synthesize(ws, NoiseMode.CONST, torch.bfloat16)

    assert rough.dtype == torch.float32
    assert float((exact - rough).abs().mean()) < 0.05 * float(exact.std())


def test_blocks_run_from_four_pixels_up():
    network = SynthesisNetwork(SMALL)

    assert [block.side for block in network.blocks] == [4, 8, 16]
    assert [len(block.convs) for block in network.blocks] == [1, 2, 2]
