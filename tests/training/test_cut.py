"""CUT runs and resumes; its contrast of patches is that of the paper."""

import math

import pytest
import torch
from torch import nn

from medgan_viewer.errors import InputError
from medgan_viewer.generators.resnet_translator import (
    ResidualBlock,
    ResnetSize,
    ResnetTranslator,
)
from medgan_viewer.training.config import CutModel
from medgan_viewer.training.draw import Draw
from medgan_viewer.training.families.cut import (
    Cut,
    encoder_stages,
    patch_contrast,
    patch_places,
)
from medgan_viewer.training.unpaired_batches import UnpairedBatches
from tests.training.made_contrasts import (
    BATCH,
    cpu_machine,
    inverted_study,
    steps_of,
)

MODEL = CutModel(
    family="cut", id="made", name="Made", base=4, discriminator_base=4, blocks=1, patches=16
)


def family_of(model=MODEL, side=32):
    torch.manual_seed(1)
    machine = cpu_machine()
    batches = UnpairedBatches.from_pairs([inverted_study(side=side)], machine)
    return machine, Cut(model, batches, machine, BATCH)


def test_patches_are_recognised_better_after_a_few_steps():
    machine, family = family_of(MODEL.model_copy(update={"learning_rate": 2e-3}))

    reports = steps_of(family, machine, 8)

    assert set(reports[0]) == {"contrast", "identity", "deceit", "judge"}
    assert reports[-1]["contrast"] < 0.9 * reports[0]["contrast"]


def test_patches_that_all_differ_have_the_contrast_of_the_formula():
    patches = torch.eye(4).unsqueeze(0)

    loss = patch_contrast(patches, patches, temperature=0.5)

    # -log(exp(1 / t) / (exp(1 / t) + 3)), Park et al. 2020, equation 3
    assert float(loss) == pytest.approx(math.log(1 + 3 * math.exp(-2)))


def test_patches_that_are_all_alike_are_told_apart_by_chance():
    patches = torch.ones(1, 8, 1)

    assert float(patch_contrast(patches, patches, 0.07)) == pytest.approx(math.log(8))


@pytest.mark.parametrize(("pixels", "patches"), [(100, 7), (64, 64), (9, 16)])
def test_the_patches_of_an_image_lie_in_different_places(pixels, patches):
    places = patch_places(Draw(1, 0), 3, pixels, patches)

    assert places.shape == (3, 2, min(patches, pixels))
    assert 0 <= places.min() <= places.max() < pixels
    assert all(len(set(row.tolist())) == len(row) for row in places.flatten(0, 1))


def test_patches_are_described_by_both_halvings_and_the_first_and_fifth_block():
    model = ResnetTranslator(ResnetSize(base=4, blocks=6, antialias_down=True))

    stages = [model.model[index] for index in encoder_stages(model)]

    assert [type(stage) for stage in stages] == [nn.Conv2d, nn.Conv2d, ResidualBlock, ResidualBlock]
    assert [stage.out_channels for stage in stages[:2]] == [8, 16]


def test_slices_that_do_not_come_back_to_their_size_are_refused():
    with pytest.raises(InputError, match="multiples of 4"):
        family_of(side=30)
