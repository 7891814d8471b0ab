"""Building blocks against direct definitions: zero insertion with scipy, weights per sample."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.signal import convolve2d

from medgan_viewer.generators.layers import (
    EqualizedConv,
    EqualizedLinear,
    Norm,
    blur_fir,
    downsample_fir,
    fir_kernel,
    has_conv_bias,
    leaky_relu,
    make_norm,
    modulated_conv,
    normalize_second_moment,
    scale_channels,
    shift_channels,
    upsample_fir,
)

FIR = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64


def random_image(rows, columns, channels=1, batch=1):
    generator = torch.Generator().manual_seed(rows * 100 + columns)
    return torch.randn(batch, channels, rows, columns, generator=generator)


def zero_inserted(image):
    """Return (2 rows, 2 columns): zeros after each pixel and each row."""
    spread = np.zeros((2 * image.shape[0], 2 * image.shape[1]))
    spread[::2, ::2] = image
    return spread


def padded(image, before, after):
    return np.pad(image, (before, after))


def test_the_fir_kernel_is_binomial_and_keeps_the_mean():
    np.testing.assert_allclose(fir_kernel().numpy(), FIR, atol=1e-7)
    assert float(fir_kernel().sum()) == pytest.approx(1)


def test_upsampling_is_zero_insertion_and_fir_with_gain_four():
    image = random_image(5, 6)
    spread = padded(zero_inserted(image[0, 0].numpy()), 2, 1)

    expected = convolve2d(spread, FIR * 4, mode="valid")

    np.testing.assert_allclose(upsample_fir(image)[0, 0].numpy(), expected, atol=1e-5)


def test_blurring_is_a_correlation_with_the_fir_kernel():
    image = random_image(6, 7)

    expected = convolve2d(padded(image[0, 0].numpy(), 2, 2), FIR, mode="valid")

    np.testing.assert_allclose(blur_fir(image, 2)[0, 0].numpy(), expected, atol=1e-6)


def test_downsampling_keeps_every_second_pixel_of_the_blurred_image():
    image = random_image(8, 6)
    blurred = convolve2d(padded(image[0, 0].numpy(), 1, 1), FIR, mode="valid")

    result = downsample_fir(image)[0, 0].numpy()

    assert result.shape == (4, 3)
    np.testing.assert_allclose(result, blurred[::2, ::2], atol=1e-6)


def test_resampling_filters_each_channel_by_itself():
    image = random_image(4, 4, channels=3)

    for channel in range(3):
        alone = upsample_fir(image[:, channel : channel + 1])
        torch.testing.assert_close(upsample_fir(image)[:, channel : channel + 1], alone)


def test_leaky_relu_keeps_the_variance_of_normal_numbers():
    x = torch.tensor([-1.0, 0.0, 2.0])

    expected = torch.tensor([-0.2, 0.0, 2.0]) * 2**0.5

    torch.testing.assert_close(leaky_relu(x), expected)


def test_normalised_rows_have_a_mean_square_of_one():
    x = torch.tensor([[3.0, 4.0], [0.1, 0.0]])

    torch.testing.assert_close(
        normalize_second_moment(x).square().mean(dim=1), torch.ones(2), atol=1e-4, rtol=0
    )


def test_a_dense_layer_scales_its_weights_at_run_time():
    layer = EqualizedLinear(4, 1, bias_init=2.0, lr_multiplier=0.5)
    torch.nn.init.constant_(layer.weight, 1.0)

    # weight 1 * 0.5 / sqrt(4) = 0.25, bias 2 * 0.5 = 1
    result = layer(torch.tensor([[1.0, 2.0, 3.0, 4.0]]))

    assert result.item() == pytest.approx(0.25 * 10 + 1)


def modulated_per_sample(x, weight, styles, *, demodulate):
    """Return the result by the formulas of the paper: w' = s w, w'' = w' / sqrt(sum w'^2 + eps)."""
    results = []
    for image, style in zip(x, styles, strict=True):
        own = weight * style.view(1, -1, 1, 1)
        if demodulate:
            own = own * (own.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).rsqrt()
        results.append(F.conv2d(image[None], own, padding=weight.shape[-1] // 2))
    return torch.cat(results)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("kernel", [1, 3])
def test_modulation_equals_weights_made_for_each_sample(kernel, demodulate):
    x = random_image(6, 6, channels=4, batch=3)
    weight = random_image(kernel, kernel, channels=4, batch=5)
    styles = torch.randn(3, 4, generator=torch.Generator().manual_seed(1)) + 1

    result = modulated_conv(x, weight, styles, demodulate=demodulate)

    expected = modulated_per_sample(x, weight, styles, demodulate=demodulate)
    torch.testing.assert_close(result, expected, atol=1e-5, rtol=1e-4)


def test_demodulated_features_have_unit_variance_whatever_the_style():
    x = random_image(64, 64, channels=8)
    weight = random_image(3, 3, channels=8, batch=6) * 40

    result = modulated_conv(x, weight, torch.full((1, 8), 7.0), demodulate=True)

    spread = result[..., 1:-1, 1:-1].std(dim=(0, 2, 3))  # the zeros beyond the edge count less
    torch.testing.assert_close(spread, torch.ones(6), atol=0.05, rtol=0)


def test_modulated_upsampling_is_a_transposed_convolution_and_the_fir_filter():
    x = random_image(4, 4, channels=2)
    weight = random_image(3, 3, channels=2, batch=1)
    styles = torch.tensor([[0.5, 2.0]])
    own = weight * styles.view(1, -1, 1, 1)
    own = own * (own.square().sum() + 1e-8).rsqrt()

    # Zero insertion to 2 n - 1, full convolution to 2 n + 1, FIR of 4 taps with one zero around.
    full = sum(
        convolve2d(zero_inserted(x[0, i].numpy())[:-1, :-1], own[0, i].numpy(), mode="full")
        for i in range(2)
    )
    expected = convolve2d(padded(full, 1, 1), FIR * 4, mode="valid")

    result = modulated_conv(x, weight, styles, demodulate=True, up=True)
    assert result.shape == (1, 1, 8, 8)
    np.testing.assert_allclose(result[0, 0].numpy(), expected, atol=1e-5)


def test_the_gain_multiplies_the_result():
    x, weight = random_image(4, 4, channels=2), random_image(3, 3, channels=2)
    styles = torch.ones(1, 2)

    plain = modulated_conv(x, weight, styles, demodulate=True)

    torch.testing.assert_close(
        modulated_conv(x, weight, styles, demodulate=True, gain=3.0), plain * 3
    )


def test_an_equalised_convolution_has_the_gain_of_its_fan_in():
    layer = EqualizedConv(2, 1, 3, activate=False)
    torch.nn.init.constant_(layer.weight, 1.0)
    torch.nn.init.constant_(layer.bias, 5.0)

    result = layer(torch.ones(1, 2, 3, 3))

    # 18 ones in the middle times 1 / sqrt(2 * 3 * 3), plus the bias
    assert result[0, 0, 1, 1].item() == pytest.approx(18 / 18**0.5 + 5, rel=1e-5)


def test_the_gain_of_an_equalised_convolution_reaches_weight_bias_and_activation():
    layer = EqualizedConv(3, 2, 3)
    torch.nn.init.normal_(layer.bias)
    x = random_image(5, 5, channels=3)
    unscaled = F.conv2d(x, layer.weight / 27**0.5, layer.bias, padding=1)

    torch.testing.assert_close(layer(x, gain=0.5), leaky_relu(unscaled) * 0.5)


@pytest.mark.parametrize("kernel", [1, 3])
def test_a_halving_convolution_filters_before_it_drops_pixels(kernel):
    layer = EqualizedConv(1, 1, kernel, bias=False, down=True, activate=False)
    x = random_image(8, 8)
    weight = layer.weight[0, 0].detach().numpy() / kernel
    blurred = convolve2d(padded(x[0, 0].numpy(), 2, 2), FIR, mode="valid")  # 9 x 9
    blurred = blurred[1:-1, 1:-1] if kernel == 1 else blurred

    expected = convolve2d(blurred, weight[::-1, ::-1], mode="valid")[::2, ::2]

    np.testing.assert_allclose(layer(x)[0, 0].detach().numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_channels_are_scaled_and_shifted_alike_in_every_layout(layout, dtype):
    x = random_image(3, 5, channels=4, batch=2).to(dtype).contiguous(memory_format=layout)
    factors = torch.randn(2, 4, generator=torch.Generator().manual_seed(1))
    bias = torch.tensor([1.0, -2.0, 0.5, 3.0])

    scaled, shifted = scale_channels(x, factors), shift_channels(x, bias)

    # Broadcasting as it is written down; the results keep layout and number type.
    torch.testing.assert_close(scaled, x * factors.to(dtype).view(2, 4, 1, 1))
    torch.testing.assert_close(shifted, x + bias.to(dtype).view(1, 4, 1, 1))
    assert scaled.dtype == shifted.dtype == dtype
    assert scaled.is_contiguous(memory_format=layout)
    assert shifted.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gradients_of_scaled_and_shifted_channels_are_right(layout):
    x = random_image(2, 3, channels=2).double().contiguous(memory_format=layout)
    factors, bias = torch.tensor([[0.5, -2.0]]).double(), torch.tensor([1.0, 3.0]).double()
    arguments = [value.requires_grad_() for value in (x, factors, bias)]

    assert torch.autograd.gradcheck(
        lambda x, factors, bias: shift_channels(scale_channels(x, factors), bias), arguments
    )


def test_instance_norm_has_no_weights_and_its_convolutions_have_a_bias():
    assert not make_norm(Norm.INSTANCE, 4).state_dict()
    assert has_conv_bias(Norm.INSTANCE)
    assert not has_conv_bias(Norm.BATCH)
