"""Prepared convolutions against torch's plain ones."""

import pytest
import torch
import torch.nn.functional as F

from medgan_viewer.inference import packed_convolution as module
from medgan_viewer.inference.packed_convolution import packed_convolution


def image_and_weight(up, dtype):
    generator = torch.Generator().manual_seed(0)
    shape = (6, 4, 3, 3) if up else (4, 6, 3, 3)
    image, weight = (torch.randn(s, generator=generator) for s in ((1, 6, 8, 8), shape))
    return image.to(dtype), weight.to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("missing", [False, True], ids=["packed", "plain"])
def test_the_result_is_that_of_the_plain_convolution(monkeypatch, up, dtype, missing):
    if missing:
        monkeypatch.setattr(module, "_OPERATORS", ("_an_operator_that_no_torch_has",))
    image, weight = image_and_weight(up, dtype)

    with torch.inference_mode():
        found = packed_convolution(weight, 8, up=up)(image)

    exact = (
        F.conv_transpose2d(image.double(), weight.double(), stride=2)
        if up
        else F.conv2d(image.double(), weight.double(), padding=1)
    )
    tolerance = 0.1 if dtype is torch.bfloat16 else 1e-4
    torch.testing.assert_close(found.double(), exact, atol=tolerance, rtol=tolerance)
