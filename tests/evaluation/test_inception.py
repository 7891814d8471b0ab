import pytest
import torch

from medgan_viewer.evaluation.inception import InceptionNetwork


@pytest.fixture(scope="module")
def networks():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ordinary = InceptionNetwork(for_frechet=False).eval()
        special = InceptionNetwork(for_frechet=True).eval()
    special.load_state_dict(ordinary.state_dict())
    return ordinary, special


def test_it_has_the_parameters_of_the_published_network(networks):
    # InceptionV3 has 23,834,568 without its auxiliary output, 2,049,000 of them in the last layer.
    count = sum(parameter.numel() for parameter in networks[0].parameters())

    assert count == 23_834_568 - 2_049_000


def test_tensors_have_the_usual_names(networks):
    shapes = {name: tuple(tensor.shape) for name, tensor in networks[0].state_dict().items()}

    assert shapes["Conv2d_1a_3x3.conv.weight"] == (32, 3, 3, 3)
    assert shapes["Mixed_5b.branch_pool.conv.weight"] == (32, 192, 1, 1)
    assert shapes["Mixed_6b.branch7x7dbl_2.conv.weight"] == (128, 128, 7, 1)
    assert shapes["Mixed_6e.branch7x7_3.bn.running_var"] == (192,)
    assert shapes["Mixed_7a.branch7x7x3_4.conv.weight"] == (192, 192, 3, 3)
    assert shapes["Mixed_7c.branch3x3dbl_3b.conv.weight"] == (384, 384, 3, 1)
    assert len(shapes) == 94 * 6  # 94 convolutions: weight, and five tensors of normalisation


def test_the_variants_agree_inside_and_differ_at_the_borders_of_their_pooling(networks):
    ordinary, special = networks
    # Mixed_5b pools by mean: with padding left out, only the border changes.
    x = torch.rand(1, 192, 9, 9, generator=torch.Generator().manual_seed(0))

    with torch.inference_mode():
        difference = (ordinary.Mixed_5b(x) - special.Mixed_5b(x)).abs()[:, -32:].amax(dim=(0, 1))
        last = [network.Mixed_7c(torch.rand(1, 2048, 4, 4)) for network in networks]

    assert difference[1:-1, 1:-1].max() == 0
    assert difference[0].max() > 0
    assert last[0].shape == last[1].shape == (1, 2048, 4, 4)


def test_an_image_of_299_pixels_gives_2048_features(networks):
    with torch.inference_mode():
        assert networks[0](torch.zeros(1, 3, 299, 299)).shape == (1, 2048)
